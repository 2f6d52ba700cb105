/** The bar of time at the foot of the page: how much happened when, what was dropped, and the buttons that move the moment. */
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { ICONS } from '../icons.tsx';
import type { Picture } from '../model/picture.ts';
import { timeWords } from '../model/words.ts';

export interface TimebarProps {
  readonly picture: Picture;
  /** The time of the cursor. */
  readonly at: number;
  readonly position: string;
  readonly isPlaying: boolean;
  readonly isFollowing: boolean;
  readonly isLive: boolean;
  readonly hasFailure: boolean;
  readonly speed: number;
  readonly onTime: (at: number) => void;
  readonly onStep: (by: -1 | 1) => void;
  /** Where two runs are shown nothing plays. */
  readonly onPlay?: () => void;
  readonly onEdge: (edge: 'start' | 'end') => void;
  readonly onFailure: () => void;
  readonly onSpeed?: () => void;
  readonly failureWords?: string;
}

const BINS = 240;

export function Timebar(props: TimebarProps): VNode {
  const { picture, at, isPlaying, isFollowing, isLive, hasFailure, speed } = props;
  const track = useRef<HTMLDivElement>(null);
  const { from, until } = picture;
  const span = Math.max(until - from, 0.001);
  const share = Math.min(1, Math.max(0, (at - from) / span));
  const move = (event: PointerEvent): void => {
    const box = track.current!.getBoundingClientRect();
    props.onTime(from + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * span);
  };
  return (
    <footer class="timebar">
      <div class="buttons">
        <button class="button bare icon" onClick={() => props.onEdge('start')} aria-label="To the start" title="To the start (Home)">{ICONS.first}</button>
        <button class="button bare icon" onClick={() => props.onStep(-1)} aria-label="Step back" title="Step back (←)">{ICONS.back}</button>
        {props.onPlay && <button class="button icon primary" onClick={props.onPlay} aria-label={isPlaying ? 'Pause' : 'Play'} title={isPlaying ? 'Pause (space)' : 'Play (space)'}>{isPlaying ? ICONS.pause : ICONS.play}</button>}
        <button class="button bare icon" onClick={() => props.onStep(1)} aria-label="Step" title="Step (→)">{ICONS.forward}</button>
        <button class="button bare icon" onClick={() => props.onEdge('end')} aria-pressed={isFollowing} aria-label={isLive ? 'Follow the end' : 'To the end'} title={isLive ? 'Follow the end (End)' : 'To the end (End)'}>{ICONS.last}</button>
        {props.onSpeed && <button class="button bare speed" onClick={props.onSpeed} title="Speed of playing">{speed}×</button>}
        <button class="button bare fault" disabled={!hasFailure} onClick={props.onFailure} title={`${props.failureWords ?? 'First failure'} (f)`}>{ICONS.fault}<span>{props.failureWords ?? 'First failure'}</span></button>
      </div>
      <div
        class="track"
        ref={track}
        role="slider"
        tabIndex={0}
        aria-label="Time"
        aria-valuemin={from}
        aria-valuemax={until}
        aria-valuenow={at}
        aria-valuetext={timeWords(at)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          move(event);
        }}
        onPointerMove={(event) => event.buttons === 1 && move(event)}
      >
        <Density picture={picture} from={from} span={span} />
        <div class="elapsed" style={{ width: `${share * 100}%` }} />
        <div class="thumb" style={{ left: `${share * 100}%` }} />
      </div>
      <div class="now">
        <b>{timeWords(at)}</b>
        <span>{props.position}</span>
      </div>
    </footer>
  );
}

function Density({ picture, from, span }: { readonly picture: Picture; readonly from: number; readonly span: number }): VNode {
  const { paths, flags } = useMemo(() => {
    const sent = new Float64Array(BINS);
    const dropped = new Float64Array(BINS);
    const bin = (at: number): number => Math.min(BINS - 1, Math.floor(((at - from) / span) * BINS));
    for (const { stops, fate } of picture.packets) {
      const index = bin(stops[0]!.at);
      sent[index]! += 1;
      if (fate === 'dropped') dropped[index]! += 1;
    }
    let most = 1;
    for (const count of sent) most = Math.max(most, count);
    const height = (count: number): number => (count === 0 ? 0 : 3 + (Math.log1p(count) / Math.log1p(most)) * 21);
    const bars = (counts: (index: number) => number): string => Array.from(sent, (_, i) => (counts(i) > 0 ? `M${i + 0.12} 28v${-counts(i)}h.76v${counts(i)}z` : '')).join('');
    return {
      paths: { sent: bars((i) => height(sent[i]!)), dropped: bars((i) => (dropped[i] === 0 ? 0 : Math.max(2, (height(sent[i]!) * dropped[i]!) / sent[i]!))) },
      flags: picture.marks.filter(({ kind }) => kind === 'outcome').map(({ at, tone, text }) => ({ share: (at - from) / span, tone, text })),
    };
  }, [picture]);
  return (
    <>
      <svg class="density" viewBox={`0 0 ${BINS} 28`} preserveAspectRatio="none" aria-hidden="true">
        <path class="sent" d={paths.sent} />
        <path class="dropped" d={paths.dropped} />
      </svg>
      {flags.map(({ share, tone, text }, index) => (
        <i key={index} class={`flag ${tone}`} style={{ left: `${share * 100}%` }} title={text} />
      ))}
    </>
  );
}
