/** `npm run coverage`, after the tests: every branch that none of them took and that has no reason in reasons.ts. Fails where there is one, or a reason whose line is gone. */
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { REASONS, ROUTINE } from './reasons.ts';
import { type FileCoverage, uncovered } from './uncovered.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');

const files = JSON.parse(read(process.argv[2] ?? 'coverage/coverage-final.json')) as Record<string, FileCoverage>;
const all = Object.entries(files).flatMap(([path, coverage]) => {
  const file = relative(ROOT, path);
  return uncovered(file, read(file), coverage);
});
const unexplained = all.filter(
  ({ file, text, way }) => !REASONS[file]?.some(({ lines }) => lines.includes(text)) && !ROUTINE.some((one) => one.text.test(text) && one.files.test(file) && one.ways.test(way)),
);
for (const { file, line, way, text } of unexplained) console.log(`${file}:${line} ${way}: ${text}`);

// What chance or a busy machine takes only now and then may be covered, and keeps its reason.
const stale = Object.entries(REASONS).flatMap(([file, reasons]) => {
  const source = new Set(read(file).split('\n').map((line) => line.trim()));
  return reasons.flatMap(({ lines }) => lines.filter((line) => !source.has(line)).map((line) => `${file} has no such line: ${line}`));
});
for (const one of stale) console.log(one);

console.log(`${all.length} branches that no test takes: ${all.length - unexplained.length} with a reason, ${unexplained.length} without`);
if (unexplained.length + stale.length > 0) process.exitCode = 1;
