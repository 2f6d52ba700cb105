/** Text along a line, readable whichever way the line goes. */
import type { VNode } from 'preact';

export interface Segment {
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
  readonly length: number;
}

/** `offset` px from the chosen end of the segment, above the line. */
export function along({ from, to }: Segment, end: 'start' | 'end', offset: number, className: string, text: string): VNode {
  const goesRight = to.x >= from.x;
  const anchor = end === 'start' ? from : to;
  // Read from left to right always: a line to the left has its start at the right.
  const isLeftEnd = (end === 'start') === goesRight;
  const angle = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI + (goesRight ? 0 : 180);
  return (
    <text
      key={className + text + end}
      class={className}
      transform={`translate(${anchor.x} ${anchor.y}) rotate(${angle})`}
      x={isLeftEnd ? 10 + offset : -10 - offset}
      y={-4.5}
      text-anchor={isLeftEnd ? 'start' : 'end'}
    >
      {text}
    </text>
  );
}

/** A guess that needs no font. */
export function textWidth(text: string, perLetter: number): number {
  return text.length * perLetter;
}
