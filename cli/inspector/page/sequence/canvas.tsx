/** What stands between two heights of a sequence: for the window that is looked at, and for pictures of the whole. */
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Drawn } from '../model/bundles.ts';
import { type Layout, type PlacedArrow, visible } from '../model/layout.ts';
import type { Mark, Picture } from '../model/picture.ts';
import { timeWords } from '../model/words.ts';
import { ArrowView } from './arrow.tsx';
import { type Columns, ROOMY, xOf } from './geometry.ts';
import { Lifelines } from './lifelines.tsx';
import { MarkView } from './mark.tsx';

export interface CanvasProps {
  readonly picture: Picture;
  readonly layout: Layout;
  readonly columns: Columns;
  readonly from: number;
  readonly until: number;
  readonly cursor: number;
  readonly packet?: number | undefined;
  readonly actor?: string | undefined;
  /** The event of the mark that is chosen. */
  readonly selectedMark?: number | undefined;
  /** Where a difference is pointed out. */
  readonly markedY?: number | undefined;
  readonly headY?: number | undefined;
  readonly playY?: number | undefined;
  readonly onArrow?: (drawn: Drawn) => void;
  readonly onMark?: (mark: Mark) => void;
}

export function Canvas({ picture, layout, columns, from, until, cursor, packet, actor, selectedMark, markedY, headY, playY, onArrow, onMark }: CanvasProps): VNode {
  const shown = useMemo(() => visible(layout, from, until), [layout, from, until]);
  const arrows = useDrawn(shown.arrows, (placed) => (
    <ArrowView
      key={placed.drawn.id}
      placed={placed}
      columns={columns}
      cursor={cursor}
      isSelected={packet !== undefined && placed.drawn.members.some(({ index }) => index === packet)}
      onPick={({ drawn }) => onArrow?.(drawn)}
    />
  ), [columns, cursor, packet, onArrow]);
  const marks = useDrawn(shown.marks, (placed) => (
    <MarkView
      key={`${placed.mark.n} ${placed.mark.kind}`}
      placed={placed}
      columns={columns}
      cursor={cursor}
      isSelected={placed.mark.n === selectedMark}
      room={roomBeside(placed.mark.lane, columns)}
      onPick={({ mark }) => onMark?.(mark)}
    />
  ), [columns, cursor, selectedMark, onMark]);
  return (
    <>
      <Ticks ticks={shown.ticks} top={from} columns={columns} />
      <Lifelines picture={picture} layout={layout} columns={columns} from={from} until={until} nowY={headY ?? Infinity} actor={actor} />
      {markedY !== undefined && <rect class="difference" x={0} width={columns.width} y={markedY - from - 13} height={26} />}
      {headY !== undefined && (
        <g class="playhead" transform={`translate(0 ${headY - from})`}>
          <path d={`M0 0H${columns.width}`} />
          <path class="grip" d={`M${columns.gutter - 4} -5l6 5l-6 5z`} />
        </g>
      )}
      <g transform={`translate(0 ${-from})`}>
        {arrows}
        {marks}
        {playY !== undefined && <Flying arrows={shown.arrows} columns={columns} y={playY} />}
      </g>
    </>
  );
}

/** The same nodes for what was drawn before, as long as `inputs` are: what stays in the window is not looked at again. */
function useDrawn<T>(items: readonly T[], draw: (item: T) => VNode, inputs: readonly unknown[]): readonly VNode[] {
  const before = useRef<{ readonly inputs: readonly unknown[]; readonly nodes: ReadonlyMap<T, VNode> } | undefined>(undefined);
  const known = before.current?.inputs.every((one, index) => Object.is(one, inputs[index])) ? before.current.nodes : undefined;
  const nodes = new Map<T, VNode>();
  for (const item of items) nodes.set(item, known?.get(item) ?? draw(item));
  before.current = { inputs, nodes };
  return [...nodes.values()];
}

/** What is on its way while time runs. */
function Flying({ arrows, columns, y }: { readonly arrows: readonly PlacedArrow[]; readonly columns: Columns; readonly y: number }): VNode {
  const dots = arrows.flatMap(({ drawn, ys }) => {
    const index = ys.findIndex((next, i) => i > 0 && ys[i - 1]! <= y && y < next);
    if (index < 1) return [];
    const share = (y - ys[index - 1]!) / (ys[index]! - ys[index - 1]!);
    const [x0, x1] = [drawn.packet.stops[index - 1]!, drawn.packet.stops[index]!].map(({ lane }) => xOf(columns, lane));
    return [<circle key={drawn.id} class={`dot p-${drawn.packet.protocol}`} cx={x0! + (x1! - x0!) * share} cy={y} r={5} />];
  });
  return <>{dots}</>;
}

function Ticks({ ticks, top, columns }: { readonly ticks: Layout['ticks']; readonly top: number; readonly columns: Columns }): VNode {
  let last = -Infinity;
  const shown = ticks.filter(({ y }) => {
    if (y - last < 15) return false;
    last = y;
    return true;
  });
  return (
    <g class="ticks">
      {shown.map(({ at, y }) => (
        <g key={y} transform={`translate(0 ${y - top})`}>
          <path d={`M${columns.gutter - 6} 0H${columns.width}`} />
          <text x={columns.gutter - 12} y={3.5} text-anchor="end">{columns.isNarrow ? timeWords(at).replace(' ms', '') : timeWords(at)}</text>
        </g>
      ))}
    </g>
  );
}

/** Outer lanes have the margin to themselves; between lanes there is what the next one leaves. */
export function roomBeside(lane: number, columns: Columns): { readonly side: 'left' | 'right'; readonly width: number } {
  const { xs, margin, gutter } = columns;
  const isOuter = margin > ROOMY;
  if (isOuter && lane === 0) return { side: 'left', width: xs[0]! - gutter - 8 };
  if (isOuter && lane === xs.length - 1) return { side: 'right', width: columns.width - xs.at(-1)! - 8 };
  if (lane >= xs.length - 1) return { side: 'left', width: xs.length > 1 ? xs.at(-1)! - xs.at(-2)! - 16 : 120 };
  return { side: 'right', width: (xs[lane + 1] ?? columns.width) - xs[lane]! - 16 };
}
