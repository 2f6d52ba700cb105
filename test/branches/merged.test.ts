/** How counts of one file from several runs become one. */
import { expect, test } from 'vitest';
import { merged } from './merged.ts';
import type { FileCoverage } from './uncovered.ts';

const at = (line: number, column: number) => ({ start: { line, column } });
const branch = (type: string, ...places: readonly ReturnType<typeof at>[]) => ({ type, loc: places[0] ?? at(1, 0), locations: places });

test('what either counted is counted, by place and not by number', () => {
  const one: FileCoverage = { branchMap: { 0: branch('if', at(1, 0), at(1, 9)), 1: branch('if', at(1, 20), at(1, 29)) }, b: { 0: [1, 0], 1: [0, 0] } };
  const other: FileCoverage = { branchMap: { 5: branch('if', at(1, 20), at(1, 29)), 6: branch('if', at(1, 0), at(1, 9)) }, b: { 5: [0, 2], 6: [3, 1] } };
  expect(merged(one, other)).toEqual({ branchMap: one.branchMap, b: { 0: [4, 1], 1: [0, 2] } });
});

test('a way that starts a little elsewhere is found by where its branch starts, or by its line', () => {
  const one: FileCoverage = { branchMap: { 0: branch('cond-expr', at(1, 0), at(1, 9)), 1: branch('switch', at(2, 0)) }, b: { 0: [0, 0], 1: [0] } };
  const other: FileCoverage = { branchMap: { 0: branch('cond-expr', at(1, 0), at(1, 8)), 1: branch('switch', at(2, 3)) }, b: { 0: [1, 0], 1: [1] } };
  expect(merged(one, other).b).toEqual({ 0: [1, 0], 1: [1] });
});

test('what might be one of two is not counted, nor what is of another kind', () => {
  const one: FileCoverage = { branchMap: { 0: branch('if', at(1, 0)), 1: branch('if', at(1, 5)), 2: branch('switch', at(2, 0)) }, b: { 0: [0], 1: [0], 2: [0] } };
  const other: FileCoverage = { branchMap: { 0: branch('if', at(1, 2)), 1: branch('if', at(2, 0)) }, b: { 0: [1], 1: [1] } };
  expect(merged(one, other).b).toEqual({ 0: [0], 1: [0], 2: [0] });
});
