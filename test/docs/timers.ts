/** The waits of a protocol as a table, from the source that sets them: each constant in ms, with the comment above it. */
import { markdownTable } from './marked.ts';

interface Wait {
  readonly name: string;
  readonly ms: number;
  readonly reason: string;
}

/** `shared` is the source of the waits that protocols have in common: those that `source` takes from it come first, under the names that it gives them. */
export function timerTable(source: string, shared = ''): string {
  const common = waitsOf(shared);
  const taken = [...source.matchAll(/^(?:ex|im)port \{([^}]*)\} from '\.\.\/timing\.ts';$/gm)].flatMap(([, names = '']) => names.split(',').map((name) => name.trim().split(' as ')));
  const fromShared = taken.flatMap(([name = '', called = name]) => common.filter((wait) => wait.name === name).map((wait) => ({ ...wait, name: called })));
  return markdownTable(['wait', 'how long', 'why'], rowsOf([...fromShared, ...waitsOf(source)]));
}

/** Those of one reason, one after the other, share a row. */
function rowsOf(waits: readonly Wait[]): string[][] {
  const rows: { readonly names: string[]; readonly times: string[]; readonly reason: string }[] = [];
  for (const { name, ms, reason } of waits) {
    const last = rows.at(-1);
    const row = last && reason !== '' && last.reason === reason ? last : { names: [], times: [], reason };
    if (row !== last) rows.push(row);
    row.names.push(`\`${name}\``);
    row.times.push(inWords(ms));
  }
  return rows.map(({ names, times, reason }) => [names.join(', '), times.join(', '), reason]);
}

/** Constants that follow each other without a comment share the one above the first of them. */
function waitsOf(source: string): Wait[] {
  const waits: Wait[] = [];
  let reason = '';
  // A comment of several lines counts as one.
  for (const line of source.match(/^\/\*\*[\s\S]*?\*\/$|^.*$/gm) ?? []) {
    const comment = /^\/\*\*([\s\S]*)\*\/$/.exec(line)?.[1];
    if (comment !== undefined || line === '') reason = (comment ?? '').replaceAll(/\n \*/g, ' ').replaceAll(/\s+/g, ' ').trim();
    const [, name, value] = /^(?:export )?const ([A-Z\d_]+_MS) = ([\d_]+);/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) waits.push({ name, ms: Number(value.replaceAll('_', '')), reason });
  }
  return waits;
}

function inWords(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`;
}
