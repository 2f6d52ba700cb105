/** `npm run docs:api`: writes docs/api anew. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import installTools from '../tools/install.ts';
import { API, makeReference } from './api.ts';

installTools();
const { pages, faults } = makeReference();
rmSync(API, { recursive: true, force: true });
for (const [name, text] of pages) {
  mkdirSync(dirname(join(API, name)), { recursive: true });
  writeFileSync(join(API, name), text);
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
