/**
 * The parts of a page that are made by a program: each stands between two comments that name it, and everything else of the page
 * is left as it is. Values only; no file is touched.
 */

export type Parts = Readonly<Record<string, string>>;

/** The page with each part as it should be. @throws Error where a page and its parts do not fit. */
export function withParts(page: string, parts: Parts): string {
  const wanted = new Set(Object.keys(parts));
  const text = page.replace(/<!-- made: (\S+) -->\n[\s\S]*?<!-- \/made -->/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined || !wanted.delete(name)) throw new Error(`nobody makes '${name}', or it stands twice`);
    return `<!-- made: ${name} -->\n${part.trim()}\n<!-- /made -->`;
  });
  if (wanted.size > 0) throw new Error(`no place is marked for ${[...wanted].join(', ')}`);
  return text;
}

/** `| a | b |` for each row, the head first. A cell may hold no line end. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
