/**
 * The sequence: lifelines, and every packet between them. Only what is in the window, and a little around it, is drawn, so
 * that a long run scrolls like a short one.
 */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Drawn } from '../model/bundles.ts';
import { type Layout, yOf } from '../model/layout.ts';
import type { Lane, Mark, Picture } from '../model/picture.ts';
import { Canvas } from './canvas.tsx';
import { type Columns, columnsFor } from './geometry.ts';
import { Heads } from './heads.tsx';

export interface SequenceProps {
  readonly picture: Picture;
  readonly layout: Layout;
  readonly columns: Columns;
  readonly cursor: number;
  readonly packet: number | undefined;
  readonly actor: string | undefined;
  readonly isFollowing: boolean;
  readonly isLive: boolean;
  /** While playing, how far down the run has come; else undefined. */
  readonly playY: number | undefined;
  /** An event that is to be pointed out. */
  readonly marked?: number | undefined;
  /** Changes when the place of the cursor is to be brought into view. */
  readonly reveal: number;
  readonly onArrow: (drawn: Drawn) => void;
  readonly onMark: (mark: Mark) => void;
  readonly onLane: (lane: Lane) => void;
  readonly onScrollAway: (isAtEnd: boolean) => void;
  readonly onZoom: (factor: number) => void;
}

/** The window is redrawn in steps of this many px, and this much more than is seen. */
const STEP = 160;
export const HEAD = 62;

export function Sequence(props: SequenceProps): VNode {
  const { picture, layout, columns, cursor, packet, actor, playY, onMark, onLane } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<Seen>({ top: 0, height: 800 });
  useWindow(scroller, setSeen);
  useCentering(scroller, props);
  useZoom(scroller, props.onZoom);

  // A filter makes it shorter before the browser has scrolled back.
  const top = Math.min(seen.top, Math.max(0, layout.height - seen.height));
  const from = Math.max(0, Math.floor(top / STEP) * STEP - STEP);
  const until = Math.min(layout.height, from + (Math.ceil(seen.height / STEP) + 3) * STEP);
  const headY = playY ?? yOf(layout, cursor);

  return (
    <div class="sequence" ref={scroller} tabIndex={0} role="region" aria-label="Sequence">
      <Heads lanes={picture.lanes} columns={columns} actor={actor} onLane={onLane} height={HEAD} />
      <div class="sequence-body" style={{ height: `${layout.height}px`, width: `${columns.width}px` }}>
        <svg class={`seq ${columns.isNarrow ? 'narrow' : ''}`} style={{ top: `${from}px` }} width={columns.width} height={Math.max(0, until - from)}>
          <Canvas
            picture={picture}
            layout={layout}
            columns={columns}
            from={from}
            until={until}
            cursor={cursor}
            packet={packet}
            actor={actor}
            selectedMark={props.isFollowing ? undefined : cursor}
            markedY={props.marked === undefined ? undefined : yOf(layout, props.marked)}
            headY={!props.isFollowing || props.isLive ? headY : undefined}
            playY={playY}
            onArrow={props.onArrow}
            onMark={onMark}
          />
        </svg>
      </div>
    </div>
  );
}

type Scroller = { readonly current: HTMLDivElement | null };

interface Seen {
  /** In whole steps. */
  readonly top: number;
  readonly height: number;
}

function useWindow(scroller: Scroller, setSeen: (change: (before: Seen) => Seen) => void): void {
  useEffect(() => {
    const element = scroller.current!;
    const read = (): void => {
      const seen = { top: Math.floor(element.scrollTop / STEP) * STEP, height: element.clientHeight };
      setSeen((before) => (before.top === seen.top && before.height === seen.height ? before : seen));
    };
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
    const read = (): void => setWidth(element.current!.clientWidth);
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  return useMemo(() => columnsFor(lanes, width), [lanes, width]);
}
