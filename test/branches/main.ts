/** `npm run coverage`, after the tests: each folder's branches, and every branch that no test took and that has no reason in reasons.ts. Fails where there is one, or a reason for nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { merged } from './merged.ts';
import { REASONS, ROUTINE, type Routine } from './reasons.ts';
import { table } from './table.ts';
import { type FileCoverage, type Uncovered, uncovered } from './uncovered.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What ran in processes of its own, and in a browser. Without them more is not taken, never less. */
const OTHERS = ['coverage/processes.json', 'coverage/browser/coverage-final.json', 'coverage/browser/processes.json'];
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');
const counted = (file: string): Readonly<Record<string, FileCoverage>> => JSON.parse(read(file)) as Record<string, FileCoverage>;

const others = OTHERS.filter((file) => existsSync(resolve(ROOT, file))).map(counted);
const files = Object.entries(counted('coverage/coverage-final.json')).map(([path, own]) => {
  const file = relative(ROOT, path);
  const coverage = others.reduce((sum, other) => (other[path] ? merged(sum, other[path]) : sum), own);
  return { file, branches: Object.values(coverage.b).flat().length, untaken: uncovered(file, read(file), coverage) };
});
const all = files.flatMap(({ untaken }) => untaken);
const isRoutine = (one: Uncovered, { text, before, files, ways }: Routine): boolean =>
  (text?.test(one.text) ?? true) && (before?.test(one.before) ?? true) && files.test(one.file) && ways.test(one.way);
const isExplained = (one: Uncovered): boolean => REASONS[one.file]?.some(({ lines }) => lines.includes(one.text)) === true || ROUTINE.some((routine) => isRoutine(one, routine));

const unexplained = all.filter((one) => !isExplained(one));
for (const { file, line, way, text } of unexplained) console.log(`${file}:${line} ${way}: ${text}`);

// What chance or a busy machine takes only now and then may be covered, and keeps its reason.
const stale = Object.entries(REASONS).flatMap(([file, reasons]) => {
  if (!existsSync(resolve(ROOT, file))) return [`${file} is not there`];
  const source = new Set(read(file).split('\n').map((line) => line.trim()));
  return reasons.flatMap(({ lines }) => lines.filter((line) => !source.has(line)).map((line) => `${file} has no such line: ${line}`));
});
const idle = ROUTINE.filter((routine) => !all.some((one) => isRoutine(one, routine))).map(({ because }) => `no branch has the reason that it ${because}`);
for (const one of [...stale, ...idle]) console.log(one);

console.log(table(files.map(({ file, branches, untaken }) => ({ file, branches, untaken: untaken.length, unexplained: untaken.filter((one) => !isExplained(one)).length }))));
if (unexplained.length + stale.length + idle.length > 0) process.exitCode = 1;
