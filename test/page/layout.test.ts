/** Where everything stands: time goes down, nothing stands on anything else, and any part is found without the rest. */
import { expect, test } from 'vitest';
import { bundle, foldMarks } from '../../cli/inspector/page/model/bundles.ts';
import { eventAbove, layOut, type Layout, neighbour, visible, yOf } from '../../cli/inspector/page/model/layout.ts';
import type { Picture } from '../../cli/inspector/page/model/picture.ts';
import { filtered, NO_FILTERS } from '../../cli/inspector/page/model/view.ts';
import { pictureOf, punchEvents } from './pictures.ts';

const PUNCH = pictureOf(punchEvents('symmetric', 'port-restricted'));

function laidOut(picture: Picture, opened: ReadonlySet<string> = new Set()): Layout {
  const drawn = bundle(picture.packets, picture.marks, opened);
  return layOut(picture.order, drawn, picture.marks, { row: 20, outer: new Set([0, picture.lanes.length - 1]) });
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
  const layout = laidOut(PUNCH, new Set(bundle(PUNCH.packets, PUNCH.marks, new Set()).map(({ id }) => id)));
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
  const folded = bundle(PUNCH.packets, PUNCH.marks, new Set());
  const sweep = folded.find(({ members }) => members.length > 50);
  expect(sweep?.packet).toMatchObject({ label: 'probe', fate: 'dropped', reason: 'filtering' });
  const opened = bundle(PUNCH.packets, PUNCH.marks, new Set([sweep!.id]));
  expect(opened.length).toBe(folded.length - 1 + sweep!.members.length);
});

test('every packet is in exactly one arrow', () => {
  const members = bundle(PUNCH.packets, PUNCH.marks, new Set()).flatMap(({ members }) => members.map(({ index }) => index));
  expect(members.sort((one, other) => one - other)).toEqual(PUNCH.packets.map(({ index }) => index));
});

test('addresses of a mapping are news once', () => {
  const told = bundle(PUNCH.packets, PUNCH.marks, new Set()).filter(({ packet: { stops }, news }) => stops.some(({ device, after }, index) => device === 'nat-b' && after?.src === '198.18.2.2:40000' && news[index]));
  expect(told.length).toBe(1);
});

test('timers that run out again and again are one mark', () => {
  const timers = PUNCH.marks.filter(({ kind }) => kind === 'timer').length;
  const folded = foldMarks(PUNCH.marks).filter(({ kind }) => kind === 'timer');
  expect(folded.length).toBeLessThan(timers / 2);
  expect(folded.some(({ text }) => /×\d+$/.test(text))).toBe(true);
});

test('filters go by words, fate and side', () => {
  const { packets } = filtered(PUNCH, { ...NO_FILTERS, text: 'UNROUTABLE' });
  expect(packets.length).toBeGreaterThan(0);
  expect(packets.every(({ reason }) => reason === 'unroutable')).toBe(true);
  expect(filtered(PUNCH, { ...NO_FILTERS, fate: 'delivered' }).packets.every(({ fate }) => fate === 'delivered')).toBe(true);
  expect(filtered(PUNCH, { ...NO_FILTERS, sides: new Set(['a']) }).packets.every(({ from }) => from > 1)).toBe(true);
  expect(filtered(PUNCH, NO_FILTERS).packets).toBe(PUNCH.packets);
});
