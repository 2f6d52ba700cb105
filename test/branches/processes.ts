/** From what V8 counted in processes and pages outside vitest (`NODE_V8_COVERAGE`) to what istanbul's `json` reporter writes, as vitest converts its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mergeProcessCovs } from '@bcoe/v8-coverage';
import { convert } from 'ast-v8-to-istanbul';
import { parseAst } from 'vitest/node';
import type { FileCoverage } from './uncovered.ts';

export interface Conversion {
  /** The folder into which they wrote. */
  readonly counts: string;
  /** The project: what is of its sources is kept. */
  readonly root: string;
  readonly to: string;
}

/** Only scripts with a source map beside them are ours. */
export async function convertProcesses({ counts, root, to }: Conversion): Promise<void> {
  let all: { readonly result: Profiler.ScriptCoverage[] } = { result: [] };
  for (const file of readdirSync(counts)) {
    const { result } = JSON.parse(readFileSync(join(counts, file), 'utf8')) as { readonly result: Profiler.ScriptCoverage[] };
    all = mergeProcessCovs([all, { result: result.filter(({ url }) => url.startsWith('file:') && existsSync(mapOf(url))) }]);
  }
  const files: Record<string, FileCoverage> = {};
  for (const coverage of all.result) {
    const code = readFileSync(fileURLToPath(coverage.url), 'utf8');
    const sourceMap = JSON.parse(readFileSync(mapOf(coverage.url), 'utf8'));
    for (const [path, { branchMap, b }] of Object.entries(await convert({ code, sourceMap, ast: parseAst(code), coverage }))) {
      if (!/^\.\.|node_modules/.test(relative(root, path)) && Object.keys(b).length > 0) files[path] = { branchMap, b };
    }
  }
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, JSON.stringify(files));
}

const mapOf = (url: string): string => `${fileURLToPath(url)}.map`;
