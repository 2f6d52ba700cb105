/**
 * Which of several paths a confirmed udp-punch peer sends along: nominations, challenges, and who of the two gives way.
 * `LOW` as the other session: that one chooses, ours follows. `HIGH`: ours chooses. Pure transitions.
 */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import { localToward } from '../../machines/udp-paths.ts';
import { peerCodec } from '../../machines/udp-punch/codec.ts';
import { ELSEWHERE, HIGH, LOW, PUBLIC, PunchPeer } from './punch-peer.ts';

const THIRD: Endpoint = { host: '203.0.113.10', port: 8888 };
const CHALLENGING = 'connected.confirmed.challenging';

/** Idle, then nominated from elsewhere. */
const nominated = (other = LOW): PunchPeer => new PunchPeer({}, other).idle().probe({ from: ELSEWHERE, nominate: true });

test('our end of a path is the address of the host, and toward a peer on this host that of the loopback, where the socket is bound to any', () => {
  const socket = { label: 's', local: { host: '0.0.0.0', port: 7 }, addresses: [{ host: '192.168.1.2', port: 7 }] };
  expect(['192.0.2.1', '127.0.0.1', '127.0.0.9', '::1'].map((host) => localToward(socket, { host, port: 9 }).host)).toEqual(['192.168.1.2', '127.0.0.1', '127.0.0.1', '::1']);
  const bound = { ...socket, local: { host: '127.0.0.1', port: 7 }, addresses: [] };
  expect(localToward(bound, { host: '127.0.0.1', port: 9 })).toEqual(bound.local);
});

describe('a nomination', () => {
  test('of the path that it is on changes nothing but gets its answer', () => {
    const peer = new PunchPeer({}, LOW).idle().probe({ nominate: true });
    expect([peer.state, peer.sent().map(({ message }) => message.type)]).toEqual(['connected.confirmed.idle', ['confirm']]);
  });

  test('from elsewhere switches the path, and payload with it, once somebody there has answered us', () => {
    const peer = nominated();
    expect([peer.state, peer.context.path]).toEqual([CHALLENGING, { socket: 'r1', peer: PUBLIC }]);
    expect(peer.last.net.filter(({ type }) => type === 'payload.route')).toEqual([]);
    peer.checked(peer.context.candidate);
    expect([peer.state, peer.context.path, peer.context.candidate]).toEqual(['connected.confirmed.idle', { socket: 'r1', peer: ELSEWHERE }, undefined]);
    expect(peer.last.net).toEqual([{ type: 'payload.route', socket: 'r1', to: ELSEWHERE, from: [ELSEWHERE, PUBLIC] }]);
    expect(peer.probe({ from: ELSEWHERE, nominate: true }).sent()).toMatchObject([{ to: ELSEWHERE, message: { type: 'confirm' } }]);
    peer.elapse('keepaliveInterval');
    expect(peer.sent('probe').map(({ to }) => to)).toEqual([ELSEWHERE]);
  });

  test('from elsewhere is answered there by one challenge and nothing else, and so is each repetition', () => {
    const peer = nominated();
    expect(peer.sent()).toMatchObject([{ to: ELSEWHERE, message: { type: 'probe', nominate: false } }]);
    const [first] = peer.sent();
    for (let n = 0; n < 5; n += 1) expect(peer.probe({ from: ELSEWHERE, nominate: true }).sent()).toEqual([first]);
    expect([peer.state, peer.everSent('confirm').filter(({ to }) => to.host === ELSEWHERE.host)]).toEqual([CHALLENGING, []]);
  });

  test('from elsewhere is answered by no more bytes than it has', () => {
    const { encode } = peerCodec('room');
    const size = encode({ type: 'probe', txid: 'aa'.repeat(12), sender: LOW, receiver: HIGH, nominate: true }).length;
    const peer = nominated();
    for (let n = 0; n < 3; n += 1) {
      expect(peer.sent().reduce((sum, { message }) => sum + encode(message).length, 0)).toBeLessThanOrEqual(size);
      peer.probe({ from: ELSEWHERE, nominate: true });
    }
  });

  test('while the path is asked after is challenged too', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    expect(peer.probe({ from: ELSEWHERE, nominate: true }).state).toBe(CHALLENGING);
  });
});

describe('a challenge', () => {
  test('waits 3.5 s, asks nobody by itself, and then the path is checked', () => {
    const peer = nominated();
    expect(peer.timers()).toEqual(['challengeDeadline in 3500']);
    peer.elapse('challengeDeadline');
    expect(peer.state).toBe('connected.confirmed.checking.asking');
    expect(peer.everSent('probe').filter(({ to }) => to.host === ELSEWHERE.host)).toHaveLength(1);
    expect(peer.sent('probe')).toMatchObject([{ to: PUBLIC, message: { nominate: true } }]);
    expect(peer.checked().context).toMatchObject({ path: { socket: 'r1', peer: PUBLIC }, candidate: undefined });
  });

  test('is not prolonged by repetitions of the nomination', () => {
    const peer = nominated();
    for (let n = 0; n < 6; n += 1) {
      peer.advance(500);
      peer.probe({ from: ELSEWHERE, nominate: true });
    }
    expect(peer.timers()).toEqual(['challengeDeadline in 500']);
  });

  test('is a transaction of its own: an answer to the keepalive before, or from the path, answers it not', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    const keepalive = peer.sent('probe')[0]!.message.txid;
    peer.probe({ from: ELSEWHERE, nominate: true });
    expect(peer.sent('probe')[0]!.message.txid).not.toBe(keepalive);
    peer.checked(peer.context.candidate, { txid: keepalive }).checked(peer.context.path).checked({ socket: 'r1', peer: THIRD });
    expect(peer.state).toBe(CHALLENGING);
  });

  test('of the peer is answered like any probe, and moves nothing', () => {
    const peer = nominated().probe({ from: ELSEWHERE });
    expect(peer.sent()).toMatchObject([{ to: ELSEWHERE, message: { type: 'confirm' } }]);
    expect([peer.state, peer.context.path?.peer]).toEqual([CHALLENGING, PUBLIC]);
  });

  test('under way, the path and third places are answered as ever', () => {
    for (const from of [PUBLIC, THIRD]) {
      const peer = nominated().probe({ from, nominate: true });
      expect(peer.sent()).toMatchObject([{ to: from, message: { type: 'confirm' } }]);
      expect([peer.state, peer.context.candidate?.peer]).toEqual([CHALLENGING, ELSEWHERE]);
    }
  });

  test('is made three times at the most while no path is confirmed, and again after one was', () => {
    const peer = new PunchPeer({}, LOW).idle();
    const states: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      peer.probe({ from: ELSEWHERE, nominate: true });
      states.push(peer.state);
      if (n < 3) peer.elapse('challengeDeadline');
    }
    expect(states).toEqual([CHALLENGING, CHALLENGING, CHALLENGING, 'connected.confirmed.checking.asking']);
    expect(peer.checked().probe({ from: ELSEWHERE, nominate: true }).state).toBe(CHALLENGING);
  });
});

describe('where both know several paths', () => {
  /** The smaller session, which has had the place that the peer nominates proved, and has its own path checked since. */
  const proved = (): PunchPeer => {
    const peer = nominated(HIGH);
    return peer.checked(peer.context.candidate);
  };

  test('the smaller session has a new place proved, takes payload from there, and asks its own path before it moves', () => {
    const peer = proved();
    expect([peer.state, peer.context.path?.peer]).toEqual(['connected.confirmed.checking.asking', PUBLIC]);
    expect(peer.last.net[0]).toEqual({ type: 'payload.route', socket: 'r1', to: PUBLIC, from: [PUBLIC, ELSEWHERE] });
    expect(peer.sent('probe').map(({ to }) => to)).toEqual([PUBLIC]);
  });

  test('the smaller session stays on a path that answers, and answers where it has been before', () => {
    const peer = proved().checked().probe({ from: ELSEWHERE, nominate: true });
    expect([peer.state, peer.context.path?.peer, peer.sent().map(({ message }) => message.type)]).toEqual(['connected.confirmed.idle', PUBLIC, ['confirm']]);
  });

  test('the smaller session moves by itself when its own path has not answered twice', () => {
    const peer = proved();
    peer.elapse('checkInterval');
    expect(peer.context.path?.peer).toEqual(PUBLIC);
    peer.elapse('checkInterval');
    expect([peer.state, peer.context.path?.peer]).toEqual(['connected.confirmed.checking.asking', ELSEWHERE]);
    expect(peer.last.net).toMatchObject([{ type: 'payload.route', to: ELSEWHERE }, { type: 'udp.send', to: ELSEWHERE }]);
  });

  test('the greater session follows also to a place that has been proved before, once it has answered again', () => {
    const peer = nominated(LOW);
    peer.checked(peer.context.candidate).probe({ from: PUBLIC, nominate: true });
    expect([peer.state, peer.context.path?.peer]).toEqual([CHALLENGING, ELSEWHERE]);
    expect(peer.checked(peer.context.candidate).context.path?.peer).toEqual(PUBLIC);
  });

  test('two that nominate different ones agree within two keepalives', () => {
    const [a, b] = [new PunchPeer({}, HIGH).idle(), new PunchPeer({}, LOW).idle()];
    // What the one calls PUBLIC the other calls PUBLIC too: one path; ELSEWHERE is the other, and known to both.
    for (const peer of [a, b]) peer.probe({ from: ELSEWHERE });
    b.probe({ from: ELSEWHERE, nominate: true }).checked(b.context.candidate);
    expect([a.context.path?.peer, b.context.path?.peer]).toEqual([PUBLIC, ELSEWHERE]);
    for (let round = 0; round < 2; round += 1) {
      for (const peer of [a, b]) peer.elapse('keepaliveInterval');
      const [byA, byB] = [a, b].map((peer) => peer.sent('probe')[0]!.to);
      a.probe({ from: byB!, nominate: true });
      b.probe({ from: byA!, nominate: true });
      for (const peer of [a, b]) peer.checked(peer.context.candidate ?? peer.context.path);
      if (a.state !== 'connected.confirmed.idle') a.checked();
    }
    expect([a.context.path?.peer, b.context.path?.peer]).toEqual([PUBLIC, PUBLIC]);
  });
});
