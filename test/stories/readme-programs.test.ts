/** The README's programs, word for word but for the package's name: they run, meet, and end by themselves. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, inject, test } from 'vitest';
import { type Command, DEADLINE_MS, environment, scratchFolder, served, watch } from '../cli/command.ts';

const timeout = 2 * DEADLINE_MS;

test.each(['hole', 'stream', 'nat'])('the README shows exactly %s', (name) => {
  const source = readFileSync(pathOf(name), 'utf8').replaceAll('../../../index.ts', 'natpunch');
  expect(readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')).toContain(source);
});

test('two holes hear each other, and one that closes ends both', { timeout }, async () => {
  const { address } = await served('rendezvous');
  const [one, other] = [program('hole', address, 'r'), program('hole', address, 'r')];
  await Promise.all([one.seen('stdout', /^heard hello$/m), other.seen('stdout', /^heard hello$/m)]);
  one.signal('SIGINT');
  expect(await one.ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^closed by us$/m) });
  expect(await other.ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^closed by peer$/m) });
});

test('a hole without a rendezvous says why in one line', { timeout }, async () => {
  const { code, stdout, stderr } = await program('hole', 'nobody.invalid:3478', 'r').ended;
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: 'no-rendezvous: no host is named nobody.invalid\n' });
});

test('two streams pipe their inputs to each other', { timeout }, async () => {
  const { address } = await served('rendezvous');
  const sides = ['one', 'other'].map((word) => {
    const side = program('stream', address, 'r');
    side.write(word);
    side.endInput();
    return side;
  });
  expect(await Promise.all(sides.map(({ ended }) => ended))).toMatchObject([{ code: 0, stdout: 'other' }, { code: 0, stdout: 'one' }]);
});

test('a check prints what it found', { timeout }, async () => {
  const { address } = await served('rendezvous');
  expect(await program('nat', address).ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/verdict: .*mapping: .*filtering: /) });
});

/** As plain JavaScript, which they are, from the compiled package. */
function program(name: string, ...args: string[]): Command {
  const file = join(scratchFolder(), `${name}.mjs`);
  const library = pathToFileURL(join(dirname(inject('program')), '../index.js')).href;
  writeFileSync(file, readFileSync(pathOf(name), 'utf8').replace('../../../index.ts', library));
  return watch(spawn(process.execPath, [file, ...args], { stdio: 'pipe', env: environment() }), name);
}

function pathOf(name: string): string {
  return join(import.meta.dirname, 'examples', `${name}.ts`);
}
