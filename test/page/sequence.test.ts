/** The sequence as it is drawn: arrows, marks, heads and lifelines, as far as they fit. */
import { expect, test } from 'vitest';
import { rounded } from '../../cli/inspector/page/chart/rounded.ts';
import type { Run } from '../../cli/inspector/page/model/run.ts';
import { Canvas, roomBeside } from '../../cli/inspector/page/sequence/canvas.tsx';
import { columnsFor } from '../../cli/inspector/page/sequence/geometry.ts';
import { Heads } from '../../cli/inspector/page/sequence/heads.tsx';
import { arrangedOf, runOf, type Untold } from './pictures.ts';
import { html, textOf } from './rendered.ts';

const host = (name: string, address: string): Untold => ({ kind: 'place', name, type: 'host', side: name, depth: 1, addresses: [address] });
const NAT: Untold = { kind: 'place', name: 'nat-a', type: 'nat', side: 'a', depth: 0, addresses: ['192.0.2.1'] };
const REMOTE: Untold = { kind: 'place', name: '203.0.113.5', type: 'remote', side: 'internet', depth: 0, addresses: ['203.0.113.5'] };
const sent = (more: Partial<Extract<Untold, { kind: 'packet' }>> = {}): Untold => ({ kind: 'packet', what: 'sent', packet: 0, place: 'a', src: '10.0.0.7:1', dst: '203.0.113.5:2', content: { protocol: 'udp', label: 'probe', length: 4 }, ...more });
const row = (what: 'added' | 'expired'): Untold => ({ kind: 'row', what, place: 'nat-a', protocol: 'udp', inside: '10.0.0.7:1', external: '192.0.2.1:1', remote: '*', expiresAt: 99 });

interface Frame {
  readonly width?: number;
  readonly row?: number;
  readonly from?: number;
  readonly until?: number;
}

function drawn(run: Run, { width = 900, row = 26, from = 0, until }: Frame = {}) {
  const { picture } = run;
  const { layout } = arrangedOf(picture, { row, hasMargin: width >= 620 });
  return [Canvas, { picture, layout, columns: columnsFor(picture.lanes, width), from, until: until ?? layout.height, cursor: run.told.last }] as const;
}

test('where nobody sees the rest of the way, an arrow says the port at its end, if there is one', () => {
  expect(textOf(...drawn(runOf(host('a', '10.0.0.7'), REMOTE, sent())))).toMatch(/probe :2$/);
  expect(textOf(...drawn(runOf(host('a', '10.0.0.7'), REMOTE, sent({ src: '10.0.0.7', dst: '203.0.113.5', content: { protocol: 'icmp', label: 'echo', length: 4 } }))))).toMatch(/echo$/);
});

test('a cross says why, or at least that something was dropped', () => {
  const dropped = (more: object): string => textOf(...drawn(runOf(NAT, host('a', '10.0.0.7'), REMOTE, sent(), { kind: 'packet', what: 'dropped', packet: 0, place: 'nat-a', src: '10.0.0.7:1', dst: '203.0.113.5:2', ...more })));
  expect([dropped({ reason: 'full' }), dropped({})]).toEqual([expect.stringMatching(/full probe$/), expect.stringMatching(/dropped probe$/)]);
});

test('an arrow too short for words has none', () => {
  const crowd = Array.from({ length: 12 }, (_, index) => host(`h${index}`, `10.0.1.${index}`));
  const shown = drawn(runOf(NAT, host('a', '10.0.0.7'), ...crowd, REMOTE, sent(), { kind: 'packet', what: 'translated', packet: 0, place: 'nat-a', before: { src: '10.0.0.7:1', dst: '203.0.113.5:2' }, src: '192.0.2.1:1', dst: '203.0.113.5:2' }), { width: 400 });
  expect(html(...shown)).toContain('probe');
  expect(textOf(...shown)).not.toContain('probe ');
});

test('of moments that stand close together not every time is said', () => {
  const moments = [0, 1, 2].map((n) => sent({ packet: n, at: 10 + n * 0.02 }));
  const times = textOf(...drawn(runOf(host('a', '10.0.0.7'), REMOTE, ...moments), { row: 13 })).match(/[\d.]+ ms/g);
  expect(times?.length).toBeLessThan(3);
});

test('a NAT has a hole while it has a mapping, and none is drawn where it is not looked at', () => {
  const run = runOf(NAT, host('a', '10.0.0.7'), REMOTE, row('added'), sent({ at: 2_000 }), sent({ packet: 1, at: 4_000 }), { ...row('expired'), at: 4_001 }, sent({ packet: 2, at: 9_000 }), { ...row('added'), at: 9_001 });
  const holes = (frame: Frame = {}): number => html(...drawn(run, frame)).match(/class="hole"/g)?.length ?? 0;
  expect(run.picture.openings.map(({ until }) => until !== undefined)).toEqual([true, false]);
  expect(holes()).toBe(2);
  expect(holes({ from: 150 })).toBe(1);
});

test('a lane alone leaves its marks less room than one that has the page beside it', () => {
  const lanes = runOf(host('a', '10.0.0.7')).picture.lanes;
  expect(roomBeside(0, columnsFor(lanes, 400))).toEqual({ side: 'left', width: 120 });
  expect(roomBeside(0, columnsFor(lanes, 900))).toMatchObject({ side: 'left' });
});

const state = (value: string): Untold => ({ kind: 'snapshot', actor: 'a', status: 'active', value, context: {}, steps: [] });

test('of a state that does not fit the end of its path stands there, or as much as fits', () => {
  const mark = (value: string): string => textOf(...drawn(runOf(host('a', '10.0.0.7'), host('b', '10.0.0.8'), { kind: 'actor', actor: 'a', place: 'a' }, state(value)), { width: 230 })).replace(value, '').trim();
  expect(mark('waiting.for.the.other.end.to.come')).toMatch(/ the\.other\.end\.to\.come$| end\.to\.come$/);
  expect(mark('waiting-for-the-other-end-of-the-path-to-come-back-again')).toMatch(/ waiting-for-[\w-]+…$/);
});

test('a head whose lane is too narrow for a name keeps it for whoever points at it', () => {
  const { lanes } = runOf(...Array.from({ length: 3 }, (_, index) => host(`a host called ${index}`, `10.0.1.${index}`))).picture;
  const narrow = { ...columnsFor(lanes, 400), xs: [100, 112, 124] };
  const heads = html(Heads, { lanes, columns: narrow, actor: undefined, height: 62, onLane: () => {} });
  expect(heads.match(/<text class="name"[^>]*>([^<]*)/g)?.map((text) => text.replace(/.*>/, ''))).toEqual(['a …', 'a …', 'a …']);
  expect(heads).toContain('<title>a host called 1');
});

test('corners are rounded, but not where two of them are one', () => {
  const at = (x: number, y: number) => ({ x, y });
  expect(rounded([at(0, 0), at(10, 0), at(10, 10)], 4)).toBe('M0 0L6 0Q10 0 10 4L10 10');
  expect(rounded([at(0, 0), at(0, 0), at(10, 0)], 4)).toBe('M0 0L0 0Q0 0 4 0L10 0');
  expect(rounded([], 4)).toBe('');
});
