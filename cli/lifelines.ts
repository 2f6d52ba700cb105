/** Draws a sequence for a terminal of 80 columns: time, three lifelines, and words. Pure; knows rows and nothing of protocols. */
import type { Paint } from './colour.ts';
import type { Arrow, PacketRow, Row } from './sequence.ts';

export const WIDTH = 80;

/** Lines without line feeds. `hasServer` is false where `s` has no part. */
export function draw(rows: readonly Row[], paint: Paint, hasServer = true): string[] {
  const shown = (cells: string): string => (hasServer ? cells : withoutMiddle(cells));
  const empty = paint('dim', shown(lifelines([])));
  const lines = [`${'ms'.padStart(TIME)}  ${paint('bold', shown(heads()))}`];
  for (const row of rows) {
    const marks = shown(row.kind === 'packet' ? lifelines(row.arrows) : signs(row.hosts, row.sign));
    const [first = '', ...more] = words(row, paint);
    lines.push(`${formatMs(row.at).padStart(TIME)}  ${colourMarks(marks, paint)}  ${first}`);
    for (const line of more) lines.push(`${' '.repeat(TIME)}  ${empty}  ${line}`);
  }
  return lines.map((line) => line.trimEnd());
}

/** At most one decimal. */
export function formatMs(ms: number): string {
  return String(Math.round(ms * 10) / 10);
}

/** Words on lines of at most `width` characters. A longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const TIME = 6;
const COLUMNS: Readonly<Record<string, number>> = { a: 0, s: 12, b: 24 };
const LAST = 24;
const WORDS = WIDTH - TIME - 2 - (LAST + 1) - 2;

function heads(): string {
  const cells = Array<string>(LAST + 1).fill(' ');
  for (const [host, column] of Object.entries(COLUMNS)) cells[column] = host;
  return cells.join('');
}

/** An arrow passes where the host in the middle would be. */
function withoutMiddle(cells: string): string {
  const middle = columnOf('s');
  return `${cells.slice(0, middle)}${(cells[middle] ?? '').replace(/[s│]/, ' ')}${cells.slice(middle + 1)}`;
}

function words(row: Row, paint: Paint): string[] {
  if (row.kind === 'event') {
    const style = row.sign === '●' ? 'green' : row.sign === '✗' ? 'red' : 'yellow';
    return wrap(row.text, WORDS).map((line) => paint(style, line));
  }
  const said = wrap(row.text, WORDS);
  const notes = [...row.notes.map(({ who, what }) => `${who.join(' and ')}: ${what}`), ...repetition(row)];
  return [...said, ...notes.flatMap((note) => wrap(note, WORDS - 2).map((line) => paint('dim', `  ${line}`)))];
}

function repetition({ count, lastAt, at, arrows }: PacketRow): string[] {
  if (count <= arrows.length) return [];
  return [lastAt === at ? `${count} in all` : `${count} in all, the last at ${formatMs(lastAt)} ms`];
}

function lifelines(arrows: readonly Arrow[]): string {
  const cells = Array<string>(LAST + 1).fill(' ');
  for (const column of Object.values(COLUMNS)) cells[column] = '│';
  for (const arrow of arrows) drawArrow(cells, arrow);
  const [one, other] = arrows;
  if (one && other && one.from === other.from) cells[columnOf(one.from)] = '┼';
  // Two that meet the other way show a head at each end.
  if (one && other && one.from === other.to && !one.stopped) {
    cells[columnOf('a')] = cells[columnOf('b')] = '│';
    cells[columnOf('a') + 1] = '◀';
    cells[columnOf('b') - 1] = '▶';
  }
  return cells.join('');
}

function drawArrow(cells: string[], { from, to, stopped }: Arrow): void {
  const start = columnOf(from);
  const goal = to === undefined ? (start < LAST ? LAST : 0) : columnOf(to);
  if (start === goal) {
    cells[start] = '↻';
    return;
  }
  const step = goal > start ? 1 : -1;
  const end = stopped === undefined ? goal - step : stopAt(stopped, start, goal, step);
  cells[start] = step > 0 ? '├' : '┤';
  for (let column = start + step; column !== end; column += step) cells[column] = '─';
  cells[end] = stopped === undefined ? (step > 0 ? '▶' : '◀') : '✗';
}

/** Never on the lifeline of the host in the middle. */
function stopAt(stopped: NonNullable<Arrow['stopped']>, start: number, goal: number, step: number): number {
  switch (stopped) {
    case 'near-sender':
      return start + 3 * step;
    case 'near-receiver':
      return goal - 3 * step;
    case 'between':
      return (start + goal) / 2 - 2 * step;
  }
}

function signs(hosts: readonly string[], sign: string): string {
  const cells = [...lifelines([])];
  for (const host of hosts) cells[columnOf(host)] = sign;
  return cells.join('');
}

function columnOf(host: string): number {
  return COLUMNS[host] ?? LAST;
}

function colourMarks(marks: string, paint: Paint): string {
  return marks.replace(/[│]+|[├┤┼─▶◀↻]+|[●]|[✗]|[○]/g, (found) => {
    switch (found[0]) {
      case '│':
        return paint('dim', found);
      case '●':
        return paint('green', found);
      case '✗':
        return paint('red', found);
      case '○':
        return paint('yellow', found);
      default:
        return paint('cyan', found);
    }
  });
}
