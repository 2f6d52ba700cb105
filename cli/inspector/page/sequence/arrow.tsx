/** One packet, or a bundle of them, as a line that bends at each device it passed. Drawn, never measured. */
import type { VNode } from 'preact';
import { timeWords } from '../model/words.ts';
import { lastOf, type Stop } from '../model/picture.ts';
import type { PlacedArrow } from '../model/layout.ts';
import { type Columns, xOf } from './geometry.ts';
import { along, type Segment, textWidth } from './along.tsx';

export interface ArrowProps {
  readonly placed: PlacedArrow;
  readonly columns: Columns;
  /** Of the svg: what is above it is not drawn. */
  readonly top: number;
  readonly cursor: number;
  readonly isSelected: boolean;
  readonly onPick: (placed: PlacedArrow) => void;
}

/** Below this a text would not be read; it is left out. */
const LEAST_TEXT = 34;

export function ArrowView({ placed, columns, top, cursor, isSelected, onPick }: ArrowProps): VNode {
  const { drawn, ys } = placed;
  const { packet, members } = drawn;
  const { stops } = packet;
  const points = stops.map((stop, index) => ({ x: xOf(columns, stop.lane), y: ys[index]! - top }));
  const isBundle = members.length > 1;
  const first = stops[0]!;
  const when = cursor < first.n ? 'future' : cursor < lastOf(packet) ? 'flying' : 'past';
  const line = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const last = stops.at(-1)!;
  const words = `${packet.label}${isBundle ? ` ×${members.length}` : ''}, ${timeWords(first.at)}: ${packet.fate}${packet.reason === undefined ? '' : ` (${packet.reason})`}`;
  return (
    <g
      class={`arrow ${packet.fate} ${when} ${isSelected ? 'selected' : ''} ${isBundle ? 'bundle' : ''} p-${packet.protocol}`}
      data-packet={packet.index}
      role="button"
      aria-label={words}
      onClick={() => onPick(placed)}
    >
      <path class="hit" d={line} />
      {isBundle && [-3, 3].map((offset) => <path key={offset} class="strand" d={line} transform={`translate(0 ${offset})`} />)}
      <path class="line" d={line} />
      <circle class="start" cx={points[0]!.x} cy={points[0]!.y} r={2.6} />
      {stops.map((stop, index) => stop.kind === 'translated' && <circle key={index} class="bend" cx={points[index]!.x} cy={points[index]!.y} r={3.1} />)}
      {points.length > 1 && <End points={points} stop={last} />}
      {segmentsOf(points).map((segment, index) => (
        <Words key={index} segment={segment} columns={columns} texts={textsFor(stops, index, isLabelled(points, index) ? labelOf(packet.label, members.length, members.at(-1)!.stops[0]!.at, isBundle) : undefined)} />
      ))}
    </g>
  );
}

interface Texts {
  readonly label: string | undefined;
  readonly count: string | undefined;
  /** The sender's address behind what has been passed so far. */
  readonly source: string | undefined;
  /** Where it goes, as seen here. */
  readonly target: string | undefined;
}

function labelOf(label: string, count: number, lastAt: number, isBundle: boolean): Pick<Texts, 'label' | 'count'> {
  return { label, count: isBundle ? `×${count} until ${timeWords(lastAt)}` : undefined };
}

/** The label stands on the longest segment of the sender's half: there is room, and crossing lines do not meet there. */
function isLabelled(points: readonly { readonly x: number }[], index: number): boolean {
  let longest = 0;
  for (let i = 1; i < points.length - 1; i += 1) {
    if (Math.abs(points[i + 1]!.x - points[i]!.x) > Math.abs(points[longest + 1]!.x - points[longest]!.x) + 1) longest = i;
  }
  return index === longest;
}

function textsFor(stops: readonly Stop[], index: number, label: Pick<Texts, 'label' | 'count'> | undefined): Texts {
  const here = stops[index]!;
  const next = stops[index + 1]!;
  const flow = here.after ?? next.before;
  return {
    label: label?.label,
    count: label?.count,
    source: here.kind === 'sent' || here.before?.src !== here.after?.src ? flow?.src : undefined,
    target: next.kind === 'translated' && next.before?.dst !== next.after?.dst ? flow?.dst : here.before?.dst !== here.after?.dst ? here.after?.dst : undefined,
  };
}

function Words({ segment, columns, texts }: { readonly segment: Segment; readonly columns: Columns; readonly texts: Texts }): VNode | null {
  const { label, count, source, target } = texts;
  const room = segment.length - 20;
  if (room < LEAST_TEXT) return null;
  const small = columns.isNarrow ? 5 : 5.55;
  let used = 0;
  const parts: VNode[] = [];
  if (label !== undefined) {
    used = Math.min(room, textWidth(label, columns.isNarrow ? 5.6 : 6.35));
    parts.push(along(segment, 'start', 0, 'label', clip(label, room, columns.isNarrow ? 5.6 : 6.35)));
    if (count !== undefined && used + textWidth(count, 6) + 12 < room) {
      parts.push(along(segment, 'start', used + 8, 'count', count));
      used += textWidth(count, 6) + 8;
    }
  }
  const behind = used === 0 ? 0 : used + 8;
  const fits = (text: string, taken: number): string | undefined => [text, portOf(text)].find((one) => taken + textWidth(one, small) <= room);
  const from = source === undefined ? undefined : fits(source, behind);
  if (from !== undefined) {
    parts.push(along(segment, 'start', behind, 'address', from));
    used = behind + textWidth(from, small);
  }
  const to = target === undefined ? undefined : fits(target, used === 0 ? 0 : used + 14);
  if (to !== undefined) parts.push(along(segment, 'end', 0, 'address', to));
  return <>{parts}</>;
}

/** The arrow's head, or the cross with which it ends. */
function End({ points, stop }: { readonly points: readonly { readonly x: number; readonly y: number }[]; readonly stop: Stop }): VNode {
  const { x, y } = points.at(-1)!;
  const before = points.at(-2)!;
  const angle = (Math.atan2(y - before.y, x - before.x) * 180) / Math.PI;
  if (stop.kind === 'dropped') {
    const goesRight = x >= before.x;
    return (
      <g class="drop" transform={`translate(${x} ${y})`}>
        <circle r={7.5} />
        <path d="M-3 -3L3 3M3 -3L-3 3" />
        <text x={goesRight ? 12 : -12} y={3.5} text-anchor={goesRight ? 'start' : 'end'}>{stop.reason ?? 'dropped'}</text>
      </g>
    );
  }
  return <path class={stop.kind === 'unknown' ? 'head open' : 'head'} d="M0 0L-8.5 -4.2L-6.6 0L-8.5 4.2Z" transform={`translate(${x} ${y}) rotate(${angle})`} />;
}

function segmentsOf(points: readonly { readonly x: number; readonly y: number }[]): Segment[] {
  return points.slice(1).map((to, index) => {
    const from = points[index]!;
    return { from, to, length: Math.hypot(to.x - from.x, to.y - from.y) };
  });
}

function clip(text: string, room: number, perLetter: number): string {
  const letters = Math.floor(room / perLetter);
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
}

function portOf(endpoint: string): string {
  return endpoint.slice(endpoint.lastIndexOf(':'));
}
