/** Every drawing in the pages can be drawn. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './docs/pages.ts';
import { mermaid } from './tools/mermaid.ts';

const PAGES = ['.', 'docs', 'docs/protocols', 'docs/decisions'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
const DRAWINGS = PAGES.flatMap((page) => [...readFileSync(join(ROOT, page), 'utf8').matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, text = ''], n) => ({ name: `${page}, drawing ${n + 1}`, text })));

test.each(DRAWINGS)('$name: mermaid reads it', async ({ text }) => {
  expect(await mermaid.parse(text)).toMatchObject({ diagramType: expect.any(String) });
});
