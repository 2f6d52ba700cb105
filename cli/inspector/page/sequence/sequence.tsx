/**
 * The sequence: lifelines, and every packet between them. Only what is in the window, and a little around it, is drawn, so
 * that a long run scrolls like a short one.
 */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Drawn } from '../model/bundles.ts';
import { type Layout, type PlacedArrow, type PlacedMark, visible, yOf } from '../model/layout.ts';
import type { Lane, Picture } from '../model/picture.ts';
import { timeWords } from '../model/words.ts';
import { ArrowView } from './arrow.tsx';
import { type Columns, columnsFor } from './geometry.ts';
import { Heads } from './heads.tsx';
import { Lifelines } from './lifelines.tsx';
import { MarkView } from './mark.tsx';

export interface SequenceProps {
  readonly picture: Picture;
  readonly layout: Layout;
  readonly columns: Columns;
  readonly cursor: number;
  readonly packet: number | undefined;
  readonly actor: string | undefined;
  readonly isFollowing: boolean;
  /** While playing, how far down the run has come; else undefined. */
  readonly playY: number | undefined;
  /** Changes when the place of the cursor is to be brought into view. */
  readonly reveal: number;
  readonly onArrow: (drawn: Drawn) => void;
  readonly onMark: (mark: PlacedMark['mark']) => void;
  readonly onLane: (lane: Lane) => void;
  readonly onScrollAway: (isAtEnd: boolean) => void;
  readonly onZoom: (factor: number) => void;
}

/** The window is redrawn in steps of this many px, and this much more than is seen. */
const STEP = 320;
const HEAD = 62;

export function Sequence(props: SequenceProps): VNode {
  const { picture, layout, columns, cursor, packet, actor, playY, onMark, onLane } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800 });
  useWindow(scroller, setSeen);
  useCentering(scroller, props);
  useZoom(scroller, props.onZoom);

  const from = Math.max(0, Math.floor(seen.top / STEP) * STEP - STEP);
  const until = Math.min(layout.height, from + Math.ceil(seen.height / STEP) * STEP + 3 * STEP);
  const shown = useMemo(() => visible(layout, from, until), [layout, from, until]);
  const headY = playY ?? yOf(layout, cursor);
  const pickArrow = (placed: PlacedArrow): void => props.onArrow(placed.drawn);
  const pickMark = ({ mark }: PlacedMark): void => onMark(mark);

  return (
    <div class="sequence" ref={scroller} tabIndex={0} role="region" aria-label="Sequence">
      <Heads lanes={picture.lanes} columns={columns} actor={actor} onLane={onLane} height={HEAD} />
      <div class="sequence-body" style={{ height: `${layout.height}px`, width: `${columns.width}px` }}>
        <svg class={`seq ${columns.isNarrow ? 'narrow' : ''}`} style={{ top: `${from}px` }} width={columns.width} height={Math.max(0, until - from)}>
          <Ticks ticks={shown.ticks} top={from} columns={columns} />
          <Lifelines picture={picture} layout={layout} columns={columns} from={from} until={until} cursorY={headY} actor={actor} />
          {shown.arrows.map((placed) => (
            <ArrowView
              key={placed.drawn.id}
              placed={placed}
              columns={columns}
              top={from}
              cursor={cursor}
              isSelected={packet !== undefined && placed.drawn.members.some(({ index }) => index === packet)}
              onPick={pickArrow}
            />
          ))}
          {shown.marks.map((placed) => (
            <MarkView
              key={`${placed.mark.n} ${placed.mark.kind}`}
              placed={placed}
              columns={columns}
              top={from}
              cursor={cursor}
              isSelected={placed.mark.n === cursor && !props.isFollowing}
              room={roomBeside(placed.mark.lane, columns)}
              onPick={pickMark}
            />
          ))}
          {playY !== undefined && <Flying arrows={shown.arrows} columns={columns} top={from} y={playY} />}
          <g class="playhead" transform={`translate(0 ${headY - from})`}>
            <path d={`M0 0H${columns.width}`} />
            <path class="grip" d={`M${columns.gutter - 4} -5l6 5l-6 5z`} />
          </g>
        </svg>
      </div>
    </div>
  );
}

/** What is on its way while time runs. */
function Flying({ arrows, columns, top, y }: { readonly arrows: readonly PlacedArrow[]; readonly columns: Columns; readonly top: number; readonly y: number }): VNode {
  const dots = arrows.flatMap(({ drawn, ys }) => {
    const index = ys.findIndex((next, i) => i > 0 && ys[i - 1]! <= y && y < next);
    if (index < 1) return [];
    const share = (y - ys[index - 1]!) / (ys[index]! - ys[index - 1]!);
    const [x0, x1] = [drawn.packet.stops[index - 1]!, drawn.packet.stops[index]!].map(({ lane }) => laneX(columns, lane));
    return [<circle key={drawn.id} class={`dot p-${drawn.packet.protocol}`} cx={x0! + (x1! - x0!) * share} cy={y - top} r={5} />];
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
  const isOuter = margin > 60;
  if (isOuter && lane === 0) return { side: 'left', width: xs[0]! - gutter - 8 };
  if (isOuter && lane === xs.length - 1) return { side: 'right', width: columns.width - xs.at(-1)! - 8 };
  if (lane >= xs.length - 1) return { side: 'left', width: xs.length > 1 ? xs.at(-1)! - xs.at(-2)! - 16 : 120 };
  return { side: 'right', width: (xs[lane + 1] ?? columns.width) - xs[lane]! - 16 };
}

function laneX({ xs }: Columns, lane: number): number {
  const low = Math.floor(lane);
  const left = xs[low] ?? 0;
  return left + ((xs[low + 1] ?? left) - left) * (lane - low);
}

type Scroller = { readonly current: HTMLDivElement | null };

function useWindow(scroller: Scroller, setSeen: (seen: { top: number; height: number }) => void): void {
  useEffect(() => {
    const element = scroller.current!;
    const read = (): void => setSeen({ top: element.scrollTop, height: element.clientHeight });
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener('scroll', read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', read);
    };
  }, []);
}

/** Keeps the end in view while following, the playhead while playing, and the cursor when asked. */
function useCentering(scroller: Scroller, { layout, cursor, isFollowing, playY, reveal, onScrollAway }: SequenceProps): void {
  const own = useRef(-1);
  const scrollTo = (top: number): void => {
    const element = scroller.current!;
    element.scrollTop = top;
    own.current = element.scrollTop;
  };
  useLayoutEffect(() => {
    if (isFollowing) scrollTo(layout.height);
  }, [isFollowing, layout.height]);
  useLayoutEffect(() => {
    const element = scroller.current!;
    if (playY === undefined) return;
    const y = playY - element.scrollTop;
    if (y > element.clientHeight * 0.66 - HEAD || y < 0) scrollTo(playY - element.clientHeight * 0.66 + HEAD);
  }, [playY]);
  useLayoutEffect(() => {
    const element = scroller.current!;
    if (reveal === 0) return;
    const y = yOf(layout, cursor);
    const isInView = y > element.scrollTop + 24 && y < element.scrollTop + element.clientHeight - HEAD - 48;
    if (!isInView) scrollTo(y - element.clientHeight * 0.45);
  }, [reveal]);
  useEffect(() => {
    const element = scroller.current!;
    const scrolled = (): void => {
      if (element.scrollTop === own.current) return;
      own.current = -1;
      onScrollAway(element.scrollTop + element.clientHeight >= element.scrollHeight - 24);
    };
    element.addEventListener('scroll', scrolled, { passive: true });
    return () => element.removeEventListener('scroll', scrolled);
  }, [onScrollAway]);
}

function useZoom(scroller: Scroller, onZoom: (factor: number) => void): void {
  useEffect(() => {
    const element = scroller.current!;
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      onZoom(Math.exp(-event.deltaY * 0.004));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [onZoom]);
}

/** Follows the width of an element. */
export function useColumns(lanes: readonly Lane[], element: Scroller): Columns {
  const [width, setWidth] = useState(900);
  useLayoutEffect(() => {
    const read = (): void => setWidth(element.current?.clientWidth ?? 900);
    read();
    const observer = new ResizeObserver(read);
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return useMemo(() => columnsFor(lanes, width), [lanes, width]);
}
