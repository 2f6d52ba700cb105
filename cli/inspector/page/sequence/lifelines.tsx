/** The vertical lines: hosts, actors and addresses as lines, NATs as walls – with an opening while they have a mapping. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { type Layout, neighbour, yOf } from '../model/layout.ts';
import type { Picture } from '../model/picture.ts';
import { type Columns, sidesOf } from './geometry.ts';

export interface LifelinesProps {
  readonly picture: Picture;
  readonly layout: Layout;
  readonly columns: Columns;
  readonly from: number;
  readonly until: number;
  /** What is below has not happened yet at this moment. */
  readonly nowY: number;
  readonly actor: string | undefined;
}

const WALL = 12;

export function Lifelines({ picture, layout, columns, from, until, nowY, actor }: LifelinesProps): VNode {
  const height = until - from;
  const { lanes, openings } = picture;
  const ends = useMemo(() => {
    const found = new Map<number, { y: number; tone: string }[]>();
    for (const { mark, y } of layout.marks) {
      if (mark.kind === 'outcome') found.set(mark.lane, [...(found.get(mark.lane) ?? []), { y, tone: mark.tone }]);
    }
    return found;
  }, [layout]);
  const holes = useMemo(() => openings.map(({ lane, from, until }) => ({ lane, top: yOf(layout, neighbour(layout, from, 1) ?? from), bottom: until === undefined ? layout.height : yOf(layout, until) })), [openings, layout]);
  return (
    <g class="lifelines">
      {sidesOf(lanes, columns).map(({ side, from, to }, index) => (
        <rect key={`${index} ${side}`} class="side" x={from - 26} width={to - from + 52} y={-2} height={height + 4} />
      ))}
      {lanes.map(({ name, kind }, index) => {
        const x = columns.xs[index]!;
        if (kind === 'nat') return <rect key={name} class="wall" x={x - WALL / 2} width={WALL} y={-2} height={height + 4} />;
        return <path key={name} class={`life ${kind} ${name === actor ? 'selected' : ''}`} d={`M${x} 0V${height}`} />;
      })}
      {holes.map(({ lane, top, bottom }, index) => {
        const y = Math.max(0, top - from);
        const end = Math.min(height, bottom - from);
        return end > y ? <rect key={index} class="hole" x={columns.xs[lane]! - 2.5} width={5} y={y} height={end - y} rx={2.5} /> : null;
      })}
      {[...ends].flatMap(([lane, outcomes]) =>
        outcomes.map(({ y, tone }, index) => {
          const end = Math.min(height, (outcomes[index + 1]?.y ?? Infinity) - from);
          const start = Math.max(0, y - from);
          return end > start ? <path key={`${lane} ${index}`} class={`after ${tone} ${y > nowY ? 'future' : ''}`} d={`M${columns.xs[lane]!} ${start}V${end}`} /> : null;
        }),
      )}
    </g>
  );
}
