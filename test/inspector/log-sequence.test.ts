/** A recording drawn for a terminal: what is told, what is counted, and that it fits into 80 columns. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logSequence } from '../../cli/log-sequence.ts';
import { refoldTraced } from '../../cli/traced-refolding.ts';
import { type Trace, TRACE_FORMAT, type TraceEvent } from '../../cli/inspector/trace/trace.ts';

const LOGS = join(import.meta.dirname, '../traces');
const plain = (_: string, text: string): string => text;

test('a punch reads from its opening to its end', () => {
  const name = readdirSync(LOGS).find((one) => one.startsWith('udp-punch_')) ?? '';
  const { trace, log, divergence } = refoldTraced(name, readFileSync(join(LOGS, name), 'utf8'));
  const lines = logSequence(trace, plain);
  expect(divergence).toBeUndefined();
  expect(lines[0]).toBe('       0  ○ opening');
  expect(lines.filter((line) => line.includes('register')).length).toBeGreaterThan(0);
  expect(lines.filter((line) => /[●✗] /.test(line)).length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(log.lines.length * 2);
});

test('every line of every recording fits into 80 columns', () => {
  const long = readdirSync(LOGS).flatMap((name) => {
    const { trace } = refoldTraced(name, readFileSync(join(LOGS, name), 'utf8'));
    return logSequence(trace, plain).filter((line) => line.length > 80);
  });
  expect(long).toEqual([]);
}, 30_000);

test('what an actor of a machine comes to changes no state', () => {
  const sent = { kind: 'packet', what: 'sent', packet: 1, place: 'a', src: '10.0.0.1:1', dst: '10.0.0.2:2', content: { protocol: 'udp', label: 'probe', length: 1 }, at: 0 } as const;
  const actor = { kind: 'snapshot', actor: 'a/net', status: 'active', value: null, context: null, steps: [], at: 1 } as const;
  expect(logSequence(traceOf([sent, actor, { ...sent, at: 2 }]), plain)).toEqual(['       0  ├──▶ 10.0.0.2:2             probe (2, the last at 2 ms)']);
});

test('what is said again in the same state is counted on its first line', () => {
  const sent = (at: number) => ({ kind: 'packet', what: 'sent', packet: at, place: 'a', src: '10.0.0.1:1', dst: '10.0.0.2:2', content: { protocol: 'udp', label: 'probe', length: 1 }, at }) as const;
  const state = (at: number, value: string) => ({ kind: 'snapshot', actor: 'a', status: 'active', value, context: null, steps: [], at }) as const;
  expect(logSequence(traceOf([state(0, 'one'), sent(0), sent(50), sent(100), state(120, 'two'), sent(150)]), plain)).toEqual([
    '       0  ○ one',
    '       0  ├──▶ 10.0.0.2:2             probe (3, the last at 100 ms)',
    '     120  ○ two',
    '     150  ├──▶ 10.0.0.2:2             probe',
  ]);
});

test('of states side by side, the one that is entered is told', () => {
  const state = (at: number, value: { readonly [key: string]: string }) => ({ kind: 'snapshot', actor: 'a', status: 'active', value, context: null, steps: [], at }) as const;
  expect(logSequence(traceOf([state(0, { x: 'off', y: 'off' }), state(5, { x: 'on', y: 'off' })]), plain)).toEqual(['       0  ○ x.off + y.off', '       5  ○ x.on']);
});

test('a long run is cut off before its end, which is told', () => {
  const events = Array.from({ length: 50 }, (_, at) => ({ kind: 'snapshot', actor: 'a', status: 'active', value: `s${at}`, context: null, steps: [], at }) as const);
  const lines = logSequence(traceOf([...events, { kind: 'outcome', actor: 'a', verdict: 'no-reply', good: false, words: 'silence', outcome: {}, at: 60 }]), plain, 10);
  expect(lines.slice(-2)).toEqual(['          ⋮  40 more', '      60  ✗ no-reply: silence']);
});

test('what only its machine or its end knows is left out, and what went wrong is told with whom it was about', () => {
  const failed = (fields: Record<string, string>): Bare => ({ kind: 'heard', actor: 'a', type: 'net.failed', socket: 's', fields, at: 1 });
  expect(
    logSequence(
      traceOf([
        { kind: 'snapshot', actor: 'a/net', status: 'active', value: 'open', context: null, steps: [], at: 0 },
        { kind: 'snapshot', actor: 'a', status: 'active', value: null, context: null, steps: [], at: 0 },
        { kind: 'timer', actor: 'a', what: 'fired', timer: 1, type: 'xstate.after.registerRetry.peer', at: 1 },
        { kind: 'timer', actor: 'a', what: 'fired', timer: 2, type: 'wake', at: 2 },
        { kind: 'timer', actor: 'a', what: 'fired', timer: 3, at: 3 },
        { kind: 'heard', actor: 'a', type: 'udp.opened', socket: 's', fields: {}, at: 3 },
        failed({ effect: 'udp.send', code: 'unreachable', detail: 'no route to that network', to: '192.0.2.1:1' }),
        failed({ effect: 'udp.open', code: 'not-permitted' }),
        { kind: 'packet', what: 'delivered', packet: 1, place: 'a', src: '192.0.2.1:1', dst: '192.0.2.7:1', at: 4 },
        { kind: 'outcome', actor: 'a', verdict: 'no-reply', good: false, words: 'word '.repeat(30).trim(), outcome: {}, at: 5 },
      ]),
      plain,
    ),
  ).toEqual([
    '       1  │ ◷  registerRetry',
    '       2  │ ◷  wake',
    '       3  │ ◷  a timer',
    '       1  │ ✗  udp.send: unreachable, no route to that network',
    '       1  │ ✗  udp.open: not-permitted',
    '       4  │◀── 192.0.2.1:1',
    expect.stringMatching(/^ {7}5 {2}✗ no-reply: word word/),
    expect.stringMatching(/^ {10}│ word( word)*$/),
    expect.stringMatching(/^ {10}│ word( word)*$/),
  ]);
});

test('colours are asked for by meaning, and only the painter knows if there are any', () => {
  const styles: string[] = [];
  logSequence(traceOf([{ kind: 'outcome', actor: 'a', verdict: 'connected', good: true, words: 'connected', outcome: {}, at: 0 }]), (style, text) => {
    styles.push(style);
    return text;
  });
  expect(styles).toEqual(['green', 'green']);
});

type Bare = TraceEvent extends infer E ? (E extends TraceEvent ? Omit<E, 'n'> : never) : never;

function traceOf(events: readonly Bare[]): Trace {
  return { header: { format: TRACE_FORMAT, title: '', origin: 'log' }, events: events.map((event, n) => ({ n, ...event }) as TraceEvent) };
}
