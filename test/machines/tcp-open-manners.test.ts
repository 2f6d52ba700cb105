/** How much the tcp-open peer calls of what it was only told, whatever a rendezvous says; and the plain calls beside that. */
import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../machines/port-forecast.ts';
import { AIM_BUDGET } from '../../machines/tcp-open/aim.ts';
import { newTarget, mayDial } from '../../machines/tcp-open/session.ts';
import { tcpOpenRendezvous } from '../../machines/tcp-open/rendezvous.ts';
import type { OpenMessage } from '../../machines/tcp-open/messages.ts';
import type { NetHeard } from '../../effects/net-actor.ts';
import { Bench } from './bench.ts';
import { AIMED_REFUSALS, AIMED_REPEATS, AIMS, ROUNDS } from '../../machines/tcp-open/timing.ts';
import { FIRST, LAST, OpenBench, PEER, SERVER, TXID } from './open-peer.ts';

/** So busy that an aim has as many ports as one may have. */
const BUSY: Forecast = { kind: 'counting', step: 1, perSecond: 3_000, rttMs: 48 };
const QUIET: Forecast = { ...BUSY, perSecond: 0 };
const VICTIM = '203.0.113.7';
const HOME = { host: '192.168.7.7', port: 80 };

/** Its ports stay: it calls what it is told of the peer's. */
function steady(endpoints = [PEER]): OpenBench {
  const bench = new OpenBench().observed(5000).answered().introduced({ endpoints });
  bench.elapse('startDelay');
  return bench;
}

/** How often each endpoint was called, by `host:port`. */
function callsOf(bench: OpenBench): Map<string, number> {
  const calls = new Map<string, number>();
  for (const command of bench.net) {
    if (command.type !== 'tcp.connect' || !command.socket.startsWith('c')) continue;
    const at = `${command.to.host}:${command.to.port}`;
    calls.set(at, (calls.get(at) ?? 0) + 1);
  }
  return calls;
}

const sumOf = (calls: Map<string, number>): number => [...calls.values()].reduce((sum, one) => sum + one, 0);

/** Whatever is being called refuses, for so long. */
function refuse(bench: OpenBench, ms: number): void {
  const end = bench.now + ms;
  for (;;) {
    const socket = bench.context.outcome ? undefined : bench.context.targets.find((target) => target.socket !== undefined)?.socket;
    if (socket !== undefined) bench.failed(socket);
    else if (bench.now >= end || bench.context.outcome) return;
    else bench.advance(1);
  }
}

describe('ports that were foretold, and refuse', () => {
  test('are called a few dozen times each, and the listener stays', () => {
    const bench = steady().foretold(QUIET, { port: 40_000 });
    refuse(bench, 1_000);
    const calls = callsOf(bench);
    expect([calls.get(`${PEER.host}:40002`), calls.get(`${PEER.host}:40003`)]).toEqual([AIMED_REFUSALS, AIMED_REFUSALS]);
    expect([bench.context.spent, bench.context.repeats, bench.rounds]).toEqual([2, 2 * (AIMED_REFUSALS - 1), 'listening']);
  });

  test('are called 600 times in all at most, and again 600 times, however often a rendezvous aims', () => {
    const bench = steady();
    for (let n = 1; n <= AIMS + 2; n += 1) {
      bench.foretold(BUSY, { port: 2_000 * n, peerRound: n });
      refuse(bench, 300);
    }
    const calls = callsOf(bench);
    const { aims, spent, repeats } = bench.context;
    const foretold = sumOf(calls) - (calls.get(`${PEER.host}:${PEER.port}`) ?? 0);
    // When no aim follows, the port where the peer was seen last is called plainly.
    const seenLast = Math.max(...[...calls].filter(([to]) => to.startsWith(PEER.host)).map(([, times]) => times));
    expect([foretold - seenLast <= spent + repeats, foretold >= spent + repeats]).toEqual([true, true]);
    expect([aims > 3, spent <= AIM_BUDGET, repeats <= AIMED_REPEATS, repeats > AIMED_REPEATS / 2]).toEqual([true, true, true, true]);
    bench.advance(12_000);
    expect(bench.context.outcome).toMatchObject({ detail: expect.stringContaining(`with ${spent} calls, of which some were repeated, ${repeats} times in all`) });
  });

  test('and are silent to some calls, are repeated within that number too', () => {
    const bench = steady().foretold(QUIET, { port: 40_000 });
    bench.elapse('aimDelay');
    bench.elapse('silence');
    expect([bench.asked.filter((words) => words.startsWith('connect')).length, bench.context.spent, bench.context.repeats]).toEqual([2, 2, 2]);
  });
});

describe('a second introduction', () => {
  test('that names another host than the first is not followed', () => {
    const bench = steady();
    for (let n = 1; n <= AIMS; n += 1) bench.foretold(BUSY, { host: VICTIM, port: 2_000 * n, peerRound: n });
    expect([bench.asked, bench.context.aims, bench.rounds]).toEqual([[], 0, 'trying']);
    refuse(bench, 500);
    expect([...callsOf(bench).keys()]).toEqual([`${PEER.host}:${PEER.port}`]);
  });

  test('says nothing new of the peer\'s home', () => {
    const at = { host: '192.168.2.2', port: 6000 };
    const bench = steady([PEER, at]).foretold(QUIET, { home: [HOME] });
    expect(bench.context.peer?.endpoints).toEqual([PEER, at]);
  });
});

test('a plain endpoint that refuses is called once in a round, 6,500 times in both attempts at the most; one at home 24 times in each', () => {
  const near = { rttMs: 0.1, endpoints: [PEER, HOME] };
  const bench = new OpenBench().connected().answered(0.1).answered(0.1).introduced(near);
  bench.elapse('startDelay');
  const first = bench.now;
  while (bench.context.attempt === 0) refuse(bench, 1);
  bench.connected().answered(0.1).answered(0.1).introduced(near);
  bench.elapse('startDelay');
  refuse(bench, 13_000 - (bench.now - first));
  const calls = callsOf(bench);
  expect([calls.get(`${HOME.host}:${HOME.port}`), calls.get(`${PEER.host}:${PEER.port}`)]).toEqual([48, ROUNDS]);
});

test('an introduction by anybody but the rendezvous, or of ourselves, is none; nor is a handover by anybody but the peer', () => {
  const ready = () => new OpenBench().connected().answered().answered();
  const introduced = { type: 'introduced', txid: TXID, round: 0, mapped: { host: '198.18.1.2', port: 5000 }, from: SERVER, at: 2_000 } as const;
  const peer = { id: LAST, rttMs: 20, endpoints: [PEER], round: 0, forecast: { kind: 'unknown' }, ageMs: 0 } as const;
  const bench = ready();
  const before = bench.state;
  const { self } = bench.context;
  for (const event of [{ socket: 'c1/0', to: self, peer }, { socket: 'server', to: FIRST, peer }, { socket: 'server', to: self, peer: { ...peer, id: self } }]) bench.send({ ...introduced, ...event });
  expect([bench.state, bench.context.peer]).toEqual([before, undefined]);
  const met = ready().introduced();
  met.elapse('startDelay');
  met.connected('c1/0', PEER).said('probe', 'c1/0').said('confirm', 'c1/0');
  expect(met.said('handover', 'c1/0', { sender: FIRST }).asked).not.toContain('release c1/0');
});

test('a call that was foretold and has been repeated often enough is not the first any more', () => {
  const target = newTarget(PEER, { known: 'foretold' });
  expect([mayDial(target, AIMED_REPEATS), mayDial({ ...target, refusals: 1 }, AIMED_REPEATS), mayDial({ ...target, refusals: 1 }, 0)]).toEqual([true, false, true]);
});

test('the rendezvous ends a connection that brings what peers say to each other', () => {
  const bench = new Bench<unknown, NetHeard<OpenMessage>, OpenMessage>(tcpOpenRendezvous, { listen: SERVER, seed: '1' });
  bench.send({ type: 'tcp.listening', socket: 'tcp', local: SERVER, at: bench.now });
  bench.send({ type: 'tcp.listening', socket: 'alternate', local: { ...SERVER, port: 3479 }, at: bench.now });
  bench.send({ type: 'tcp.accepted', listener: 'tcp', socket: 's', local: SERVER, peer: PEER, at: bench.now });
  bench.send({ type: 'handover', txid: TXID, sender: FIRST, receiver: LAST, socket: 's', from: PEER, at: bench.now });
  expect(bench.last.net).toEqual([{ type: 'close', socket: 's' }]);
});
