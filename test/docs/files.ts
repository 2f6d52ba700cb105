/** The table of files in ARCHITECTURE.md: each with the first sentence of the promise that it opens with. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from './marked.ts';

/** Of the files right in this folder; those that only gather others for an import are left out. */
export function fileTable(root: string, folder: string): string {
  const names = readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
  return markdownTable(
    ['file', 'what for'],
    names.map((name) => [`[\`${name}\`](${folder}/${name})`, firstSentence(readFileSync(join(root, folder, name), 'utf8'))]),
  );
}

/** Up to the first full stop, colon or question mark that ends a clause; a whole comment where there is none. */
export function firstSentence(source: string): string {
  const comment = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? '';
  const text = comment.replaceAll(/\n \*/g, ' ').replaceAll(/\s+/g, ' ').trim();
  return /^.*?[^.\d][.?](?= [A-Z`]|$)/.exec(text)?.[0] ?? text;
}
