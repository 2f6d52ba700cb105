/** The udp-punch peer as it sweeps: what it opens, sends and closes, when, and what ends it. Pure transitions. */
import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../machines/port-forecast.ts';
import { SWEEP_BUDGET } from '../../machines/port-strategy.ts';
import { SWEEPS } from '../../machines/udp-punch/timing.ts';
import { COUNTING, ELSEWHERE, MAPPED, PUBLIC, PunchPeer, RANDOM, SERVER, STEADY } from './punch-peer.ts';

/** In its second round, aiming at a peer whose port stays; its sockets are asked for. */
const aiming = (): PunchPeer => new PunchPeer().counting().introduced({ forecast: STEADY, mapping: 'same' });
/** With its port staying, and a peer in its second round. */
const seeking = (forecast: Forecast): PunchPeer => new PunchPeer().probing({ round: 2, forecast }).observed(MAPPED);
/** With ports at random in its second round, holding some for a peer whose port stays. */
const holding = (): PunchPeer => drawing().introduced({ forecast: STEADY, mapping: 'same' });

function drawing(): PunchPeer {
  const peer = new PunchPeer().sampling().observed({ ...MAPPED, port: 61_000 });
  for (const n of [1, 2, 3]) peer.opened(`s2/${n}`);
  for (const [n, socket] of ['s2/1', 's2/2', 's2/3'].entries()) peer.observed({ ...MAPPED, port: 9_000 + 17_000 * n }, { socket }).observed({ ...MAPPED, port: 30_000 - 5_000 * n }, { socket, from: SERVER });
  return peer;
}

const opens = (peer: PunchPeer): string[] => peer.last.net.flatMap((one) => (one.type === 'udp.open' ? [one.socket] : []));
const closes = (peer: PunchPeer): string[] => peer.last.net.flatMap((one) => (one.type === 'close' ? [one.socket] : []));
const opened = (peer: PunchPeer, ...labels: string[]): PunchPeer => labels.reduce((one, label) => one.opened(label), peer);
const probes = (peer: PunchPeer): string[] => peer.sent('probe').map(({ socket, to }) => `${socket} > ${to.host === PUBLIC.host ? to.port : to.host}`);

describe('an aimed sweep', () => {
  test('opens its sockets first, then sends from each to where the peer is, in one breath', () => {
    const peer = aiming();
    expect([peer.state, opens(peer)]).toEqual(['punching.sweeping.opening', ['w1/1', 'w1/2']]);
    expect(probes(peer)).toEqual([]);
    opened(peer, 'w1/1', 'w1/2');
    expect([peer.state, probes(peer)]).toEqual(['punching.sweeping.sending', ['r2 > 6000', 'w1/1 > 6000', 'w1/2 > 6000']]);
  });

  test('is sent once more after 60 ms, and heard out for 100; then a fresh port is looked at, and the sockets are closed', () => {
    const peer = opened(aiming(), 'w1/1', 'w1/2');
    const start = peer.now;
    peer.next();
    expect([peer.now - start, probes(peer)]).toEqual([60, ['r2 > 6000', 'w1/1 > 6000', 'w1/2 > 6000']]);
    peer.next();
    expect(peer.state).toBe('punching.sweeping.listening');
    peer.next();
    expect([peer.now - start, peer.state, peer.context.round]).toEqual([220, 'opening', 3]);
    expect(closes(peer)).toEqual(['w1/1', 'w1/2']);
    expect(peer.context.sweepers).toEqual([]);
  });

  test('does without a socket that cannot be had', () => {
    const peer = aiming().notOpened('exhausted', 'w1/1').opened('w1/2');
    expect([peer.state, probes(peer)]).toEqual(['punching.sweeping.sending', ['r2 > 6000', 'w1/2 > 6000']]);
    expect(aiming().notOpened('exhausted', 'w1/1').notOpened('exhausted', 'w1/2').state).toBe('punching.sweeping.sending');
  });

  test('does not wait for more than a second; one that is late sends as it comes', () => {
    const peer = aiming().opened('w1/1');
    const start = peer.now;
    peer.elapse('sweepersDeadline');
    expect([peer.now - start, probes(peer)]).toEqual([1_000, ['r2 > 6000', 'w1/1 > 6000']]);
    expect(probes(peer.opened('w1/2'))).toEqual(['w1/2 > 6000']);
  });

  test('by a side whose port stays aims its one socket at the peer\'s next ports, and tells of itself what the peer must know', () => {
    const peer = seeking(COUNTING);
    expect(probes(peer)).toEqual(['r1 > 6002', 'r1 > 6003']);
    expect(peer.sent('register')).toMatchObject([{ message: { mapping: 'same', forecast: STEADY } }]);
  });

  test('by a side whose port stays is followed by a wait of 8 s for the peer to come again', () => {
    const peer = seeking(COUNTING);
    while (peer.state !== 'punching.sweeping.resting') peer.next();
    expect(peer.timers()).toEqual(['roundWait in 8000']);
    peer.introduced({ round: 3, forecast: COUNTING, endpoints: [{ ...PUBLIC, port: 6_100 }] });
    expect([peer.state, peer.context.sweeps]).toEqual(['punching.sweeping.sending', 2]);
    expect(probes(peer)).toEqual(['r1 > 6102', 'r1 > 6103']);
  });

  test('is not sent at a counting peer of another round, whose ports have moved on', () => {
    const peer = new PunchPeer().counting().introduced({ round: 1, forecast: COUNTING, mapping: 'varies' });
    expect([peer.state, peer.sent('probe')]).toEqual(['punching.awaiting', []]);
    expect(peer.introduced({ round: 2, forecast: COUNTING, mapping: 'varies' }).state).toBe('punching.sweeping.opening');
    const ahead = new PunchPeer().counting().introduced({ round: 3, forecast: COUNTING, mapping: 'varies' });
    expect([ahead.state, ahead.context.round]).toEqual(['opening', 3]);
  });

  test('is tried twelve times, each with a new forecast, and then it has failed', () => {
    const peer = aiming();
    for (let n = 0; n < 30 && peer.snapshot.status === 'active'; n += 1) {
      peer.moved();
      if (peer.snapshot.status === 'active') peer.reopened().introduced({ forecast: STEADY, mapping: 'same' });
    }
    expect([peer.context.sweeps, peer.verdict]).toEqual([SWEEPS, 'no-reply']);
    expect(peer.net.filter(({ type }) => type === 'udp.open').length).toBeLessThan(SWEEPS * 64);
  });
});

describe('a sweep left to chance', () => {
  test('opens ten sockets every 20 ms, each of which sends as it is there', () => {
    const peer = holding();
    expect([peer.state, peer.context.sweep?.kind]).toEqual(['punching.sweeping.sending', 'birthday']);
    expect(opens(peer)).toEqual(Array.from({ length: 9 }, (_, i) => `w1/${i + 1}`));
    expect(probes(peer)).toEqual(['r2 > 6000']);
    expect(probes(peer.opened('w1/1'))).toEqual(['w1/1 > 6000']);
    const start = peer.now;
    peer.next();
    expect([peer.now - start, opens(peer).length]).toEqual([20, 10]);
  });

  test('makes no more mappings and sends no more packets than its budget, whatever opens or fails', () => {
    const peer = holding();
    while (peer.state.startsWith('punching.sweeping')) {
      for (const label of opens(peer)) {
        if (label.endsWith('7')) peer.notOpened('exhausted', label);
        else peer.opened(label);
      }
      peer.next();
    }
    const sockets = peer.net.filter((one) => one.type === 'udp.open' && one.socket.startsWith('w'));
    expect(sockets.length).toBeGreaterThan(450);
    expect(sockets.length).toBeLessThanOrEqual(SWEEP_BUDGET);
    expect(peer.everSent('probe').filter(({ socket }) => /^w|r2/.test(socket)).length).toBeLessThanOrEqual(SWEEP_BUDGET);
    expect([peer.state, peer.context.sweepers]).toEqual(['leaving', []]);
    expect(new Set(peer.net.flatMap((one) => (one.type === 'close' ? [one.socket] : []))).size).toBe(peer.context.samplers.length + 3 + sockets.length - sockets.filter((one) => one.type === 'udp.open' && one.socket.endsWith('7')).length);
  });

  test('tells the rendezvous again after 50 sockets and at the end: the seeker may not have heard', () => {
    const peer = holding();
    const before = peer.everSent('register').length;
    while (peer.state === 'punching.sweeping.sending') peer.next();
    expect(peer.everSent('register').length - before).toBe(7);
  });

  test('tries ports by one socket, ten every 20 ms, none twice', () => {
    const peer = seeking(RANDOM);
    const start = peer.now;
    expect(peer.sent('probe')).toHaveLength(10);
    while (peer.state === 'punching.sweeping.sending') peer.next();
    const tried = peer.everSent('probe').filter(({ socket, to }) => socket === 'r1' && to.host === PUBLIC.host && to.port !== PUBLIC.port).map(({ to }) => to.port);
    expect(tried.length).toBeGreaterThan(590);
    expect(new Set(tried).size).toBe(tried.length);
    expect(peer.now - start).toBe(1_200);
    peer.moved();
    expect(peer.verdict).toBe('no-reply');
  });

  test('is tried once', () => {
    const peer = seeking(RANDOM);
    peer.introduced({ round: 3, forecast: COUNTING });
    peer.introduced({ round: 4, forecast: RANDOM });
    expect([peer.context.sweeps, peer.state]).toEqual([2, 'punching.probing']);
  });

  test('with a budget of its own keeps to that', () => {
    const peer = new PunchPeer({ sweepBudget: 25 }).probing({ round: 2, forecast: RANDOM }).observed(MAPPED);
    expect(peer.context.sweep?.aims).toHaveLength(25);
  });
});

describe('whoever is heard', () => {
  test('ends the sweep at once: every socket but that one is closed', () => {
    const peer = opened(aiming(), 'w1/1', 'w1/2').probe({ socket: 'w1/1' });
    expect([peer.state, peer.context.path?.socket, closes(peer)]).toEqual(['connected.confirming', 'w1/1', ['w1/2']]);
    expect(peer.context.outcome).toMatchObject({ kind: 'connected', socket: 'w1/1' });
    peer.confirm({ socket: 'w1/1' });
    expect(closes(peer).toSorted()).toEqual(['r1', 'r2']);
  });

  test('from the middle of hundreds too, and one that opens later is closed', () => {
    const peer = opened(holding(), 'w1/1', 'w1/2', 'w1/3').confirm({ socket: 'w1/2' });
    expect(peer.state).toBe('connected.confirmed.checking.asking');
    expect(closes(peer).toSorted()).toEqual(['r1', 'r2', 'w1/1', 'w1/3']);
    expect(closes(peer.opened('w1/4'))).toEqual(['w1/4']);
  });
});

describe('closed', () => {
  test.each([
    ['sampling', () => opened(new PunchPeer().sampling().observed({ ...MAPPED, port: 61_000 }), 's2/1'), ['s2/1', 's2/2', 's2/3']],
    ['opening', () => aiming().opened('w1/1'), ['w1/1']],
    ['sending', () => opened(aiming(), 'w1/1', 'w1/2'), ['w1/1', 'w1/2']],
    ['holding', () => opened(holding(), 'w1/1', 'w1/2', 'w1/3'), ['w1/1', 'w1/2', 'w1/3']],
  ])('while %s: its extra sockets are closed, and any that opens later', (_, make, labels) => {
    const peer = make().close();
    expect([peer.state, closes(peer)]).toEqual(['leaving', labels]);
    expect(closes(peer.opened('w1/9'))).toEqual(['w1/9']);
  });
});

test('a peer that is introduced again and again with new words cannot make it sweep for ever, nor ask more than it is told', { timeout: 20_000 }, () => {
  const words: readonly Forecast[] = [COUNTING, RANDOM, STEADY, { kind: 'unknown' }, { kind: 'counting', step: -32_768, perSecond: 65_535, rttMs: 65_535 }];
  for (const start of [seeking(COUNTING), aiming()]) {
    for (let n = 0; n < 400 && start.snapshot.status === 'active'; n += 1) {
      const asked = start.everSent('register').length;
      start.introduced({ round: 2 + (n % 250), forecast: words[n % words.length]!, endpoints: [{ ...PUBLIC, port: 2_000 + n }], mapping: 'varies' });
      expect(start.everSent('register').length - asked).toBeLessThanOrEqual(1);
      if (start.state === 'opening' || start.state.startsWith('sampling')) start.reopened();
      for (const label of opens(start)) start.opened(label);
      start.advance(25);
    }
    start.advance(120_000);
    expect(start.context.sweeps).toBeLessThanOrEqual(SWEEPS);
    expect(start.everSent('probe').length).toBeLessThan(SWEEP_BUDGET + 2 * 64 * SWEEPS + 1_000);
    expect(start.everSent('probe').every(({ to }) => to.host !== ELSEWHERE.host && to.port >= 1_024)).toBe(true);
    expect(start.snapshot.status).toBe('done');
  }
});
