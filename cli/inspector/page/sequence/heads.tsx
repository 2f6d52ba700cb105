/** The heads of the lifelines, which stay while the sequence scrolls: who it is, where, and on whose side. */
import type { VNode } from 'preact';
import type { Lane } from '../model/picture.ts';
import { textWidth } from './along.tsx';
import { type Columns, sidesOf } from './geometry.ts';

export interface HeadsProps {
  readonly lanes: readonly Lane[];
  readonly columns: Columns;
  readonly actor: string | undefined;
  readonly height: number;
  readonly onLane: (lane: Lane) => void;
}

export function Heads({ lanes, columns, actor, height, onLane }: HeadsProps): VNode {
  return (
    <svg class={`heads ${columns.isNarrow ? 'narrow' : ''}`} width={columns.width} height={height} style={{ height: `${height}px` }}>
      {sidesOf(lanes, columns).map(({ side, from, to }, index) => (
        <rect key={`${index} ${side}`} class="side" x={from - 26} width={to - from + 52} y={6} height={height} rx={12} />
      ))}
      {lanes.map((lane, index) => {
        const room = roomFor(index, columns);
        return (
          <g
            key={lane.name}
            class={`head-of ${lane.kind} ${actor === lane.name ? 'selected' : ''}`}
            transform={`translate(${columns.xs[index]!} 0)`}
            role="button"
            tabindex={0}
            aria-label={`${lane.label}, ${lane.sub}`}
            onClick={() => onLane(lane)}
            onKeyDown={({ key }) => key === 'Enter' && onLane(lane)}
          >
            <Badge lane={lane} />
            <text class="name" y={43} text-anchor="middle">{clip(lane.label, room, 6.7)}</text>
            {!columns.isNarrow && <text class="sub" y={56} text-anchor="middle">{clip(lane.sub, room, 5.3)}</text>}
            <title>{`${lane.label}\n${lane.sub}`}</title>
          </g>
        );
      })}
    </svg>
  );
}

function Badge({ lane: { kind } }: { readonly lane: Lane }): VNode {
  const shape: Record<Lane['kind'], string> = {
    host: 'M-7 -5h14v9h-14zM-3.5 7.5h7',
    server: 'M-6.5 -6.5h13v5h-13zM-6.5 1.5h13v5h-13zM-3.5 -4h.01M-3.5 4h.01',
    nat: 'M-7 -5.5h14v3.7h-14zM-7 -1.8h14v3.7h-14zM-7 1.9h14v3.7h-14zM0 -5.5v3.7M-3.5 -1.8v3.7M3.5 -1.8v3.7M0 1.9v3.7',
    remote: 'M0 -7a7 7 0 1 0 .01 0M-7 0h14M0 -7c-4 4 -4 10 0 14c4 -4 4 -10 0 -14',
    actor: 'M-6 -6h12v12h-12zM-2 -2h4v4h-4z',
  };
  return (
    <g transform="translate(0 21)">
      <path class="badge" d={shape[kind]} />
    </g>
  );
}

function roomFor(index: number, { xs, width }: Columns): number {
  const x = xs[index]!;
  const left = index === 0 ? x * 2 : x - xs[index - 1]!;
  const right = index === xs.length - 1 ? (width - x) * 2 : xs[index + 1]! - x;
  return Math.max(24, Math.min(left, right) - 6);
}

function clip(text: string, room: number, perLetter: number): string {
  if (textWidth(text, perLetter) <= room) return text;
  return `${text.slice(0, Math.floor(room / perLetter) - 1)}…`;
}
