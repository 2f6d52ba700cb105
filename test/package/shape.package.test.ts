/** What the package says of itself is so: its entries exist, with types that fit how they are imported. */
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { ROOT, runToEnd, succeed } from './programs.ts';

const tool = (name: string): string => join(inject('tools'), 'node_modules/.bin', name);

test('publint finds nothing to mend', () => {
  expect(runToEnd(tool('publint'), ['--strict', inject('tarball')], { cwd: ROOT })).toMatchObject({ code: 0 });
});

test('types are found for every entry, by Node and by bundlers', () => {
  const found = JSON.parse(succeed(tool('attw'), [inject('tarball'), '--profile', 'esm-only', '--format', 'json'], { cwd: ROOT })) as {
    readonly analysis: { readonly entrypoints: Readonly<Record<string, unknown>> };
  };
  expect(Object.keys(found.analysis.entrypoints)).toEqual(['.', './sim', './machines', './node', './replay', './effects', './package.json']);
});

test('nothing is in it but what is built, and what npm adds', () => {
  const files = succeed('tar', ['tzf', inject('tarball')], { cwd: ROOT }).trim().split('\n');
  expect(files.filter((file) => !/^package\/(dist\/|package\.json$|README\.md$|LICENSE$)/.test(file))).toEqual([]);
});
