/** Diagrams and captures of small traces, line by line; that others can read them is claimed in exports.slow.ts. */
import { expect, test } from 'vitest';
import { exported } from '../../cli/inspector/exports.ts';
import { mermaidSequence, mermaidStates } from '../../cli/inspector/trace/mermaid.ts';
import { pcapng } from '../../cli/inspector/trace/pcapng.ts';
import { type PacketSeen, type Trace, TRACE_FORMAT, type TraceEvent } from '../../cli/inspector/trace/trace.ts';

type Bare = TraceEvent extends infer E ? (E extends TraceEvent ? Omit<E, 'n' | 'at'> : never) : never;

const traceOf = (events: readonly Bare[], origin: Trace['header']['origin'] = 'sim'): Trace => ({ header: { format: TRACE_FORMAT, title: 'a trace', origin }, events: events.map((event, n) => ({ n, at: n, ...event }) as TraceEvent) });
const place = (name: string, type: 'host' | 'nat' | 'link' | 'core' | 'remote', side: string, depth: number): Bare => ({ kind: 'place', name, type, side, depth, addresses: [name], ...(type === 'nat' ? { words: 'restricted' } : {}) });
const PLACES = [place('b', 'host', 'b', 2), place('core', 'core', 'internet', 0), place('nat-a', 'nat', 'a', 1), place('a', 'host', 'a', 2), place('c', 'host', 'c', 2), place('link-a', 'link', 'a', 1)];
const FLOW = { src: '10.0.0.7:1', dst: '192.0.2.2:2' };
const seen = (what: PacketSeen['what'], at: string, more: Partial<PacketSeen> = {}): Bare => ({ kind: 'packet', what, packet: 0, place: at, ...FLOW, ...more });
const linesOf = (trace: Trace): string[] => mermaidSequence(trace).split('\n').filter((line) => /->>|-x|Note/.test(line)).map((line) => line.trim());

test('a packet goes from place to place; links are part of the internet', () => {
  const content = { protocol: 'udp', label: 'probe', length: 0 } as const;
  const trace = traceOf([...PLACES, seen('sent', 'a', { content }), seen('translated', 'nat-a'), seen('duplicated', 'core', { packet: 1, copyOf: 0 }), seen('forwarded', 'link-a', { packet: 1 }), seen('dropped', 'b', { packet: 1, reason: 'filtering' }), seen('dropped', 'b')]);
  expect(linesOf(trace)).toEqual([
    'p_a->>p_nat_45_a: probe, on as 10.0.0.7:1 to 192.0.2.2:2',
    'p_core->>p_core: probe, on as it is',
    'p_core-xp_b: probe, dropped: filtering',
    'p_nat_45_a-xp_b: probe, dropped:',
  ]);
  expect(mermaidSequence(trace).split('\n').filter((line) => line.includes('participant')).map((line) => line.trim().split(' ')[1])).toEqual(['p_a', 'p_nat_45_a', 'p_core', 'p_b']);
});

test('where one end is seen, a packet goes to an address that is known, or to nobody', () => {
  const places = [place('a', 'host', 'a', 2), place('192.0.2.2', 'remote', 'internet', 0)];
  expect(linesOf(traceOf([...places, seen('sent', 'a'), seen('delivered', 'a', { packet: 1, src: '203.0.113.9:1' })], 'live'))).toEqual(['p_a->>p_192_46_0_46_2_46_2: packet', 'p_a->>p_a: packet']);
});

test('states and ends stand at their place, each state once; of who has no place nothing does', () => {
  const is = (actor: string, value: 'on' | null): Bare => ({ kind: 'snapshot', actor, status: 'active', value, context: null, steps: [] });
  const ends = (actor: string, good: boolean): Bare => ({ kind: 'outcome', actor, verdict: 'no-reply', good, words: '', outcome: {} });
  expect(linesOf(traceOf([...PLACES, is('a', 'on'), is('a', 'on'), is('a', null), is('z', 'on'), ends('a', false), ends('b', true), ends('z', true)]))).toEqual(['Note over p_a: on', 'Note over p_a: ✗ no-reply', 'Note over p_b: ● no-reply']);
});

test('a statechart is lit where it stands; what is none is not drawn', () => {
  const chart = { id: 'door', initial: 'shut', states: { shut: {}, 'wide open': {} } };
  expect(mermaidStates(chart, 'wide open')).toContain('class s_wide_32_open active');
  expect(mermaidStates(chart)).not.toContain('classDef');
  expect(mermaidStates(chart, {})).not.toContain('classDef');
  expect(mermaidStates('no chart')).toBeUndefined();
});

test('the states of a run are those of who came to an end, or of the first that has any', () => {
  const machine = (name: string): Bare => ({ kind: 'machine', machine: name, definition: { id: name, states: { [name]: {} } } });
  const actor = (name: string, of?: string): Bare => ({ kind: 'actor', actor: name, ...(of === undefined ? {} : { machine: of }) });
  const ends = (name: string): Bare => ({ kind: 'outcome', actor: name, verdict: 'connected', good: true, words: '', outcome: {} });
  const all = [machine('one'), machine('two'), actor('bare'), actor('a', 'one'), actor('b', 'two')];
  expect(exported(traceOf([...all, ends('b')]), 'states')).toContain('state "two"');
  expect(exported(traceOf([...all, ends('bare')]), 'states')).toContain('state "one"');
  for (const none of [[], [actor('bare')], [actor('a', 'never told')]]) expect(() => exported(traceOf(none), 'states')).toThrow('there is no statechart in this run');
});

test('in a capture each packet says what befell it, also one whose beginning is not there', () => {
  const trace = traceOf([
    seen('sent', 'a', { socket: 'main', content: { protocol: 'udp', label: 'probe', length: 0 } }),
    seen('translated', 'nat-a', { before: { src: '10.0.0.8:1', dst: '192.0.2.2:2' } }),
    seen('forwarded', 'nat-b'),
    seen('duplicated', 'core', { packet: 1, copyOf: 0 }),
    seen('duplicated', 'core', { packet: 3, copyOf: 2 }),
    seen('dropped', 'b', { packet: 1, reason: 'filtering' }),
    seen('dropped', 'b', { packet: 9, reason: 'loss', words: 'lost on the way' }),
    seen('delivered', 'b'),
  ]);
  const bytes = exported(trace, 'pcapng');
  expect(bytes).toEqual(pcapng(trace));
  const text = Buffer.from(bytes).toString('latin1');
  for (const comment of [
    'probe: sent by a (main)',
    'probe: nat-a rewrote 10.0.0.8:1 > 192.0.2.2:2 to 10.0.0.7:1 > 192.0.2.2:2',
    'probe: passed by nat-b',
    'probe: copied by core from packet 0',
    'unknown: copied by core from packet 2',
    'probe: dropped by b: filtering',
    'unknown: dropped by b: loss (lost on the way)',
    'probe: taken by b ()',
  ]) expect(text).toContain(comment);
});

test('a copy of a packet whose beginning is not there is a packet all the same, and a NAT of a third host stands beside it', () => {
  const trace = traceOf([...PLACES, place('nat-c', 'nat', 'c', 1), seen('duplicated', 'nat-c', { packet: 5, copyOf: 4 }), seen('delivered', 'b', { packet: 5 })]);
  expect(linesOf(trace)).toEqual(['p_nat_45_c->>p_b:']);
  expect(mermaidSequence(trace).split('\n').filter((line) => line.includes('participant')).map((line) => line.trim().split(' ')[1])).toEqual(['p_nat_45_c', 'p_b']);
});

test('what a capture does not know of a packet its comment leaves out', () => {
  const text = new TextDecoder('latin1').decode(pcapng(traceOf([...PLACES, seen('translated', 'nat-a'), seen('duplicated', 'core'), seen('dropped', 'b'), seen('sent', 'a'), seen('delivered', 'b')])));
  for (const words of ['nat-a rewrote  >  to 10.0.0.7:1 > 192.0.2.2:2', 'copied by core from packet 0', 'dropped by b: ', 'sent by a ()', 'taken by b ()']) expect(text).toContain(words);
});
