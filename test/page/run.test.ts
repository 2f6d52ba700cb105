/** A run as the page holds it: at any moment, and for as long as it goes on. */
import { expect, test } from 'vitest';
import type { TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { Run } from '../../cli/inspector/page/model/run.ts';
import { punchEvents } from './pictures.ts';

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
