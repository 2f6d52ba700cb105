/** Bytes as people who read protocols know them: offset, hex, and letters where there are any. */
import type { VNode } from 'preact';

const ROW = 16;
/** As the style sheets have it: on a narrow page a row is half as long, and nothing has to be scrolled for. */
const NARROW = '(max-width: 560px)';
/** More is counted, not shown. */
const ROWS = 128;

export function Hex({ hex }: { readonly hex: string }): VNode {
  const rows: VNode[] = [];
  const length = hex.length / 2;
  const width = window.matchMedia(NARROW).matches ? ROW / 2 : ROW;
  for (let at = 0; at < Math.min(length, ROW * ROWS); at += width) {
    // A file may hold half a byte, or anything.
    const bytes = hex.slice(at * 2, (at + width) * 2).match(/[^]{1,2}/g)!;
    rows.push(
      <i key={`o${at}`}>{at.toString(16).padStart(4, '0')}</i>,
      <span key={`b${at}`}>
        {[...bytes.slice(0, 8), ...(bytes.length > 8 ? [''] : []), ...bytes.slice(8)].join(' ').padEnd(width * 3 + (width > 8 ? 2 : 1))}
        <b>{bytes.map((byte) => letter(Number.parseInt(byte, 16))).join('')}</b>
      </span>,
    );
  }
  if (length > ROW * ROWS) rows.push(<i key="more">…</i>, <span key="many">{length - ROW * ROWS} bytes more</span>);
  return <pre class="hex">{rows}</pre>;
}

function letter(byte: number): string {
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·';
}
