/** What `npm run coverage` calls a branch that no test takes. */
import { expect, test } from 'vitest';
import { type FileCoverage, uncovered } from './uncovered.ts';

const SOURCE = ['const one = 1;', '  if (one) two();', '  return one', '    ? two', '    : three;'].join('\n');
const at = (line: number, column = 2) => ({ start: { line, column } });
const coverage = (b: FileCoverage['b']): FileCoverage => ({
  branchMap: { 0: { type: 'if', loc: at(2), locations: [at(2), { start: {} }] }, 1: { type: 'cond-expr', loc: at(3), locations: [at(4, 6), at(5, 6)] } },
  b,
});

test('each way that was never taken is named by the line where it starts, an else that is not written by that of its if', () => {
  expect(uncovered('a.ts', SOURCE, coverage({ 0: [1, 0], 1: [0, 2] }))).toEqual([
    { file: 'a.ts', line: 2, text: 'if (one) two();', before: '', way: 'else' },
    { file: 'a.ts', line: 4, text: '? two', before: '? ', way: 'cond-expr 1' },
  ]);
});

test('nothing is left of a file whose every way was taken, and everything of one that was not loaded', () => {
  expect(uncovered('a.ts', SOURCE, coverage({ 0: [1, 1], 1: [3, 1] }))).toEqual([]);
  expect(uncovered('a.ts', SOURCE, coverage({ 0: [0, 0], 1: [0, 0] })).map(({ line, way }) => [line, way])).toEqual([[2, 'if'], [2, 'else'], [4, 'cond-expr 1'], [5, 'cond-expr 2']]);
});
