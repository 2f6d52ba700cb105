/** A trace as a picture: who has a lifeline and where, and how each packet goes from one to the next. */
import { expect, test } from 'vitest';
import type { TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { Drawing } from '../../cli/inspector/page/model/drawing.ts';
import { portOf } from '../../cli/inspector/page/model/words.ts';
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

test.each([
  ['192.0.2.7:34780', ':34780'],
  ['[2001:db8::7]:34780', ':34780'],
  ['2001:db8::7', ''],
  ['203.0.113.5', ''],
])('of %s the port is "%s"', (endpoint, port) => {
  expect(portOf(endpoint)).toBe(port);
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
