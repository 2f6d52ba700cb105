/** docs/results.md shows what the commands print: every example of it has one of the shapes that the other tests hold them to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkResult, checkServerEvent, failedCheck } from './check-shapes.ts';
import { connectedResult, failedResult, gridResult, serverEvent, simResult, statusLine } from './shapes.ts';

const SHAPES = { connectedResult, failedResult, checkResult, failedCheck, simResult, gridResult, serverEvent, checkServerEvent, statusLine };
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/results.md'), 'utf8');
/** A block is one object in several lines, or an object in each line. */
const EXAMPLES = [...PAGE.matchAll(/```json\n([^`]*)```/g)].flatMap(([, block = '']) => (block.startsWith('{\n') ? [block] : block.trimEnd().split('\n')));

test.each(EXAMPLES)('%s', (text) => {
  const example: unknown = JSON.parse(text);
  expect(Object.entries(SHAPES).filter(([, shape]) => shape.safeParse(example).success).map(([name]) => name)).not.toEqual([]);
});

test('there is an example of every result', () => {
  const examples = EXAMPLES.map((text): unknown => JSON.parse(text));
  expect(Object.entries(SHAPES).filter(([, shape]) => !examples.some((example) => shape.safeParse(example).success))).toEqual([]);
});

test('every status and event that the commands know is in its table', () => {
  const sources = ['check-wires.ts', 'wires.ts', 'punching.ts', 'commands/check.ts', 'commands/serve.ts'].map((file) => readFileSync(join(import.meta.dirname, '../../cli', file), 'utf8')).join('\n');
  const statuses = [...sources.matchAll(/\bstatus: '([a-z-]+)'/g)].map(([, name = '']) => name);
  expect(statuses.length).toBeGreaterThan(10);
  const events = checkServerEvent.options.map(({ shape }) => shape.event.value);
  expect([...new Set(statuses), ...events].filter((name) => !PAGE.includes(`| \`${name}\` |`))).toEqual([]);
});
