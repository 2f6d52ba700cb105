/** A run as the page holds it: at any moment, and for as long as it goes on. */
import { expect, test } from 'vitest';
import type { TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { Run } from '../../cli/inspector/page/model/run.ts';
import { eventsOf, punchEvents, runOf, type Untold } from './pictures.ts';

const HEADER = { format: 'natpunch-trace/1', title: 'a run', origin: 'sim' } as const;
const PUNCH = punchEvents('port-restricted', 'restricted');
const RUN = Run.of({ header: HEADER, events: PUNCH });
const { told } = RUN;

test('at each event an actor is where its last snapshot left it', () => {
  let value: unknown;
  for (const event of PUNCH) {
    if (event.kind === 'snapshot' && event.actor === 'a') ({ value } = event);
    expect(told.standing('a', event.n).now?.value).toEqual(value);
  }
  expect(told.standing('a', told.first).now).toBeUndefined();
});

test('the rows of a NAT at a moment are those that have come and not gone', () => {
  const added = PUNCH.filter((event) => event.kind === 'row' && event.place === 'nat-a' && event.what === 'added');
  const rows = (n: number): number => told.tables(n).find(({ place }) => place === 'nat-a')?.rows.length ?? -1;
  expect(rows(added[0]!.n - 1)).toBe(0);
  expect(rows(added[0]!.n)).toBe(1);
  expect(rows(added[1]!.n)).toBe(2);
});

test('an actor waits for the timers that are set and have not run out', () => {
  const asking = PUNCH.find((event) => event.kind === 'snapshot' && event.actor === 'a' && JSON.stringify(event.value).includes('asking'))!;
  expect(told.pending('a', asking.n).map(({ type }) => type.split('.')[2])).toEqual(['registerInterval', 'waitDeadline']);
  for (const { n, at } of PUNCH) for (const { dueAt } of told.pending('a', n)) expect(dueAt).toBeGreaterThanOrEqual(at);
});

test('a time finds the last event that is not later', () => {
  for (const at of [0, 19.9, 20, 60, 1e6]) {
    const n = told.upTo(at);
    expect(told.event(n)!.at).toBeLessThanOrEqual(at);
    expect(told.event(n + 1)?.at ?? Infinity).toBeGreaterThan(at);
  }
});

test('a live run that is longer than what is kept gives up its beginning, but not who is there', () => {
  const run = new Run(HEADER, true, 400);
  run.add(PUNCH);
  const later = PUNCH.length;
  for (let count = 0; count < 2000; count += 1) run.add([{ n: later + count, at: 5000 + count, kind: 'note', actor: 'a', type: 'tick', fields: {} } satisfies TraceEvent]);
  expect(run.told.events.length).toBeLessThanOrEqual(450);
  expect(run.told.last).toBe(later + 1999);
  expect(run.picture.lanes.map(({ name }) => name)).toEqual(RUN.picture.lanes.map(({ name }) => name));
  expect(run.told.standing('a', run.told.last).now?.value).toEqual(told.standing('a', told.last).now?.value);
  expect(run.told.actors.get('a')?.machine?.machine).toBe('udp-punch/peer');
});

test('of a run that has given up its beginning, events are found by their number all the same', () => {
  const run = new Run(HEADER, true, 400);
  run.add(PUNCH);
  const last = PUNCH.length;
  run.add(Array.from({ length: 1_000 }, (_, count): TraceEvent => ({ n: last + count, at: 5_000 + count, kind: 'note', actor: 'a', type: 'tick', fields: {} })));
  expect([last + 999, run.told.first, last].map((n) => run.told.event(n)?.n)).toEqual([last + 999, run.told.first, undefined]);
});

test('who looks at a run is told when it grows and when it ends, and of nothing else', () => {
  const run = new Run(HEADER, true);
  let tidings = 0;
  const stop = run.subscribe(() => (tidings += 1));
  run.add([]);
  run.add(eventsOf({ kind: 'note', actor: 'a', type: 'tick', fields: {} }));
  run.end();
  run.end();
  expect([tidings, run.isLive, run.version]).toEqual([2, false, 2]);
  stop();
});

const row = (what: 'added' | 'closing' | 'expired', place = 'nat-a'): Untold => ({ kind: 'row', what, place, protocol: 'tcp', inside: '10.0.0.7:1', external: '192.0.2.1:1', remote: '*', expiresAt: 99 });
const NAT: Untold = { kind: 'place', name: 'nat-a', type: 'nat', side: 'a', depth: 0, addresses: ['192.0.2.1'] };

test('a row that closes stays until it is gone, as old as when it came', () => {
  const run = runOf(NAT, row('added'), row('closing'), row('expired'));
  const rows = (n: number): unknown => run.told.tables(n)[0]?.rows.map(({ addedAt, isClosing }) => [addedAt, isClosing]);
  expect([0, 1, 2, 3].map(rows)).toEqual([[], [[1, false]], [[1, true]], []]);
});

test('of a NAT that nobody told of, or whose beginning is not there, what is known stands there', () => {
  expect(runOf(row('closing', 'nat-b')).told.tables(0)).toMatchObject([{ place: 'nat-b', words: '', addresses: [], rows: [{ addedAt: 0, isClosing: true }] }]);
});

test('a timer that does not say what it sends is not waited for, nor are those of others', () => {
  const run = runOf({ kind: 'timer', actor: 'a', what: 'set', timer: 1, delayMs: 500 }, { kind: 'timer', actor: 'a', what: 'set', timer: 2, type: 'xstate.after.500.asking', delayMs: 500 });
  expect([run.told.pending('a', 1).map(({ dueAt }) => dueAt), run.told.pending('b', 1)]).toEqual([[501], []]);
});

test('an actor that is told of before its machine has a statechart when that comes', () => {
  const run = runOf({ kind: 'actor', actor: 'a', machine: 'door' }, { kind: 'actor', actor: 'b', machine: 'shop' });
  expect(run.charted).toEqual([]);
  run.add([{ n: 2, at: 2, kind: 'machine', machine: 'door', definition: {} }]);
  expect(run.charted).toEqual(['a']);
});

test('a live run is called by the port that its host speaks from, as soon as one is known', () => {
  const place = (name: string, type: 'host' | 'remote', address: string): Untold => ({ kind: 'place', name, type, side: type === 'host' ? name : 'internet', depth: 1, addresses: [address] });
  const titled = (...untold: readonly Untold[]): string => {
    const run = new Run({ ...HEADER, origin: 'live' }, true);
    run.add(eventsOf(place('me', 'host', '192.0.2.7'), place('203.0.113.5', 'remote', '203.0.113.5'), ...untold));
    return run.title;
  };
  const event: readonly Untold[] = [{ kind: 'actor', actor: 'shop' }, { kind: 'actor', actor: 'cart' }, { kind: 'event', actor: 'cart', from: 'shop', type: 'ADD', fields: {} }];
  const dropped: Untold = { kind: 'packet', what: 'dropped', packet: 8, place: 'me', src: '203.0.113.5:2', dst: '192.0.2.7:9', reason: 'full' };
  const sent: Untold = { kind: 'packet', what: 'sent', packet: 0, place: 'me', src: '192.0.2.7:34780', dst: '203.0.113.5:2' };
  const taken: Untold = { kind: 'packet', what: 'delivered', packet: 1, place: 'me', src: '203.0.113.5:2', dst: '192.0.2.7:34781' };
  expect([titled(), titled(sent), titled(taken), titled(...event, dropped, sent), titled(...event)]).toEqual(['a run', 'a run :34780', 'a run :34781', 'a run :34780', 'a run']);
});
