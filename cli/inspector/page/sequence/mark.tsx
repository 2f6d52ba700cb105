/** What an actor does by itself, beside its lifeline: a new state, a timer that ran out, its outcome. */
import type { VNode } from 'preact';
import type { PlacedMark } from '../model/layout.ts';
import { timeWords } from '../model/words.ts';
import { textWidth } from './along.tsx';
import { type Columns, xOf } from './geometry.ts';

export interface MarkProps {
  readonly placed: PlacedMark;
  readonly columns: Columns;
  readonly cursor: number;
  readonly isSelected: boolean;
  /** Which side of the lane it stands on, and how much room there is. */
  readonly room: { readonly side: 'left' | 'right'; readonly width: number };
  readonly onPick: (placed: PlacedMark) => void;
}

export function MarkView({ placed, columns, cursor, isSelected, room, onPick }: MarkProps): VNode {
  const { mark, y } = placed;
  const { kind, tone } = mark;
  const letters = columns.isNarrow ? 4.9 : kind === 'outcome' ? 6.6 : kind === 'timer' ? 5.7 : 6.1;
  const text = clip(mark.text, room.width - (columns.isNarrow ? 4 : 14), letters);
  const width = textWidth(text, letters) + (kind === 'timer' ? 20 : 16);
  const sign = room.side === 'left' ? -1 : 1;
  const x = room.side === 'left' ? -10 - width : 10;
  return (
    <g
      class={`mark ${kind} ${tone} ${cursor < mark.n ? 'future' : 'past'} ${isSelected ? 'selected' : ''}`}
      transform={`translate(${xOf(columns, mark.lane)} ${y})`}
      role="button"
      aria-label={`${mark.actor} ${mark.text}, ${timeWords(mark.at)}`}
      onClick={() => onPick(placed)}
    >
      <path class="stem" d={`M0 0H${sign * 10}`} />
      <circle class="knot" r={kind === 'outcome' ? 5.5 : kind === 'timer' ? 2.4 : 4} />
      <rect class="pill" x={x} y={-9} width={width} height={18} rx={kind === 'timer' ? 4 : 9} />
      {kind === 'timer' && <path class="clock" d={`M${x + 8} -4.2a4.2 4.2 0 1 0 .01 0M${x + 8} -2.4v2.4l1.7 1`} />}
      <text x={kind === 'timer' ? x + 15 : x + width / 2} y={3.6} text-anchor={kind === 'timer' ? 'start' : 'middle'}>
        {text}
      </text>
      <title>{mark.text}</title>
    </g>
  );
}

/** Of a state's path the end says most: what does not fit goes from its beginning. */
function clip(text: string, room: number, perLetter: number): string {
  const letters = Math.max(3, Math.floor(room / perLetter));
  if (text.length <= letters) return text;
  if (text.includes(' + ')) return clip(`${text.split(' + ')[0]} …`, room, perLetter);
  const parts = text.split('.');
  for (let from = 1; from < parts.length; from += 1) {
    const rest = parts.slice(from).join('.');
    if (rest.length <= letters) return rest;
  }
  return `${parts.at(-1)!.slice(0, letters - 1)}…`;
}
