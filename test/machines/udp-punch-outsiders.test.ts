/**
 * Datagrams that were overheard once and sent again from elsewhere: signed, and yet not from the peer. None may move the
 * connection of a udp-punch peer or cut it off. Pure transitions.
 */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import { peerCodec } from '../../machines/udp-punch/codec.ts';
import { LOW, PUBLIC, PunchPeer } from './punch-peer.ts';

/** Hosts of one who listens in, each with a copy of the same datagram. */
const OUTSIDE: readonly Endpoint[] = Array.from({ length: 6 }, (_, n) => ({ host: `203.0.113.${n + 1}`, port: 9000 }));

describe('an overheard probe', () => {
  test('from elsewhere is answered there and leaves the path', () => {
    const peer = new PunchPeer({}, LOW).idle();
    for (const from of OUTSIDE) expect(peer.probe({ from }).context.path).toEqual({ socket: 'r1', peer: PUBLIC });
    expect(peer.state).toBe('connected.confirmed.idle');
  });

  // Defect: the four newest sources are kept, whoever they are; payload of the peer is then dropped until its next probe,
  // up to 15 s later, and a fifth datagram from elsewhere is enough for the next 15 s.
  test.fails('from many places does not shut out the source that is the path', () => {
    const peer = new PunchPeer({}, LOW).idle();
    for (const from of OUTSIDE) peer.probe({ from });
    const [route] = peer.last.net;
    expect(route).toMatchObject({ type: 'payload.route', to: PUBLIC });
    expect(route?.type === 'payload.route' ? route.from : []).toContainEqual(PUBLIC);
  });

  // Defect: a nomination is the same datagram for the whole round, and its source is taken without asking back. Whoever has
  // heard one keepalive gets our payload from then on. RFC 9000 §8.2, §9.3 validate the new path by a challenge first.
  test.fails('that nominates does not send our payload elsewhere before somebody there has answered us', () => {
    const peer = new PunchPeer({}, LOW).idle().probe({ from: OUTSIDE[0]!, nominate: true });
    expect(peer.context.path).toEqual({ socket: 'r1', peer: PUBLIC });
    expect(peer.last.net.filter(({ type }) => type === 'payload.route')).toMatchObject([{ to: PUBLIC }]);
  });

  // Defect: a switch leaves the count of unanswered checks as it was, all of which went to the old path.
  test.fails('that nominates a better path is not followed by giving up over the old one', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    peer.advance(15_400);
    peer.probe({ from: OUTSIDE[0]!, nominate: true });
    peer.advance(200);
    expect(peer.snapshot.status).toBe('active');
  });
});

describe('an overheard confirmation', () => {
  test('moves no path that is confirmed', () => {
    const peer = new PunchPeer({}, LOW).idle().confirm({ from: OUTSIDE[0]! });
    expect([peer.context.path, peer.last.net]).toEqual([{ socket: 'r1', peer: PUBLIC }, []]);
  });

  // Defect: all probes of a round are one transaction, so any confirmation of that round ever heard vouches for a peer that
  // has gone; `checking` asks neither where it comes from nor to which of our probes it answers.
  test.fails('does not keep a dead connection alive', () => {
    const peer = new PunchPeer({}, LOW).idle();
    for (let n = 0; n < 4; n += 1) {
      peer.elapse('keepaliveInterval');
      peer.confirm({ from: OUTSIDE[n]! });
    }
    expect(peer.state).not.toBe('connected.confirmed.idle');
  });
});

// Defect: a probe has 84 bytes and its confirmation 96, with IPv6 108; FILL is only in registrations.
test.fails('a confirmation is no longer than the probe that it answers, so that an overheard one is no lever', () => {
  const codec = peerCodec('room');
  const peer = new PunchPeer({}, LOW).idle();
  peer.elapse('keepaliveInterval');
  const [probe] = peer.sent('probe');
  const [confirm] = peer.probe({ from: { host: '2001:db8::1', port: 9000 } }).sent('confirm');
  expect(codec.encode(confirm!.message).length).toBeLessThanOrEqual(codec.encode(probe!.message).length);
});
