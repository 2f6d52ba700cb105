/** `npm run docs`: writes the made parts of all pages anew. With `--check` nothing is written, and pages that are not as they should be are named. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withParts } from './marked.ts';
import { PAGES, ROOT } from './pages.ts';

const isCheck = process.argv.includes('--check');
let stale = 0;
for (const { path, parts } of PAGES) {
  const file = join(ROOT, path);
  const page = readFileSync(file, 'utf8');
  const wanted = withParts(page, parts());
  if (page === wanted) continue;
  stale += 1;
  if (!isCheck) writeFileSync(file, wanted);
  console.log(isCheck ? `${path} is not as \`npm run docs\` writes it` : `wrote ${path}`);
}
if (isCheck && stale > 0) process.exitCode = 1;
