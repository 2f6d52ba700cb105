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

  test('from many places does not shut out the source that is the path', () => {
    const peer = new PunchPeer({}, LOW).idle();
    for (const from of OUTSIDE) peer.probe({ from });
    for (const from of OUTSIDE) peer.probe({ from, nominate: true });
    expect(peer.context.sources).toEqual([PUBLIC]);
  });

  test('lets nobody else give us payload: who repeats it has proved nothing', () => {
    const peer = new PunchPeer({}, LOW).idle();
    for (const from of OUTSIDE) {
      peer.probe({ from });
      expect(peer.last.net.filter(({ type }) => type === 'payload.route')).toEqual([]);
    }
  });

  test('that nominates does not send our payload elsewhere before somebody there has answered us', () => {
    const peer = new PunchPeer({}, LOW).idle().probe({ from: OUTSIDE[0]!, nominate: true });
    expect(peer.context.path).toEqual({ socket: 'r1', peer: PUBLIC });
    expect(peer.last.net.filter(({ type }) => type === 'payload.route')).toEqual([]);
  });

  test('that nominates a better path is not followed by giving up over the old one', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    peer.advance(13_400);
    peer.probe({ from: OUTSIDE[0]!, nominate: true }).advance(200);
    expect(peer.snapshot.status).toBe('active');
    expect(peer.checked(peer.context.candidate).state).toBe('connected.confirmed.idle');
  });

  test('that nominates, again and again and from everywhere, delays the end of a dead connection by no more than 11 s', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    const start = peer.now;
    for (let n = 0; peer.snapshot.status === 'active' && n < 1_000; n += 1) {
      peer.probe({ from: OUTSIDE[n % 6]!, nominate: true }).advance(100);
    }
    expect(peer.verdict).toBe('peer-lost');
    expect(peer.now - start).toBeLessThanOrEqual(15_500 + 11_000);
  });
});

describe('an overheard confirmation', () => {
  test('moves no path that is confirmed', () => {
    const peer = new PunchPeer({}, LOW).idle().confirm({ from: OUTSIDE[0]! });
    expect([peer.context.path, peer.last.net]).toEqual([{ socket: 'r1', peer: PUBLIC }, []]);
  });

  test('of an earlier probe, or from elsewhere, does not keep a dead connection alive', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    const old = peer.sent('probe')[0]!.message.txid;
    peer.checked();
    peer.elapse('keepaliveInterval');
    peer.confirm().checked(peer.context.path, { txid: old }).checked({ socket: 'r1', peer: OUTSIDE[0]! });
    expect(peer.state).toBe('connected.confirmed.checking.asking');
  });
});

test('a confirmation is no longer than the probe that it answers, so that an overheard one is no lever', () => {
  const codec = peerCodec('room');
  const peer = new PunchPeer({}, LOW).idle();
  peer.elapse('keepaliveInterval');
  const [probe] = peer.sent('probe');
  const [confirm] = peer.probe({ from: { host: '2001:db8::1', port: 9000 } }).sent('confirm');
  expect(codec.encode(confirm!.message).length).toBeLessThanOrEqual(codec.encode(probe!.message).length);
});
