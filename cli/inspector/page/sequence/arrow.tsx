/** One packet, or a bundle of them, as a line that bends at each device it passed. Drawn, never measured. */
import type { VNode } from 'preact';
import type { Drawn } from '../model/bundles.ts';
import { portOf, timeWords } from '../model/words.ts';
import { lastOf, type Stop } from '../model/picture.ts';
import type { PlacedArrow } from '../model/layout.ts';
import { type Columns, xOf } from './geometry.ts';
import { along, type Segment, textWidth } from './along.tsx';

export interface ArrowProps {
  readonly placed: PlacedArrow;
  readonly columns: Columns;
  readonly cursor: number;
  readonly isSelected: boolean;
  readonly onPick: (placed: PlacedArrow) => void;
}

/** Below this a text would not be read; it is left out. */
const LEAST_TEXT = 34;

export function ArrowView({ placed, columns, cursor, isSelected, onPick }: ArrowProps): VNode {
  const { drawn, ys } = placed;
  const { packet, members } = drawn;
  const { stops } = packet;
  const points = stops.map((stop, index) => ({ x: xOf(columns, stop.lane), y: ys[index]! }));
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
        <Words key={index} segment={segment} columns={columns} texts={textsFor(drawn, index, index === 0 ? labelOf(drawn) : {})} />
      ))}
    </g>
  );
}

interface Texts {
  readonly label?: string;
  readonly count?: string;
  /** The sender's address behind the device that this begins at. */
  readonly source?: string | undefined;
  /** Where it goes, behind the device that this begins at. */
  readonly target?: string | undefined;
  /** Addresses that were told before are shown only when somebody points at the arrow. */
  readonly isNews: boolean;
}

function labelOf({ packet, members }: Drawn): Pick<Texts, 'label' | 'count'> {
  if (members.length === 1) return { label: packet.label };
  return { label: packet.label, count: `×${members.length}` };
}

function textsFor({ packet: { stops }, news }: Drawn, index: number, label: Pick<Texts, 'label' | 'count'>): Texts {
  const { kind, before, after } = stops[index]!;
  // Where nobody sees the rest of the way, the port at its end is all there is to tell packets apart.
  if (kind === 'sent' && stops[index + 1]?.kind === 'unknown') return { ...label, target: portOf(after!.dst) || undefined, isNews: true };
  if (kind !== 'translated') return { ...label, isNews: false };
  return {
    ...label,
    source: before?.src === after?.src ? undefined : after?.src,
    target: before?.dst === after?.dst ? undefined : after?.dst,
    isNews: news[index] ?? false,
  };
}

function Words({ segment, columns, texts }: { readonly segment: Segment; readonly columns: Columns; readonly texts: Texts }): VNode | null {
  const { label, count, source, target, isNews } = texts;
  const room = segment.length - 16;
  if (room < LEAST_TEXT) return null;
  const letter = columns.isNarrow ? 5.1 : 6.3;
  const small = columns.isNarrow ? 5 : 5.55;
  const parts: VNode[] = [];
  if (label !== undefined) {
    const behind = count === undefined ? 0 : textWidth(count, 6.2) + 6;
    parts.push(along(segment, 'start', 0, 'label', clip(label, room - behind, letter)));
    // Letters such as m are wider than the most, and the two must not touch.
    if (count !== undefined) parts.push(along(segment, 'start', Math.min(room - behind, textWidth(label, letter * 1.12)) + 6, 'count', count));
  }
  const className = isNews ? 'address' : 'address known';
  const fits = (text: string): string | undefined => [text, portOf(text)].find((one) => one !== '' && textWidth(one, small) <= room);
  const from = source === undefined ? undefined : fits(source);
  if (from !== undefined) parts.push(along(segment, 'start', 0, className, from));
  const to = target === undefined ? undefined : fits(target);
  if (to !== undefined) parts.push(along(segment, from === undefined && label === undefined ? 'start' : 'end', 0, className, to));
  return <>{parts}</>;
}

/** The arrow's head, or the cross with which it ends. */
function End({ points, stop }: { readonly points: readonly { readonly x: number; readonly y: number }[]; readonly stop: Stop }): VNode {
  const { x, y } = points.at(-1)!;
  const before = points.at(-2)!;
  const angle = (Math.atan2(y - before.y, x - before.x) * 180) / Math.PI;
  if (stop.kind === 'dropped') {
    const goesRight = x >= before.x;
    // On the way there is no wall behind which the reason could stand.
    const isBetween = !Number.isInteger(stop.lane);
    return (
      <g class="drop" transform={`translate(${x} ${y})`}>
        <circle r={7.5} />
        <path d="M-3 -3L3 3M3 -3L-3 3" />
        <text x={isBetween ? 0 : goesRight ? 12 : -12} y={isBetween ? 19 : 3.5} text-anchor={isBetween ? 'middle' : goesRight ? 'start' : 'end'}>{stop.reason ?? 'dropped'}</text>
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
