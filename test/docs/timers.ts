/** The waits of a protocol as a table, from the source that sets them: each constant in ms, with the comment above it. */
import { markdownTable } from './marked.ts';

/** Constants that follow each other without a comment share the one above the first of them, and a row. */
export function timerTable(source: string): string {
  const rows: { readonly names: string[]; readonly values: string[]; readonly reason: string }[] = [];
  let reason = '';
  let isNew = true;
  for (const line of statements(source)) {
    const comment = /^\/\*\*([\s\S]*)\*\/$/.exec(line)?.[1];
    if (comment !== undefined || line === '') {
      reason = (comment ?? '').replaceAll(/\n \*/g, ' ').replaceAll(/\s+/g, ' ').trim();
      isNew = true;
    }
    const [, name, value] = /^(?:export )?const ([A-Z\d_]+_MS) = ([\d_]+);/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (isNew || reason === '') rows.push({ names: [], values: [], reason });
    rows.at(-1)?.names.push(`\`${name}\``);
    rows.at(-1)?.values.push(milliseconds(Number(value.replaceAll('_', ''))));
    isNew = false;
  }
  return markdownTable(['wait', 'how long', 'why'], rows.map(({ names, values, reason: why }) => [names.join(', '), values.join(', '), why]));
}

/** Lines, but a comment of several lines is one. */
function statements(source: string): string[] {
  return source.match(/^\/\*\*[\s\S]*?\*\/$|^.*$/gm) ?? [];
}

function milliseconds(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`;
}
