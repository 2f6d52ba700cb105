/** The README's programs for one's own project, by name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './programs.ts';

const NAMES: Readonly<Record<string, string>> = { punch: 'hole', open: 'stream', check: 'check' };

export function readmePrograms(): readonly (readonly [name: string, text: string])[] {
  const [, part = ''] = /\n## In your program\n([\s\S]*?)\n## /.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
  return [...part.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = '']) => {
    const found = Object.entries(NAMES).find(([call]) => text.includes(`await ${call}(`));
    if (!found) throw new Error(`none of ${Object.values(NAMES).join(', ')}: ${text}`);
    return [found[1], text];
  });
}
