/** What the panels say of the moment: of a packet, of every kind of event, of a context, and of what NATs remember. */
import { expect, test } from 'vitest';
import type { Run } from '../../cli/inspector/page/model/run.ts';
import { Context } from '../../cli/inspector/page/panels/context.tsx';
import { Details } from '../../cli/inspector/page/panels/details.tsx';
import { Summary } from '../../cli/inspector/page/panels/summary.tsx';
import { Tables } from '../../cli/inspector/page/panels/tables.tsx';
import { Tree } from '../../cli/inspector/page/panels/tree.tsx';
import type { Plain } from '../../cli/inspector/trace/trace.ts';
import { runOf, type Untold } from './pictures.ts';
import { html, textOf } from './rendered.ts';

const HOSTS: readonly Untold[] = [
  { kind: 'place', name: 'a', type: 'host', side: 'a', depth: 1, addresses: ['10.0.0.7'] },
  { kind: 'place', name: 'nat-a', type: 'nat', side: 'a', depth: 0, addresses: ['192.0.2.1'] },
  { kind: 'place', name: 's', type: 'server', side: 'internet', depth: 0, addresses: ['203.0.113.5'] },
];
const FLOW = { src: '10.0.0.7:1', dst: '203.0.113.5:2' };

/** What stands there of the last event. */
function sheet(...untold: readonly Untold[]): string {
  const { told } = runOf(...untold);
  return textOf(Details, { told, cursor: told.last, packet: undefined, lanes: [], bundle: undefined });
}

/** What stands there of the first packet. */
function packetSheet(...untold: readonly Untold[]): string {
  const { told, picture } = runOf(...HOSTS, ...untold);
  return textOf(Details, { told, cursor: told.last, packet: picture.packets[0], lanes: picture.lanes, bundle: undefined });
}

test.each<readonly [string, Untold, string]>([
  ['a state', { kind: 'snapshot', actor: 'door', status: 'active', value: 'open', context: {}, steps: [{ source: 'closed', targets: ['open'], event: 'OPEN', guard: 'isUnlocked' }, { source: '', targets: [], event: 'KNOCK' }], actions: ['creak'], tags: ['wide'] }, 'open door is active, 0 ms Transition OPEN [isUnlocked]: closed → open KNOCK: any state stays Actions creak Tags wide'],
  ['an actor without states that has ended', { kind: 'snapshot', actor: 'door', status: 'error', value: null, context: {}, steps: [], error: 'it fell' }, 'error door is error, 0 ms Error it fell'],
  ['an outcome', { kind: 'outcome', actor: 'a', verdict: 'connected', good: true, words: 'reaches the peer', outcome: { kind: 'connected' } }, 'connected a, 0 ms In words reaches the peer Outcome kind: connected'],
  ['what is asked of the network', { kind: 'effect', actor: 'a', type: 'udp.send', socket: 's', fields: { to: '203.0.113.5:2' }, message: { type: 'probe' } }, 'udp.send a asks, socket s, 0 ms Fields to: 203.0.113.5:2 Says type: probe'],
  ['what is heard of it', { kind: 'heard', actor: 'a', type: 'udp.received', socket: 's', fields: { from: '203.0.113.5:2' }, payload: 12 }, 'udp.received a hears, socket s, 0 ms Fields from: 203.0.113.5:2 Payload 12 bytes, not kept'],
  ['an event of another', { kind: 'event', actor: 'cart', from: 'shop', type: 'ADD', fields: { what: 'tea' } }, 'ADD shop → cart, 0 ms Fields what: tea'],
  ['an event of its own', { kind: 'event', actor: 'cart', from: 'cart', type: 'xstate.after.500.full', fields: {} }, 'after 500 ms cart, 0 ms'],
  ['a timer', { kind: 'timer', actor: 'a', what: 'set', timer: 3, type: 'xstate.after.askAgain.asking', delayMs: 500 }, 'after askAgain a: timer set for 500 ms, 0 ms'],
  ['a timer of another kind', { kind: 'timer', actor: 'a', what: 'fired', timer: 3 }, 'timer 3 a: timer fired, 0 ms'],
  ['a row', { kind: 'row', what: 'added', place: 'nat-a', protocol: 'udp', inside: '10.0.0.7:1', external: '192.0.2.1:1', remote: '*', expiresAt: 120_000 }, 'added row nat-a, 0 ms Row inside: 10.0.0.7:1 outside: 192.0.2.1:1 may answer: * until: 2:00 min'],
  ['a packet at a place', { kind: 'packet', what: 'dropped', packet: 0, place: 'nat-a', ...FLOW, reason: 'full' }, 'dropped at nat-a 10.0.0.7:1 → 203.0.113.5:2, 0 ms Why full'],
  ['a place', { kind: 'place', name: 'core', type: 'core', side: 'internet', depth: 0, addresses: [], words: 'the middle', behaviour: { mapping: 'none' } }, 'core core, the middle, 0 ms Addresses none of its own Behaviour mapping: none'],
  ['a place that says nothing of itself', { kind: 'place', name: 'a', type: 'host', side: 'a', depth: 1, addresses: ['10.0.0.7', '10.0.0.8'] }, 'a host, 0 ms Addresses 10.0.0.7, 10.0.0.8'],
  ['an actor', { kind: 'actor', actor: 'a', machine: 'udp-punch/peer', input: 'a room' }, 'a udp-punch/peer, 0 ms Input a room'],
  ['an actor without a machine', { kind: 'actor', actor: 'a/net' }, 'a/net an actor, 0 ms'],
  ['a machine', { kind: 'machine', machine: 'udp-punch/peer', definition: {} }, 'udp-punch/peer a statechart, 0 ms'],
  ['a note', { kind: 'note', actor: 's', type: 'paired', fields: {} }, 'paired s, 0 ms'],
])('the sheet of %s says what it is', (_, event, words) => {
  expect(sheet(event)).toBe(words);
});

test('where nothing has happened there is nothing to choose yet', () => {
  expect(sheet()).toBe('Choose an arrow or a state to see what it is.');
});

test('an arrow between actors says its event, and no bytes', () => {
  const text = packetSheet({ kind: 'actor', actor: 'shop' }, { kind: 'actor', actor: 'cart' }, { kind: 'event', actor: 'cart', from: 'shop', type: 'ADD', fields: { what: 'tea' } });
  expect(text).toMatch(/^ADD delivered EVENT shop → cart, 5 ms Way .* Event what: tea$/);
  const bare = packetSheet({ kind: 'actor', actor: 'shop' }, { kind: 'actor', actor: 'cart' }, { kind: 'event', actor: 'cart', from: 'shop', type: 'ADD', fields: {} });
  expect(bare).not.toContain('Event');
});

test('a packet of which the end is not known says so, and a segment its numbers', () => {
  const text = packetSheet({ kind: 'packet', what: 'sent', packet: 0, place: 'a', ...FLOW, content: { protocol: 'tcp', label: 'SYN', length: 0, ttl: 64, segment: { syn: true, fin: false, rst: false, seq: 7 } } });
  expect(text).toMatch(/^SYN fate not seen TCP a → s, 3 ms, 0 bytes, TTL 64 Way 3 ms a sends 10.0.0.7:1 → 203.0.113.5:2 Segment syn: true .*seq: 7$/);
});

test('a drop says why in words with the code, in the code alone, or at least that it was one', () => {
  const dropped = (more: { readonly reason?: string; readonly words?: string }): string => packetSheet({ kind: 'packet', what: 'sent', packet: 0, place: 'a', ...FLOW }, { kind: 'packet', what: 'dropped', packet: 0, place: 'nat-a', ...FLOW, ...more });
  expect(dropped({ reason: 'filtering', words: 'nothing was sent there' })).toContain('nat-a drops : nothing was sent there (filtering)');
  expect(dropped({ reason: 'full' })).toMatch(/nat-a drops : full$/);
  expect(dropped({})).toMatch(/nat-a drops : dropped$/);
});

test('a NAT that lets a packet pass as it is, says so', () => {
  expect(packetSheet({ kind: 'packet', what: 'sent', packet: 0, place: 'a', ...FLOW }, { kind: 'packet', what: 'forwarded', packet: 0, place: 'nat-a', ...FLOW })).toMatch(/nat-a translates lets it pass as it is$/);
});

test('a packet that only its taker has seen comes from an address', () => {
  const remote: Untold = { kind: 'place', name: '198.51.100.9', type: 'remote', side: 'internet', depth: 0, addresses: ['198.51.100.9'] };
  expect(packetSheet(remote, { kind: 'packet', what: 'delivered', packet: 0, place: 'a', src: '198.51.100.9:9', dst: '10.0.0.7:1' })).toMatch(/from 198\.51\.100\.9:9 4 ms a takes it 198\.51\.100\.9:9 → 10\.0\.0\.7:1$/);
});

const context = ({ told }: Run, actor: string | undefined): string => textOf(Context, { told, actor, cursor: told.last, at: told.last, version: 0 });

test('a context says since when it is so, and whether the last event changed it', () => {
  const at = (value: string | null, remembered: Plain): Untold => ({ kind: 'snapshot', actor: 'door', status: 'active', value, context: remembered, steps: [] });
  expect(context(runOf(at('closed', { knocks: 0 })), 'door')).toBe('door closed, since 0 ms Context knocks: 0');
  expect(context(runOf(at('closed', { knocks: 0 }), at('open', { knocks: 0 })), 'door')).toMatch(/^door open, since 1 ms\. Nothing of it changed then\./);
  expect(context(runOf(at(null, { knocks: 0 }), at(null, { knocks: 1 })), 'door')).toMatch(/^door active, since 1 ms\. Marked is what changed then\. Context knocks: 0 1$/);
});

test('who has not started has no context, nor nobody', () => {
  expect([context(runOf(), 'door'), context(runOf(), undefined)]).toEqual(['door has not started yet.', 'No actor is chosen.']);
});

const tree = (value: Plain, before?: Plain): string => textOf(Tree, { value, before, compare: before !== undefined });

test.each<readonly [Plain, string]>([
  [{ bytes: { $bytes: '0a0b' }, none: { $bytes: '' } }, 'bytes: 0x0a0b none: (no bytes)'],
  [{ list: [1, { $cut: '7 more' }] }, 'list 2 entries 0: 1 1: … 7 more'],
  [{ four: { host: '192.0.2.7', port: 1 }, six: { host: '2001:db8::7', port: 2 } }, 'four: 192.0.2.7:1 six: [2001:db8::7]:2'],
  [{ $map: [['a', 1], ['b', { c: 2 }], 'odd', [1, 2, 3]] }, 'a: 1 b c c: 2 2: odd 3 3 entries 0: 1 1: 2 2: 3'],
  [{ $set: ['a', 'b'] }, '0: a 1: b'],
  [{ ratio: 0.123456, none: null, yes: true, empty: [], nothing: {} }, 'ratio: 0.1235 none: null yes: true empty: [] nothing: {}'],
  [{ five: { a: 1, b: 2, c: 3, d: 4, e: 5 }, one: ['x'] }, 'five a, b, c, d, … a: 1 b: 2 c: 3 d: 4 e: 5 one 1 entry 0: x'],
])('the value %j reads as its parts', (value, words) => {
  expect(tree(value)).toBe(words);
});

test('of a long list the first hundred stand there, and how many more there are', () => {
  expect(tree(Array.from({ length: 120 }, (_, index) => index))).toMatch(/ 99: 99 … and 20 more$/);
});

test('what has changed is marked, with what stood there before', () => {
  expect(tree({ peer: 'b', list: [], seen: { one: 1 } }, { peer: 'a', list: [1], seen: 7 })).toBe('peer: a b list: [] seen one one: 1');
  expect(html(Tree, { value: { list: [] }, before: { list: [1] }, compare: true })).toContain('<div class="leaf changed">');
  expect(tree({ peer: 'b' }, 'nothing')).toBe('peer: b');
});

const row = (more: Partial<Extract<Untold, { kind: 'row' }>> = {}): Untold => ({ kind: 'row', what: 'added', place: 'nat-a', protocol: 'udp', inside: '10.0.0.7:1', external: '192.0.2.1:1', remote: '203.0.113.5:2', expiresAt: 1_000, ...more });
const tables = (...untold: readonly Untold[]): string => {
  const { told } = runOf(...untold);
  return textOf(Tables, { told, cursor: told.last, at: told.last, version: 0 });
};

test('a row of a NAT says whom it stands for, who may answer, and how long it stays', () => {
  expect(tables(HOSTS[1]!, row())).toMatch(/10\.0\.0\.7:1 192\.0\.2\.1:1 203\.0\.113\.5:2 999 ms$/);
  expect(tables(HOSTS[1]!, row({ protocol: 'tcp', external: '10.0.0.7:1', remote: '*', expiresAt: 0 }), row({ what: 'closing', protocol: 'tcp', external: '10.0.0.7:1', remote: '*', expiresAt: 0 }))).toMatch(/10\.0\.0\.7:1 tcp the same anybody refreshed closing$/);
});

test('of a table that a sweep has filled the newest rows stand there', () => {
  const many = Array.from({ length: 205 }, (_, index) => row({ inside: `10.0.0.7:${1000 + index}` }));
  const text = tables(HOSTS[1]!, ...many);
  expect(text).toMatch(/left 10\.0\.0\.7:1204 .* 10\.0\.0\.7:1005 .* and 5 older$/);
  expect(text).not.toContain('10.0.0.7:1004 ');
});

test('where no NAT is seen, there is no table', () => {
  expect(tables(HOSTS[0]!)).toMatch(/^No NAT is seen in this run/);
});

test('a summary counts what was dropped by place and reason, in words where there are any', () => {
  const sent = (packet: number): Untold => ({ kind: 'packet', what: 'sent', packet, place: 'a', ...FLOW, content: { protocol: 'udp', label: 'probe', length: 4 } });
  const dropped = (packet: number, more: object): Untold => ({ kind: 'packet', what: 'dropped', packet, place: 'nat-a', ...FLOW, ...more });
  const { told, picture } = runOf(...HOSTS, sent(0), sent(1), sent(2), dropped(0, {}), dropped(1, { reason: 'full' }), dropped(2, { reason: 'filtering', words: 'nothing was sent there' }));
  const text = textOf(Summary, { told, picture, onPick: () => {} });
  expect(text).toContain('3 packets in 8 ms.');
  expect(text).toMatch(/Dropped 1 nat-a: dropped dropped 1 nat-a: full full 1 nat-a: nothing was sent there filtering$/);
});
