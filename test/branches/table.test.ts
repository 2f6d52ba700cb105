/** What `npm run coverage` prints at its end. */
import { expect, test } from 'vitest';
import { table } from './table.ts';

test('a line for each folder, two levels deep, and one for all', () => {
  const counted = (file: string, branches: number, untaken: number, unexplained: number) => ({ file, branches, untaken, unexplained });
  const text = table([counted('machines/n4/peer.ts', 10, 3, 1), counted('index.ts', 2, 0, 0), counted('machines/n4/server.ts', 5, 1, 0), counted('cli/inspector/page/model/layout.ts', 4, 4, 4)]);
  expect(text.split('\n').map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['folder', 'branches', 'taken', 'with a reason', 'without'],
    ['.', '2', '2', '0', '0'],
    ['cli/inspector/page', '4', '0', '0', '4'],
    ['machines/n4', '15', '11', '3', '1'],
    ['all', '21', '13', '3', '5'],
  ]);
});
