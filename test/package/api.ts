/** The reference in docs/api, made of the docstrings of what the package exports. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOOLS } from '../tools/install.ts';
import { ROOT, runToEnd } from './programs.ts';

export const API = join(ROOT, 'docs/api');

export interface Reference {
  /** By path below docs/api. */
  readonly pages: ReadonlyMap<string, string>;
  /** What is exported and not described, and links that lead nowhere. */
  readonly faults: readonly string[];
}

export function makeReference(): Reference {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-api-'));
  try {
    const { code, stdout, stderr } = runToEnd(join(TOOLS, 'node_modules/.bin/typedoc'), ['--options', join(ROOT, 'test/package/typedoc.json'), '--plugin', join(TOOLS, 'node_modules/typedoc-plugin-markdown/dist/index.js'), '--out', folder], { cwd: ROOT, env: { ...process.env, NO_COLOR: '1' } });
    if (code !== 0) throw new Error(`typedoc ended with ${code}:\n${stdout}\n${stderr}`);
    const warnings = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('[warning]'));
    // A statechart's type has parts of xstate's own that nobody could describe here.
    return { pages: pagesOf(folder), faults: warnings.filter((line) => !/\.__type\.(context|output) |Found \d+ errors/.test(line)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The pages below a folder. The type of a statechart fills a screen and tells nothing: its name is enough. */
export function pagesOf(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  return new Map(names.toSorted().map((name) => [name, readFileSync(join(folder, name), 'utf8').replaceAll(/(: `StateMachine`)\\<.*$/gm, '$1')]));
}
