/** The promises of ARCHITECTURE.md that a machine can check: who imports whom, where time and chance enter, how long a file is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['effects', 'machines', 'adapters', 'cli', 'test'];

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const FILES: readonly SourceFile[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(ROOT, path), 'utf8');
      const imports = [...text.matchAll(/^(?:import|export|\})(?:[^'\n]*\bfrom)? '([^']+)'/gm)].map((match) => {
        const target = match[1] ?? '';
        return target.startsWith('.') ? relative(ROOT, join(ROOT, path, '..', target)) : target;
      });
      return { path, text, imports };
    }),
);

const inFolder = (folder: string): readonly SourceFile[] => FILES.filter(({ path }) => path.startsWith(`${folder}/`));

/** Imports of `folder` that match none of `allowed`, as `file imports target`. */
function strays(folder: string, allowed: readonly RegExp[]): string[] {
  return inFolder(folder).flatMap(({ path, imports }) => imports.filter((target) => !allowed.some((one) => one.test(target))).map((target) => `${path} imports ${target}`));
}

const OWN = (...folders: string[]): RegExp => new RegExp(`^(${folders.join('|')})/`);

test('effects import xstate, rxjs and pure hashing only', () => {
  expect(strays('effects', [OWN('effects'), /^xstate$/, /^rxjs$/, /^@noble\/hashes\//, /^crc-32$/])).toEqual([]);
});

test('machines import effects, xstate and pure hashing only', () => {
  expect(strays('machines', [OWN('machines', 'effects'), /^xstate$/, /^@noble\/hashes\//])).toEqual([]);
});

test('adapters import no machine and no xstate', () => {
  const rules: Record<string, readonly RegExp[]> = {
    'adapters/node': [OWN('adapters/node', 'effects'), /^rxjs$/, /^node:/],
    'adapters/sim': [OWN('adapters/sim', 'effects'), /^rxjs$/],
    'adapters/replay': [OWN('adapters/replay', 'effects'), /^rxjs$/, /^zod$/, /^crc-32$/, /^@noble\/hashes\//],
  };
  for (const [folder, allowed] of Object.entries(rules)) {
    expect(strays(folder, allowed).filter((stray) => !stray.startsWith('adapters/sim/dgram.ts imports node:'))).toEqual([]);
  }
});

test('what the inspector shares with its page needs no Node', () => {
  expect(strays('cli/inspector/trace', [OWN('cli/inspector/trace', 'cli/inspector/page', 'effects', 'adapters/sim', 'adapters/replay'), /^cli\/(words|machines)\.ts$/, /^(xstate|rxjs)$/, /^@noble\/hashes\//])).toEqual([]);
});

test('the inspector knows no protocol, but for the list of what its playground can play', () => {
  expect(strays('cli/inspector', [/^(?!machines\/)/]).filter((stray) => !stray.startsWith('cli/inspector/page/play/casts.ts '))).toEqual([]);
});

test('nothing imports the command line but its own files and tests', () => {
  for (const folder of ['effects', 'machines', 'adapters']) expect(strays(folder, [/^(?!cli\/|test\/|index\.ts)/])).toEqual([]);
});

test('time and chance enter only by clock, seed and net', () => {
  const forbidden = /Date\.now|new Date\(|performance\.now|Math\.random|(?<![.\w])set(?:Timeout|Interval)\((?!\w+:)|(?<![.\w])process\./;
  const found = ['effects', 'machines', 'adapters/sim', 'adapters/replay'].flatMap(inFolder).flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (forbidden.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});

test('every file opens with its promise, and stays short', () => {
  const faults = FILES.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    return [
      // The README's programs are as they stand there.
      ...(/^(#!.*\n)?\/\*\*/.test(text) || path.startsWith('test/stories/examples/') ? [] : [`${path} does not open with a comment that says what it is for`]),
      ...(lines > (path.startsWith('test/') ? 300 : 250) ? [`${path} has ${lines} lines`] : []),
      ...(/(^|\/)(utils|helpers|common|types)\.ts$/.test(path) ? [`${path} has a name that says nothing`] : []),
    ];
  });
  expect(faults).toEqual([]);
});

test('no check is silenced', () => {
  const silenced = /@ts-(ignore|expect-error|nocheck)|:\s*any\s*[;,)=\]>|]|\bas any\b|<any\b|\b(it|test|describe)\.(skip|skipIf|runIf|only|todo)\(/;
  expect(FILES.filter(({ path, text }) => path !== 'test/layers.test.ts' && silenced.test(text.replace(/\/\*\*?[\s\S]*?\*\//g, ''))).map(({ path }) => path)).toEqual([]);
});
