/** A trace as lines: what is written is read back, contexts told by their changes come out whole, and what is no trace is refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DONE_LINE, isBadTrace, readTrace, TraceReader, TraceWriter, writeTrace } from '../../cli/inspector/trace/format.ts';
import { ofKind, traced } from './traced.ts';

const TRACE = traced('symmetric', 'restricted');

test('a trace that was written is read back as it was', () => {
  expect(readTrace(writeTrace(TRACE))).toEqual(TRACE);
});

test('a context is told whole once, and then only what changed of it', () => {
  const lines = writeTrace(TRACE).split('\n').filter((line) => line.includes('"kind":"snapshot"') && line.includes('"actor":"a"'));
  expect(lines.filter((line) => line.includes('"context":')).length).toBe(1);
  expect(lines.length).toBe(ofKind(TRACE, 'snapshot').filter(({ actor }) => actor === 'a').length);
});

test('a field that goes from a context is gone when it is read', () => {
  const [first, second] = ofKind(TRACE, 'snapshot').filter(({ actor }) => actor === 'a');
  const writer = new TraceWriter();
  const lines = [writer.header(TRACE.header), writer.event({ ...first!, n: 0, context: { kept: 1, lost: 2 } }), writer.event({ ...second!, n: 1, context: { kept: 1 } })];
  const read = readTrace(lines.join('\n'));
  expect(isBadTrace(read) ? read : ofKind(read, 'snapshot').map(({ context }) => context)).toEqual([{ kept: 1, lost: 2 }, { kept: 1 }]);
});

test('of a list that grows, what is new is told', () => {
  const [first, second] = ofKind(TRACE, 'snapshot').filter(({ actor }) => actor === 'a');
  const list = Array.from({ length: 200 }, (_, port) => ({ port }));
  const contexts = [{ list, other: [1] }, { list: [...list, { port: 200 }], other: [1, 2] }, { list: list.slice(0, 150), other: [] }, { list: [{ port: 9 }], other: [] }];
  const writer = new TraceWriter();
  const lines = [writer.header(TRACE.header), ...contexts.map((context, n) => writer.event({ ...(n === 0 ? first! : second!), n, context }))];
  expect(lines[2]!.length).toBeLessThan(lines[1]!.length / 4);
  const read = readTrace(`${lines.join('\n')}\n`);
  expect(isBadTrace(read) ? read : ofKind(read, 'snapshot').map(({ context }) => context)).toEqual(contexts);
});

test('a trace that was cut off is read as far as it goes, and says where that is', () => {
  const text = writeTrace(TRACE);
  const lines = text.split('\n').slice(0, 40);
  const read = (given: string): unknown[] => {
    const trace = readTrace(given);
    return isBadTrace(trace) ? [trace.message] : [trace.events.length, trace.header.cut];
  };
  expect(read(text)).toEqual([TRACE.events.length, undefined]);
  expect(read(`${lines.join('\n')}\n`)).toEqual([39, 'stops after line 40']);
  expect(read(lines.join('\n').slice(0, -5))).toEqual([38, 'is cut off in its last line, 40']);
  expect(read(text.slice(0, 20))).toEqual(['line 1: cut off in its header']);
  // Only the end may be cut.
  expect(read(text.replace('"kind":"place"', '"kind":"pl'))).toEqual(['line 2: not a JSON object']);
});

test('the end of a feed is no event', () => {
  const reader = new TraceReader();
  reader.line(JSON.stringify(TRACE.header));
  expect([reader.line(DONE_LINE), reader.isDone]).toEqual([undefined, true]);
});

test.each([
  ['', 'line 1: the trace is empty'],
  ['hello\n', 'line 1: not a JSON object'],
  ['{"format":"natpunch-log/1"}', 'line 1: not the header of a natpunch-trace/1'],
  ['{"format":"natpunch-trace/1"}', 'line 1: a header without its title or origin'],
  [`${JSON.stringify(TRACE.header)}\n{"n":0,"at":0,"kind":"surprise"}`, "line 2: an event of kind 'surprise' without its meaning"],
  [`${JSON.stringify(TRACE.header)}\n{"n":0,"at":0,"kind":"note","actor":"a"}`, "line 2: an event of kind 'note' without its type"],
  [`${JSON.stringify(TRACE.header)}\n{"n":0,"at":5,"kind":"actor","actor":"a"}\n{"n":1,"at":4,"kind":"actor","actor":"b"}`, 'line 3: its time goes back'],
  [`${JSON.stringify(TRACE.header)}\n{"n":0,"at":0,"kind":"actor","actor":"a"}\n{"n":0,"at":0,"kind":"actor","actor":"b"}`, 'line 3: its n does not rise'],
  [`${JSON.stringify(TRACE.header)}\n{"n":0,"at":0,"kind":"snapshot","actor":"a","status":"active","value":"x","steps":[],"changed":{}}`, 'line 2: a change of a context that was never told'],
  [`${JSON.stringify(TRACE.header)}\n{"n":0,"at":0,"kind":"snapshot","actor":"a","status":"active","value":"x","steps":[],"context":{"l":[1]}}\n{"n":1,"at":0,"kind":"snapshot","actor":"a","status":"active","value":"x","steps":[],"changed":{},"grown":{"l":{"kept":2,"put":[]}}}`, "line 3: a list 'l' that grows and was never told"],
  [`${JSON.stringify(TRACE.header)}\n{"n":0,"at":0}`, "line 2: an event of kind 'undefined' without its kind"],
  [`${JSON.stringify(TRACE.header)}\n\n{"n":0,"at":0,"kind":"snapshot","actor":"a","status":"active","value":"x"}`, 'line 3: a snapshot without its steps'],
])('what is no trace is refused with its line: %s', (text, message) => {
  expect(readTrace(text)).toMatchObject({ kind: 'bad-trace', message });
});

test('no text makes the reader throw', () => {
  const lines = writeTrace(TRACE).split('\n').slice(0, 60);
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.nat(400), fc.string({ maxLength: 8 }), (row, at, put) => {
      const line = lines[row] ?? '';
      const broken = [...lines.slice(0, row), line.slice(0, at) + put + line.slice(at + put.length), ...lines.slice(row + 1)].join('\n');
      expect(typeof readTrace(broken)).toBe('object');
    }),
    { numRuns: 200 },
  );
});
