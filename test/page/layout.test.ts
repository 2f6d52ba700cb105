/** Where everything stands: time goes down, nothing stands on anything else, and any part is found without the rest. */
import { expect, test } from 'vitest';
import { bundling, foldMarks } from '../../cli/inspector/page/model/bundles.ts';
import { eventAbove, layingOut, type Layout, neighbour, visible, yOf } from '../../cli/inspector/page/model/layout.ts';
import type { Picture } from '../../cli/inspector/page/model/picture.ts';
import { finished } from '../../cli/inspector/page/model/steps.ts';
import { actorsOf, filtering, type Filters, filtersOf, NO_FILTERS, withFilters } from '../../cli/inspector/page/model/filters.ts';
import { pictureOf, punchEvents, runOf } from './pictures.ts';

const PUNCH = pictureOf(punchEvents('symmetric', 'port-restricted'));

function laidOut(picture: Picture, opened: ReadonlySet<string> = new Set()): Layout {
  const drawn = finished(bundling(picture.packets, picture.marks, opened));
  return finished(layingOut(picture.order, drawn, picture.marks, { row: 20, outer: new Set([0, picture.lanes.length - 1]) }));
}

test('what happens later stands lower, each packet step by step', () => {
  const { ticks, arrows } = laidOut(PUNCH);
  expect(ticks.every(({ at, y }, index) => index === 0 || (at > ticks[index - 1]!.at && y > ticks[index - 1]!.y))).toBe(true);
  for (const { ys } of arrows) expect(ys).toEqual([...ys].sort((one, other) => one - other));
});

test('no two arrows begin or end at one point', () => {
  const { arrows } = laidOut(PUNCH);
  const points = arrows.flatMap(({ drawn, ys }) => drawn.packet.stops.map(({ lane }, index) => `${lane} ${ys[index]}`));
  expect(new Set(points).size).toBe(points.length);
});

test('hosts that do alike at one moment share a row', () => {
  const { arrows } = laidOut(PUNCH);
  const [first, second] = arrows.filter(({ drawn }) => drawn.packet.label === 'register');
  expect(first?.top).toBe(second?.top);
});

test('every part of it is found by itself', () => {
  const layout = laidOut(PUNCH, new Set(finished(bundling(PUNCH.packets, PUNCH.marks, new Set())).map(({ id }) => id)));
  for (let from = 0; from < layout.height; from += 333) {
    const seen = visible(layout, from, from + 333);
    expect(seen.arrows).toEqual(layout.arrows.filter(({ top, bottom }) => top <= from + 333 && bottom >= from));
    expect(seen.marks).toEqual(layout.marks.filter(({ y }) => y >= from && y <= from + 333));
  }
});

test('the playhead passes every event, and where it is says what has happened', () => {
  const layout = laidOut(PUNCH);
  let n = neighbour(layout, -1, 1);
  let last = -1;
  let steps = 0;
  while (n !== undefined) {
    expect(n).toBeGreaterThan(last);
    expect(layout.heights).toContain(yOf(layout, n));
    last = n;
    steps += 1;
    n = neighbour(layout, n, 1);
  }
  expect(steps).toBe(new Set(layout.ns).size);
  expect(eventAbove(layout, layout.height)).toBe(last);
  for (let y = 0; y < layout.height; y += 50) expect(eventAbove(layout, y) ?? -1).toBeLessThanOrEqual(eventAbove(layout, y + 50) ?? -1);
});

test('a sweep is folded into one, and opens', () => {
  const folded = finished(bundling(PUNCH.packets, PUNCH.marks, new Set()));
  const sweep = folded.find(({ members }) => members.length > 50);
  expect(sweep?.packet).toMatchObject({ label: 'probe', fate: 'dropped', reason: 'filtering' });
  const opened = finished(bundling(PUNCH.packets, PUNCH.marks, new Set([sweep!.id])));
  expect(opened.length).toBe(folded.length - 1 + sweep!.members.length);
});

test('every packet is in exactly one arrow', () => {
  const members = finished(bundling(PUNCH.packets, PUNCH.marks, new Set())).flatMap(({ members }) => members.map(({ index }) => index));
  expect(members.sort((one, other) => one - other)).toEqual(PUNCH.packets.map(({ index }) => index));
});

test('addresses of a mapping are news once', () => {
  const told = finished(bundling(PUNCH.packets, PUNCH.marks, new Set())).filter(({ packet: { stops }, news }) => stops.some(({ device, after }, index) => device === 'nat-b' && after?.src === '198.18.2.2:40000' && news[index]));
  expect(told.length).toBe(1);
});

test('timers that run out again and again are one mark', () => {
  const timers = PUNCH.marks.filter(({ kind }) => kind === 'timer').length;
  const folded = foldMarks(PUNCH.marks).filter(({ kind }) => kind === 'timer');
  expect(folded.length).toBeLessThan(timers / 2);
  expect(folded.some(({ text }) => /×\d+$/.test(text))).toBe(true);
});

const filtered = (filters: Partial<Filters>): ReturnType<typeof pictureOf>['packets'] => finished(filtering(PUNCH, { ...NO_FILTERS, ...filters })).packets;

test('filters go by words, fate and side', () => {
  const packets = filtered({ text: 'UNROUTABLE' });
  expect(packets.length).toBeGreaterThan(0);
  expect(packets.every(({ reason }) => reason === 'unroutable')).toBe(true);
  expect(filtered({ fate: 'delivered' }).every(({ fate }) => fate === 'delivered')).toBe(true);
  expect(filtered({ sides: new Set(['a']) }).every(({ from }) => from > 1)).toBe(true);
  expect(filtered({})).toBe(PUNCH.packets);
});

test('a filter by actors leaves what they do, and the packets that they send or that are for them', () => {
  expect(actorsOf(PUNCH)).toEqual(['a', 's', 'b']);
  const lanes = PUNCH.lanes.map(({ name }) => name);
  const ends = ({ from, to }: (typeof PUNCH.packets)[number]): string => `${lanes[from]} ${lanes[Math.round(to)]}`;
  const { packets, marks } = finished(filtering(PUNCH, { ...NO_FILTERS, actors: new Set(['s']) }));
  expect(new Set(marks.map(({ actor }) => actor))).toEqual(new Set(['s']));
  expect(packets.map(({ index }) => index)).toEqual(PUNCH.packets.filter((packet) => ends(packet).split(' ').includes('s')).map(({ index }) => index));
  // A probe that a's own NAT keeps from it was for a.
  const stopped = PUNCH.packets.filter((packet) => packet.fate === 'dropped' && ends(packet) === 'b nat-a');
  expect(stopped.length).toBeGreaterThan(0);
  expect(filtered({ actors: new Set(['a']) })).toEqual(expect.arrayContaining(stopped));
  expect(filtered({ actors: new Set(['a', 's', 'b']) }).length).toBe(PUNCH.packets.length);
});

test('filters go into the address of the page, beside what it has, and come back', () => {
  const filters: Filters = { text: 'a & b', protocols: new Set(['tcp']), sides: new Set(['internet']), actors: new Set(['a', 'a/net']), fate: 'dropped', timers: false, states: false };
  const hash = withFilters('#protocol=n4&seed=7', filters);
  expect(hash).toMatch(/^#protocol=n4&seed=7&/);
  expect(filtersOf(hash)).toEqual(filters);
  expect(withFilters(hash, NO_FILTERS)).toBe('#protocol=n4&seed=7');
  expect([withFilters('', NO_FILTERS), filtersOf('')]).toEqual(['', NO_FILTERS]);
});

test('actors without a network are filtered by their lanes, and events between them by what they say', () => {
  const { picture } = runOf(
    { kind: 'actor', actor: 'shop' }, { kind: 'actor', actor: 'cart' }, { kind: 'actor', actor: 'till' },
    { kind: 'event', actor: 'cart', from: 'shop', type: 'ADD', fields: {} }, { kind: 'event', actor: 'till', from: 'cart', type: 'PAY', fields: {} },
  );
  const shown = (filters: Partial<Filters>): readonly string[] => finished(filtering(picture, { ...NO_FILTERS, ...filters })).packets.map(({ label }) => label);
  expect([shown({ actors: new Set(['shop']) }), shown({ actors: new Set(['cart']) }), shown({ text: 'pay' })]).toEqual([['ADD'], ['ADD', 'PAY'], ['PAY']]);
});
