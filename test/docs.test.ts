/** The pages say where things are and what they are: links lead somewhere, and made parts are as they are made. Drawings: `drawings.slow.ts`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { firstSentence } from './docs/files.ts';
import { withParts } from './docs/marked.ts';
import { PAGES, ROOT } from './docs/pages.ts';
import { timerTable } from './docs/timers.ts';

const ALL = ['.', 'docs', 'docs/protocols', 'docs/decisions'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

test.each(ALL)('%s: every link leads to a file, and to a heading in it', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(([, path = '', anchor]) => ({ path: path === '' ? page : normalize(join(dirname(page), path)), anchor }));
  const lost = links.filter(({ path, anchor }) => !existsSync(join(ROOT, path)) || (anchor !== undefined && !anchorsOf(read(path)).includes(anchor)));
  expect(lost).toEqual([]);
});

test.each(PAGES)('$path is as `npm run docs` writes it', ({ path, parts }) => {
  expect(read(path)).toBe(withParts(read(path), parts()));
});

describe('the parts of a page', () => {
  const page = 'before\n<!-- made: one -->\nold\n<!-- /made -->\nafter\n';

  test('a part stands between its marks, and the rest stays', () => {
    expect(withParts(page, { one: 'new\n' })).toBe('before\n<!-- made: one -->\nnew\n<!-- /made -->\nafter\n');
  });

  test('a place that nobody fills, and a part without a place, are errors', () => {
    expect(() => withParts(page, {})).toThrow("nobody makes 'one'");
    expect(() => withParts(page, { one: '', two: '' })).toThrow('no place is marked for two');
  });

  test('a file is told by its first sentence, which may hold dots', () => {
    expect(firstSentence('/**\n * The peer of `n4.py -s`, e.g. at 1.2.3.4: it\n * waits. Then more.\n */\n')).toBe('The peer of `n4.py -s`, e.g. at 1.2.3.4: it waits.');
    expect(firstSentence('/** No end */\nimport')).toBe('No end');
  });

  test('waits that follow each other share what is said above them; counts are no waits', () => {
    const source = '/** Why. */\nexport const A_MS = 1_500;\nconst B_MS = 20;\nexport const TRIES = 3;\n\nconst C_MS = 60_000;\n';
    expect(timerTable(source).split('\n').slice(2)).toEqual(['| `A_MS`, `B_MS` | 1.5 s, 20 ms | Why. |', '| `C_MS` | 1 min |  |']);
  });

  test('waits that a protocol shares with others come first, as it calls them', () => {
    const shared = '/** All. */\nexport const ONE_MS = 1;\nexport const OTHER_MS = 2;\n';
    const source = "export { ONE_MS as PING_MS, TRIES } from '../timing.ts';\n/** Own. */\nexport const LAST_MS = 3;\n";
    expect(timerTable(source, shared).split('\n').slice(2)).toEqual(['| `PING_MS` | 1 ms | All. |', '| `LAST_MS` | 3 ms | Own. |']);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-'));
}
