/** A trace as a picture: who has a lifeline and where, and how each packet goes from one to the next. */
import { expect, test } from 'vitest';
import type { PacketSeen, RowSeen, TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { Drawing } from '../../cli/inspector/page/model/drawing.ts';
import { arranging } from '../../cli/inspector/page/model/arrangement.ts';
import { NO_FILTERS } from '../../cli/inspector/page/model/filters.ts';
import type { Packet, Picture } from '../../cli/inspector/page/model/picture.ts';
import { finished } from '../../cli/inspector/page/model/steps.ts';
import { manyEvents } from '../browser/many-events.ts';
import { pictureOf, punchEvents } from './pictures.ts';

const PUNCH = punchEvents('port-restricted', 'restricted');
const PICTURE = pictureOf(PUNCH);

const way = ({ stops }: Packet): string[] => stops.map(({ kind, lane }) => `${kind} ${PICTURE.lanes[lane]?.name ?? lane}`);

test('each NAT stands between what it hides and the middle', () => {
  expect(PICTURE.lanes.map(({ name }) => name)).toEqual(['a', 'nat-a', 's', 'nat-b', 'b']);
  const carried = pictureOf(punchEvents('port-restricted+cgn', 'open'));
  expect(carried.lanes.map(({ name }) => name)).toEqual(['a', 'nat-a', 'cgn-a', 's', 'b']);
});

test('a packet stops where it is rewritten, with the addresses before and after', () => {
  const probe = PICTURE.packets.find(({ label, fate, from }) => label === 'probe' && fate === 'delivered' && from === 0);
  expect(probe && way(probe)).toEqual(['sent a', 'translated nat-a', 'translated nat-b', 'delivered b']);
  expect(probe?.stops[1]).toMatchObject({ before: { src: '192.168.1.2:40000' }, after: { src: '198.18.1.2:40000' } });
});

test('what is dropped on the way ends between two lanes, with the reason', () => {
  const lost = PICTURE.packets.find(({ reason, from }) => reason === 'unroutable' && from === 0);
  expect(lost?.stops.at(-1)?.lane).toBeGreaterThan(1);
  expect(lost?.stops.at(-1)?.lane).toBeLessThan(2);
  expect(lost?.stops.at(-1)?.words).toBe('no way leads to that address');
});

test('actors leave their states and their end beside their lane', () => {
  const marks = PICTURE.marks.filter(({ actor, kind }) => actor === 'a' && kind !== 'timer').map(({ text }) => text);
  expect(marks.slice(0, 2)).toEqual(['opening', 'registering.asking']);
  expect(PICTURE.marks.filter(({ kind }) => kind === 'outcome').map(({ actor, text, tone }) => `${actor} ${text} ${tone}`)).toEqual(['a connected good', 'b connected good']);
});

test('a NAT is open from its first mapping on', () => {
  expect(PICTURE.openings.map(({ lane }) => PICTURE.lanes[lane]?.name)).toEqual(expect.arrayContaining(['nat-a', 'nat-b']));
});

test('where only one end is seen, a packet goes to an address and nobody knows of the rest', () => {
  const events: TraceEvent[] = [
    { n: 0, at: 0, kind: 'place', name: 'me', type: 'host', side: 'me', depth: 1, addresses: ['192.0.2.7'] },
    { n: 1, at: 0, kind: 'place', name: '203.0.113.5', type: 'remote', side: 'internet', depth: 0, addresses: ['203.0.113.5'] },
    { n: 2, at: 1, kind: 'packet', what: 'sent', packet: 0, place: 'me', src: '192.0.2.7:1', dst: '203.0.113.5:2', content: { protocol: 'udp', label: 'probe', length: 4 } },
    { n: 3, at: 9, kind: 'packet', what: 'delivered', packet: 1, place: 'me', src: '203.0.113.5:2', dst: '192.0.2.7:1', content: { protocol: 'udp', label: 'confirm', length: 4 } },
  ];
  const { packets } = pictureOf(events);
  expect(packets.map(({ label, fate, from, to }) => [label, fate, from, to])).toEqual([['probe', 'unknown', 0, 1], ['confirm', 'delivered', 1, 0]]);
});

test('a packet of which only the arrival is seen is called as who hears it calls it, and leads to what it says', () => {
  const events: TraceEvent[] = [
    { n: 0, at: 0, kind: 'place', name: 'me', type: 'host', side: 'me', depth: 1, addresses: ['192.0.2.7'] },
    { n: 1, at: 0, kind: 'place', name: '203.0.113.5', type: 'remote', side: 'internet', depth: 0, addresses: ['203.0.113.5'] },
    { n: 2, at: 0, kind: 'actor', actor: 'peer', place: 'me' },
    { n: 3, at: 9, kind: 'packet', what: 'delivered', packet: 0, place: 'me', src: '203.0.113.5:2', dst: '192.0.2.7:1', content: { protocol: 'udp', label: '40 bytes', length: 40 } },
    { n: 4, at: 9, kind: 'heard', actor: 'peer', type: 'datagram.received', socket: 's', fields: {}, message: { type: 'confirm' } },
  ];
  expect(pictureOf(events).packets.map(({ label, heardAt }) => [label, heardAt])).toEqual([['confirm', 4]]);
});

test('actors without a network have lanes of their own, and events between them are arrows', () => {
  const events: TraceEvent[] = [
    { n: 0, at: 0, kind: 'actor', actor: 'shop' },
    { n: 1, at: 0, kind: 'actor', actor: 'shop/cart', parent: 'shop' },
    { n: 2, at: 5, kind: 'event', actor: 'shop/cart', from: 'shop', type: 'ADD', fields: {} },
    { n: 3, at: 6, kind: 'event', actor: 'shop', type: 'OPEN', fields: {} },
  ];
  const { lanes, packets, marks } = pictureOf(events);
  expect(lanes.map(({ name }) => name)).toEqual(['shop', 'shop/cart']);
  expect(packets.map(({ label, from, to }) => [label, from, to])).toEqual([['ADD', 0, 1]]);
  expect(marks.map(({ text, lane }) => [text, lane])).toEqual([['OPEN', 0]]);
});

test('a packet that a NAT lets through as it is stops there too, with the same addresses', () => {
  const flow = { src: '192.0.2.7:1', dst: '203.0.113.5:2' };
  const events: TraceEvent[] = [
    { n: 0, at: 0, kind: 'place', name: 'nat-a', type: 'nat', side: 'a', depth: 1, addresses: ['192.0.2.1'] },
    { n: 1, at: 0, kind: 'place', name: 'a', type: 'host', side: 'a', depth: 2, addresses: ['192.0.2.7'] },
    { n: 2, at: 1, kind: 'packet', what: 'sent', packet: 0, place: 'a', ...flow, content: { protocol: 'icmp', label: 'exceeded', length: 4 } },
    { n: 3, at: 1, kind: 'packet', what: 'forwarded', packet: 0, place: 'nat-a', ...flow },
  ];
  expect(pictureOf(events).packets[0]?.stops.map(({ device, before, after }) => [device, before, after])).toEqual([['a', undefined, flow], ['nat-a', flow, flow]]);
});

/** Two sides with a NAT each, and the core between them. */
const PLACES: readonly TraceEvent[] = [
  { n: 0, at: 0, kind: 'place', name: 'core', type: 'core', side: 'internet', depth: 0, addresses: [] },
  { n: 1, at: 0, kind: 'place', name: 'nat-a', type: 'nat', side: 'a', depth: 1, addresses: ['192.0.2.1'] },
  { n: 2, at: 0, kind: 'place', name: 'router-a', type: 'router', side: 'a', depth: 2, addresses: [] },
  { n: 3, at: 0, kind: 'place', name: 'a', type: 'host', side: 'a', depth: 3, addresses: ['10.0.0.7'], words: 'a host' },
  { n: 4, at: 0, kind: 'place', name: 'firewall-b', type: 'firewall', side: 'b', depth: 1, addresses: [], words: 'lets nobody in' },
  { n: 5, at: 0, kind: 'place', name: 'router-b', type: 'router', side: 'b', depth: 2, addresses: [] },
  { n: 6, at: 0, kind: 'place', name: 'b', type: 'host', side: 'b', depth: 3, addresses: ['2001:db8::7'] },
  { n: 7, at: 0, kind: 'place', name: 'tap', type: 'router', side: 'nowhere', depth: 1, addresses: [] },
];
const FLOW = { src: '10.0.0.7:1', dst: '[2001:db8::7]:2' };
const seenAt = (place: string, what: PacketSeen['what'], n: number, more: Partial<PacketSeen> = {}): PacketSeen => ({ n, at: n, kind: 'packet', what, packet: 0, place, ...FLOW, ...more });

test('a NAT is said to be what it does, or as it is known outside', () => {
  expect(pictureOf(PLACES).lanes.map(({ name, sub, kind }) => [name, sub, kind])).toEqual([
    ['a', '10.0.0.7', 'host'],
    ['nat-a', '192.0.2.1', 'nat'],
    ['firewall-b', 'lets nobody in', 'nat'],
    ['b', '2001:db8::7', 'host'],
  ]);
});

test('what happens at a router is seen beside the lane of its side, what happens at the core on the side that it came from', () => {
  const dropped = (from: string, where: string): number | undefined => pictureOf([...PLACES, seenAt(from, 'sent', 8), seenAt(where, 'dropped', 9)]).packets[0]?.stops.at(-1)?.lane;
  expect([dropped('a', 'router-a'), dropped('a', 'core'), dropped('b', 'core'), dropped('b', 'router-b')]).toEqual([0.5, 1.18, 1.82, 2.5]);
});

test('a stop at a place without a lane is left out, and a packet that has no other is not drawn', () => {
  const sent = seenAt('a', 'sent', 8);
  expect(pictureOf([...PLACES, sent, seenAt('tap', 'forwarded', 9), seenAt('b', 'delivered', 10)]).packets[0]?.stops.map(({ device }) => device)).toEqual(['a', 'b']);
  expect(pictureOf([...PLACES, seenAt('tap', 'sent', 8), seenAt('b', 'delivered', 9)]).packets).toEqual([]);
  // Who took it has a lane, and where it came from has none.
  expect(pictureOf([...PLACES, seenAt('b', 'delivered', 8, { src: '203.0.113.5:2' })]).packets).toEqual([]);
});

test('a copy of a packet says so, and of a packet nothing is made up', () => {
  const [first, copy] = pictureOf([...PLACES, seenAt('a', 'sent', 8, { content: { protocol: 'tcp', label: 'SYN', length: 0 } }), seenAt('core', 'duplicated', 9, { packet: 1, copyOf: 0 }), seenAt('b', 'dropped', 10, { packet: 1 })]).packets;
  expect([first?.label, first?.fate, copy?.label, copy?.protocol, copy?.fate, copy?.reason]).toEqual(['SYN', 'unknown', 'SYN (copy)', 'tcp', 'dropped', 'dropped']);
  expect(pictureOf([...PLACES, seenAt('a', 'sent', 8), seenAt('nat-a', 'dropped', 9, { reason: 'full' })]).packets[0]).toMatchObject({ label: 'packet', protocol: 'udp', reason: 'full', stops: [{}, { words: 'full' }] });
});

test('a packet for nobody who is known ends where it was seen last', () => {
  const [packet] = pictureOf([...PLACES, seenAt('a', 'sent', 8, { dst: '203.0.113.5:2' }), seenAt('nat-a', 'translated', 9, { before: FLOW, dst: 'somewhere' })]).packets;
  expect([packet?.from, packet?.to]).toEqual([0, 1]);
});

test('of more actors without a network than fit, those below others are drawn at whom they belong to', () => {
  const crowd = Array.from({ length: 24 }, (_, n): TraceEvent => ({ n, at: 0, kind: 'actor', actor: `actor-${n}`, ...(n === 0 ? { machine: 'shop' } : {}) }));
  const events: TraceEvent[] = [
    ...crowd,
    { n: 24, at: 0, kind: 'actor', actor: 'actor-3/late', parent: 'actor-3' },
    { n: 25, at: 0, kind: 'actor', actor: 'alone' },
    { n: 26, at: 1, kind: 'event', actor: 'actor-3/late', from: 'actor-1', type: 'ADD', fields: {} },
    { n: 27, at: 2, kind: 'event', actor: 'actor-3/late', from: 'actor-3', type: 'TO ITSELF', fields: {} },
    { n: 28, at: 3, kind: 'event', actor: 'alone', from: 'actor-1', type: 'TO NOBODY SEEN', fields: {} },
    { n: 29, at: 4, kind: 'note', actor: 'alone', type: 'UNSEEN', fields: {} },
  ];
  const { lanes, packets, marks } = pictureOf(events);
  expect([lanes.length, lanes[0]?.sub, lanes[1]?.sub]).toEqual([24, 'shop', '']);
  expect(packets.map(({ label, to }) => [label, to])).toEqual([['ADD', 3]]);
  expect(marks).toEqual([]);
});

test('of an actor’s timers those that ran out leave marks, by whatever told of them', () => {
  const events: TraceEvent[] = [
    { n: 0, at: 0, kind: 'actor', actor: 'door' },
    { n: 1, at: 0, kind: 'timer', actor: 'door', what: 'set', timer: 1, type: 'xstate.after.500.open', delayMs: 500 },
    { n: 2, at: 1, kind: 'timer', actor: 'door', what: 'cancelled', timer: 2 },
    { n: 3, at: 500, kind: 'timer', actor: 'door', what: 'fired', timer: 1 },
    { n: 4, at: 501, kind: 'timer', actor: 'door', what: 'fired', timer: 3 },
    { n: 5, at: 600, kind: 'event', actor: 'door', from: 'door', type: 'xstate.after.wedged.open', fields: {} },
    { n: 6, at: 601, kind: 'note', actor: 'door', type: 'said', fields: { what: 'it creaks' } },
    { n: 7, at: 602, kind: 'note', actor: 'door', type: 'shut', fields: {} },
    { n: 8, at: 603, kind: 'snapshot', actor: 'door', status: 'active', value: null, context: null, steps: [] },
  ];
  expect(pictureOf(events).marks.map(({ kind, text }) => [kind, text])).toEqual([['timer', '500 ms'], ['timer', 'wedged'], ['note', 'it creaks'], ['note', 'shut']]);
});

test('a NAT is open while it has a row, and again when it has another', () => {
  const row = (n: number, what: RowSeen['what'], place = 'nat-a'): RowSeen => ({ n, at: n, kind: 'row', what, place, protocol: 'udp', inside: '10.0.0.7:1', external: '192.0.2.1:1', remote: '*', expiresAt: 99 });
  const events = [row(8, 'closed'), row(9, 'added'), row(10, 'added'), row(11, 'closing'), row(12, 'expired'), row(13, 'evicted'), row(14, 'closed'), row(15, 'added'), row(16, 'added', 'nobody')];
  expect(pictureOf([...PLACES, ...events]).openings.map(({ from, until }) => [from, until])).toEqual([[9, 13], [15, undefined]]);
});

test('what is told of a packet later is drawn as if it had been told at once', () => {
  const late: readonly (readonly [string, readonly TraceEvent[]])[] = [
    ['its sender has a lane only then', [seenAt('b', 'delivered', 8, { src: '203.0.113.5:2' }), { n: 9, at: 9, kind: 'place', name: '203.0.113.5', type: 'remote', side: 'internet', depth: 0, addresses: ['203.0.113.5'] }]],
    ['it was drawn where it was thought to go', [seenAt('a', 'sent', 8, { content: { protocol: 'udp', label: 'probe', length: 1 } }), seenAt('nat-a', 'translated', 9, { before: FLOW }), seenAt('b', 'delivered', 10)]],
    ['it was thought to go on unseen', [{ n: 8, at: 8, kind: 'place', name: '203.0.113.5', type: 'remote', side: 'internet', depth: 0, addresses: ['203.0.113.5'] }, seenAt('a', 'sent', 9, { dst: '203.0.113.5:2', content: { protocol: 'udp', label: 'probe', length: 1 } }), seenAt('nat-a', 'dropped', 10, { dst: '203.0.113.5:2' })]],
    ['it is told out of the order of time', [seenAt('a', 'sent', 9), { ...seenAt('a', 'sent', 10), packet: 1, at: 8 }]],
  ];
  for (const [why, events] of late) {
    const drawing = new Drawing();
    drawing.add(PLACES);
    drawing.picture();
    for (const event of events) {
      drawing.add([event]);
      drawing.picture();
    }
    const stopsOf = ({ packets }: Picture) => packets.map(({ stops }) => stops.map(({ n, lane, kind }) => [n, lane, kind]));
    expect(stopsOf(drawing.picture()), why).toEqual(stopsOf(pictureOf([...PLACES, ...events])));
  }
});

test.each([
  ['a punch', PUNCH],
  ['a sweep', punchEvents('symmetric', 'port-restricted')],
  ['a long run', manyEvents(4_000).events],
])('%s told in pieces is the same picture', (_, events) => {
  const drawing = new Drawing();
  const view = { filters: NO_FILTERS, opened: new Set<string>(), row: 20, hasMargin: true };
  // Numbers that only stand for something are given in another order.
  const seen = (picture: Picture): unknown => {
    const { arrows, marks, height } = finished(arranging(picture, view)).layout;
    return { ...picture, order: undefined, packets: picture.packets.map((packet) => ({ ...packet, likeness: 0, stops: packet.stops.map((stop) => ({ ...stop, rewriting: 0 })) })), height, marked: marks.map(({ y }) => y), arrows: arrows.map(({ drawn, ys }) => [drawn.id, drawn.members.length, drawn.news, ys]) };
  };
  for (let from = 0, size = 1; from < events.length; from += size, size = (size * 7) % 230 + 1) {
    drawing.add(events.slice(from, from + size));
    const picture = drawing.picture();
    if (from % 5 === 0 || from + size >= events.length) expect(seen(picture)).toEqual(seen(pictureOf(events.slice(0, from + size))));
  }
});

test('what is heard by somebody of whom no place is told is a packet’s that was taken under that name', () => {
  const taken: TraceEvent = { n: 8, at: 8, kind: 'packet', what: 'delivered', packet: 0, place: 'b', ...FLOW };
  const heard: TraceEvent = { n: 9, at: 8, kind: 'heard', actor: 'b', type: 'udp.received', socket: 's', fields: {}, message: { type: 'probe' } };
  expect(pictureOf([...PLACES, taken, heard]).packets.map(({ label, heardAt }) => [label, heardAt])).toEqual([['probe', 9]]);
});

test('an actor at a place of which nothing is told leaves no marks', () => {
  const events: TraceEvent[] = [{ n: 0, at: 0, kind: 'actor', actor: 'a', place: 'nowhere' }, { n: 1, at: 1, kind: 'note', actor: 'a', type: 'said', fields: {} }];
  expect(pictureOf(events).marks).toEqual([]);
});

test('what is dropped further in than any lane of its side is seen beside the innermost, a lane without a place being no place', () => {
  const line = (name: string, side: string): TraceEvent => ({ n: 8, at: 0, kind: 'place', name, type: 'link', side, depth: 9, addresses: [] });
  const dropped = (...events: readonly TraceEvent[]): number | undefined => pictureOf([...PLACES, ...events, seenAt('a', 'sent', 10), seenAt('line', 'dropped', 11)]).packets[0]?.stops.at(-1)?.lane;
  expect(dropped(line('line', 'a'))).toBe(0.5);
  expect(dropped(line('line', 'shop'), { n: 9, at: 0, kind: 'actor', actor: 'shop' })).toBe(3.5);
});
