/** The table of files in ARCHITECTURE.md: each with the first sentence of the promise that it opens with. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { markdownTable } from './marked.ts';

/** Each of these folders and of those below them, under its own heading. */
export function fileTables(root: string, folders: readonly string[], without: readonly string[] = []): string {
  return folders
    .flatMap((folder) => [folder, ...readdirSync(join(root, folder), { withFileTypes: true, recursive: true }).flatMap((entry) => (entry.isDirectory() ? [relative(root, join(entry.parentPath, entry.name))] : []))])
    .filter((folder) => !without.some((left) => folder === left || folder.startsWith(`${left}/`)))
    .sort()
    .flatMap((folder) => {
      const files = filesOf(root, folder);
      return files.length === 0 ? [] : [`### ${folder}/`, markdownTable(['file', 'what for'], files)];
    })
    .join('\n\n');
}

function filesOf(root: string, folder: string): (readonly string[])[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .map((name) => [`[\`${name}\`](${folder}/${name})`, firstSentence(readFileSync(join(root, folder, name), 'utf8'))]);
}

/** Up to the first full stop or question mark before another sentence; a whole comment where there is none. */
export function firstSentence(source: string): string {
  const comment = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? '';
  const text = comment.replaceAll(/\n \*/g, ' ').replaceAll(/\s+/g, ' ').trim();
  return /^.*?[^.\d][.?](?= [A-Z`]|$)/.exec(text)?.[0] ?? text;
}
