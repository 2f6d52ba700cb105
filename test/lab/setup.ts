/**
 * Runs once before all lab tests, and once after them.
 *
 * For: failing the whole run with one clear line where the machine cannot hold a lab, and where definitions, simulator and kernel
 * were not of one mind: docs/agreement.md.
 * Never: skips a test in silence.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AGREEMENT_FILE, agreement } from './agreement.ts';
import { bundle } from '../bundle.ts';
import { preflight } from './lab.ts';
import { SCRIPTS, STARTED } from './scripts.ts';

/** Its answers depend on no number of runs, so it is not written with the figures. */
const WRITES_AGREEMENT = Boolean(process.env['NATPUNCH_WRITE_AGREEMENT']);
const PAGE = join(import.meta.dirname, '../../docs/agreement.md');

export default async function setup(): Promise<() => void> {
  const reason = preflight();
  if (reason !== undefined) throw new Error(reason);
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-agreement-'));
  const file = join(folder, 'told.jsonl');
  writeFileSync(file, '');
  process.env[AGREEMENT_FILE] = file;
  const scripts = await bundle(STARTED);
  process.env[SCRIPTS] = scripts.folder;
  return () => {
    try {
      judge(file);
    } finally {
      rmSync(folder, { recursive: true });
      scripts.remove();
    }
  };
}

/** A run of some files has asked some of it. */
function judge(file: string): void {
  const isWhole = process.argv.slice(2).every((word, index, words) => word === 'run' || word === '--config' || words[index - 1] === '--config');
  const { page, differences, unasked } = agreement(file);
  const faults = [...differences, ...(isWhole ? unasked.map((question) => `${question}: the kernel was not asked`) : [])];
  if (unasked.length === 0 && faults.length === 0 && WRITES_AGREEMENT) writeFileSync(PAGE, page);
  else if (unasked.length === 0 && readFileSync(PAGE, 'utf8') !== page) faults.push('docs/agreement.md says otherwise; NATPUNCH_WRITE_AGREEMENT=1 writes it anew');
  if (faults.length === 0) return;
  // What is thrown here vitest prints, and calls the run a success.
  process.stderr.write(`\ndefinitions, simulator and kernel are not of one mind:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  process.exitCode = 1;
}
