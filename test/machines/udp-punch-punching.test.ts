/** The udp-punch peer while it punches: openers, probes and rounds, and why it failed. Pure transitions. */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { MappingSeen } from '../../machines/rendezvous/mapping.ts';
import { transactionId } from '../../machines/udp-punch/session.ts';
import { ELSEWHERE, FAR_MS, LOW, MAPPED, PunchPeer, SERVER, THEIRS } from './punch-peer.ts';

/** Introduced after a registration that took so long. */
function introducedAfter(rttMs: number): PunchPeer {
  const peer = new PunchPeer().opened();
  peer.now += rttMs;
  return peer.introduced();
}

/** In the last round, punching. */
function lastRound(): PunchPeer {
  const peer = new PunchPeer().probing();
  for (let round = 2; round <= 3; round += 1) peer.silentRound().opened().introduced();
  return peer;
}

describe('openers', () => {
  test.each([0, 5, 19])('at a round trip of %d ms every address first gets a probe that dies after two hops', (rttMs) => {
    const peer = introducedAfter(rttMs);
    expect(peer.state).toBe('punching.opener');
    expect(peer.sent('probe').map(({ to, ttl }) => ({ to, ttl }))).toEqual(THEIRS.map((to) => ({ to, ttl: 2 })));
    peer.elapse('openerTime');
    expect([peer.now - 1000 - rttMs, peer.state]).toEqual([25, 'punching.probing']);
  });

  test.each([20, 40, 900])('at %d ms they are not worth their wait', (rttMs) => {
    const peer = introducedAfter(rttMs);
    expect(peer.state).toBe('punching.probing');
    expect(peer.sent('probe').map(({ ttl }) => ttl)).toEqual([undefined, undefined]);
  });

  test('an answer soon after a repetition counts as near, though it may be to the request before', () => {
    const peer = new PunchPeer().opened();
    peer.elapse('registerInterval');
    peer.now += 10;
    expect(peer.introduced().state).toBe('punching.opener');
  });

  test('a wait for the other peer is no part of the round trip', () => {
    const near = new PunchPeer().waiting();
    near.advance(4_500);
    expect(near.introduced().state).toBe('punching.opener');
    const far = new PunchPeer().opened();
    far.now += FAR_MS;
    far.mapped().advance(4_500);
    expect(far.introduced().state).toBe('punching.probing');
  });

  test('later rounds always send them, each round one hop further', () => {
    const peer = new PunchPeer().probing();
    for (const [round, ttl] of [[2, 3], [3, 4]] as const) {
      peer.silentRound().opened();
      peer.now += FAR_MS;
      peer.introduced();
      expect([peer.state, peer.context.round]).toEqual(['punching.opener', round]);
      expect(peer.sent('probe').map((sent) => sent.ttl)).toEqual([ttl, ttl]);
      expect(peer.sent('probe').map((sent) => sent.socket)).toEqual([`r${round}`, `r${round}`]);
    }
  });
});

describe('probes', () => {
  test('go to every address at 0, 50, 150, 350, 750 and 1550 ms of a round', () => {
    const peer = new PunchPeer().probing();
    const start = peer.now;
    const sendings = [{ at: 0, to: peer.sent('probe').map(({ to }) => to) }];
    while (peer.state === 'punching.probing') {
      peer.next();
      const probes = peer.sent('probe');
      if (probes.length > 0) sendings.push({ at: peer.now - start, to: probes.map(({ to }) => to) });
    }
    expect(sendings).toEqual([0, 50, 150, 350, 750, 1550].map((at) => ({ at, to: THEIRS })));
    expect([peer.now - start, peer.state]).toEqual([1550, 'punching.listening']);
  });

  test('name both sessions, nominate nothing, and are the same datagram all through a round', () => {
    const peer = new PunchPeer().probing();
    peer.advance(1_600);
    const messages = peer.everSent('probe').map(({ message }) => message);
    expect(messages).toHaveLength(12);
    const txid = transactionId(peer.context, 'probe');
    for (const message of messages) expect(message).toEqual({ type: 'probe', txid, sender: peer.context.id, receiver: peer.other, nominate: false });
  });

  test('the third and the fifth take the registration along, for a peer whose introduction was lost', () => {
    const peer = new PunchPeer().probing();
    const start = peer.now;
    const times: number[] = [];
    while (peer.state === 'punching.probing') {
      peer.next();
      if (peer.sent('register').length > 0) times.push(peer.now - start);
    }
    expect(times).toEqual([150, 750]);
    expect(peer.everSent('register').map(({ to, message }) => ({ to, txid: message.txid }))).toEqual(
      Array.from({ length: 3 }, () => ({ to: SERVER, txid: transactionId(peer.context, 'register') })),
    );
  });

  test('a peer that has moved on to another port is probed there, with all six probes', () => {
    const peer = new PunchPeer().probing();
    peer.advance(800);
    peer.introduced({ round: 2, endpoints: [ELSEWHERE] });
    expect(peer.state).toBe('punching.probing');
    expect(peer.sent('probe').map(({ to }) => to)).toEqual([ELSEWHERE]);
    peer.advance(1_550);
    expect(peer.everSent('probe').filter(({ to }) => to.host === ELSEWHERE.host)).toHaveLength(6);
  });

  test('the same introduction again changes nothing', () => {
    const peer = new PunchPeer().probing();
    peer.elapse('probeInterval');
    peer.introduced();
    expect(peer.sent()).toEqual([]);
    expect(peer.context.attempt).toBe(2);
  });

  test('the same peer in the same round, seen at another port, is probed there', () => {
    const peer = new PunchPeer().probing();
    peer.elapse('probeInterval');
    peer.introduced({ endpoints: [ELSEWHERE, ...THEIRS.slice(1)] });
    expect(peer.sent('probe').map(({ to }) => to)).toEqual([ELSEWHERE, THEIRS[1]]);
    expect(peer.context.attempt).toBe(1);
    peer.introduced({ endpoints: [ELSEWHERE] });
    expect(peer.sent()).toEqual([]);
  });

  test('a peer that is seen at another port each time does not keep it in its first round for a minute', () => {
    const peer = new PunchPeer().probing();
    for (let n = 0; n < 300 && peer.context.round === 1; n += 1) {
      peer.introduced({ endpoints: [{ ...ELSEWHERE, port: 7000 + (n % 2) }] }).advance(200);
    }
    expect(peer.context.round).toBeGreaterThan(1);
  });

  test('an introduction to a peer that has started anew replaces the old one', () => {
    const peer = new PunchPeer().probing();
    peer.elapse('probeInterval');
    peer.introduced({ id: LOW });
    expect(peer.context.peer?.id).toBe(LOW);
    expect(peer.sent('probe')).toMatchObject([{ message: { receiver: LOW } }, { message: { receiver: LOW } }]);
  });
});

describe('rounds', () => {
  test('a silent round is followed by one on a fresh port of the same address', () => {
    const peer = new PunchPeer({ local: { host: '192.168.1.2', port: 5000 } }).probing();
    const start = peer.now;
    peer.silentRound();
    expect([peer.now - start, peer.state, peer.context.round]).toEqual([1550 + 750, 'opening', 2]);
    expect(peer.last.net).toEqual([{ type: 'udp.open', socket: 'r2', local: { host: '192.168.1.2', port: 0 } }]);
    peer.opened();
    expect(peer.sent('register')).toMatchObject([{ socket: 'r2', message: { round: 2, peer: peer.context.id } }]);
    expect(peer.everSent('register').map(({ message }) => message.txid)).toContain(transactionId({ input: peer.context.input, round: 1 }, 'register'));
    expect(peer.sent('register')[0]?.message.txid).not.toBe(transactionId({ input: peer.context.input, round: 1 }, 'register'));
  });

  test('the first socket stays open, for a peer that is one round behind', () => {
    const peer = new PunchPeer().probing().silentRound().opened();
    expect(peer.net.filter(({ type }) => type === 'close')).toEqual([]);
    expect(peer.context.sockets.map(({ label }) => label)).toEqual(['r1', 'r2']);
    expect(peer.probe({ socket: 'r1' }).context.path).toMatchObject({ socket: 'r1' });
  });

  test('a round listens for two round trips where that is longer than 750 ms', () => {
    const peer = new PunchPeer().opened();
    peer.now += 600;
    peer.introduced();
    const start = peer.now;
    peer.silentRound();
    expect(peer.now - start).toBe(1550 + 1200);
  });

  test('the third is the last and listens for 2.5 s', () => {
    const peer = lastRound();
    const start = peer.now;
    peer.silentRound();
    expect([peer.now - start, peer.state, peer.context.round]).toEqual([25 + 1550 + 2500 + 10, 'failed', 3]);
    expect(peer.outcomes).toHaveLength(1);
  });

  test('a peer that does not come to a later round is waited for 8 s, asking every second', () => {
    const peer = new PunchPeer().probing().silentRound().opened().mapped();
    const start = peer.now;
    const times: number[] = [];
    while (peer.snapshot.status === 'active') if (peer.next() && peer.sent('register').length > 0) times.push(peer.now - start);
    expect(times).toEqual([1000, 2000, 3000, 4000, 5000, 6000, 7000]);
    expect([peer.now - start, peer.verdict]).toEqual([8010, 'no-reply']);
  });

  test('a rendezvous that is silent in a later round was there before: it is the peer of which nothing was heard', () => {
    const peer = new PunchPeer().probing().silentRound().opened();
    const start = peer.now;
    while (peer.snapshot.status === 'active') peer.next();
    expect([peer.now - start, peer.verdict]).toEqual([8_010, 'no-reply']);
    expect(peer.everSent('register').filter(({ socket }) => socket === 'r2')).toHaveLength(6);
  });

  test('the mapping is observed again in the next round as long as it is not known', () => {
    const unknown = new PunchPeer().probing().silentRound().opened().mapped();
    expect(new Set(unknown.everSent('observe').map(({ socket }) => socket))).toEqual(new Set(['r1', 'r2']));
    const known = new PunchPeer().probing().observed(MAPPED).silentRound().opened().mapped();
    expect(known.everSent('observe').map(({ socket }) => socket)).toEqual(['r1']);
  });
});

describe('the last round fails', () => {
  const VARYING: Endpoint = { ...MAPPED, port: 5001 };
  const cases: readonly (readonly [ours: MappingSeen, theirs: MappingSeen, reason: string, words: string])[] = [
    ['varies', 'varies', 'no-path', 'Both NATs give every destination a new port'],
    ['varies', 'same', 'no-reply', "This side's NAT gives every destination a new port"],
    ['varies', 'unknown', 'no-reply', "If the peer's side lets in only the exact address and port"],
    ['same', 'varies', 'no-reply', "The peer's NAT gives every destination a new port"],
    ['unknown', 'varies', 'no-reply', 'If this side lets in only the exact address and port'],
    ['same', 'same', 'no-reply', 'Both NATs keep one port for a socket, so a hole should be possible'],
    ['same', 'unknown', 'no-reply', 'What the NATs do could not be observed'],
    ['unknown', 'same', 'no-reply', 'What the NATs do could not be observed'],
    ['unknown', 'unknown', 'no-reply', 'What the NATs do could not be observed'],
  ];
  test.each(cases)('we %s, they %s: %s', (ours, theirs, reason, words) => {
    const peer = new PunchPeer().probing();
    if (ours !== 'unknown') peer.observed(ours === 'same' ? MAPPED : VARYING);
    for (let round = 2; round <= 3; round += 1) peer.silentRound().reopened().introduced({ mapping: theirs });
    peer.silentRound();
    expect(peer.outcomes).toEqual([{ kind: 'failed', reason, detail: expect.stringContaining(words) }]);
    expect(peer.outcomes).toMatchObject([{ detail: expect.stringContaining(reason === 'no-path' && ours === theirs ? 'A relay' : 'rounds of probes') }]);
  });

  test.each([
    ['one NAT, which is no use to either', [{ ...MAPPED, port: 6 }, { host: '192.168.9.9', port: 6 }], true],
    ['a peer at the same address without a NAT', [{ ...MAPPED, port: 6 }], false],
  ])('seen at one address: %s', (_, endpoints, isNamed) => {
    const peer = new PunchPeer().probing().observed(MAPPED);
    for (let round = 2; round <= 3; round += 1) peer.silentRound().reopened().introduced({ mapping: 'same', endpoints });
    peer.silentRound();
    const [outcome] = peer.outcomes;
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'no-reply' });
    expect(JSON.stringify(outcome).includes(`Both sides are seen at ${MAPPED.host}, so they are behind one NAT`)).toBe(isNamed);
  });

  test('with three rounds counted, and what the local system said', () => {
    const peer = lastRound();
    peer.send({ type: 'net.failed', effect: 'udp.send', socket: 'r3', code: 'not-permitted', detail: 'a firewall here', at: peer.now });
    peer.silentRound();
    expect(peer.outcomes).toMatchObject([{ detail: expect.stringMatching(/in 3 rounds .*This host said: a firewall here/) }]);
  });
});
