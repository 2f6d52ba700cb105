/**
 * The sequence and the statechart as files: an SVG that stands by itself, colours and fonts in it, and a PNG of that. Nothing
 * leaves the page but by the browser's own download.
 */
import { render, type VNode } from 'preact';
import type { Layout } from '../model/layout.ts';
import type { Picture } from '../model/picture.ts';
import { Canvas } from '../sequence/canvas.tsx';
import type { Columns } from '../sequence/geometry.ts';
import { Heads } from '../sequence/heads.tsx';
import { HEAD } from '../sequence/sequence.tsx';
import { fontFaces, resolvedStyles } from './styles.ts';

/** Taller than this and viewers refuse it; the picture then holds what is around the cursor. A guess below what browsers allow. */
const TALLEST = 15_000;

/** All rows that pass the filters, up to the cursor bright. */
export async function sequenceSvg(picture: Picture, layout: Layout, columns: Columns, cursor: number, cursorY: number): Promise<string> {
  const height = Math.min(layout.height, TALLEST);
  const from = Math.max(0, Math.min(layout.height - height, cursorY - height / 2));
  const view = (
    <svg xmlns="http://www.w3.org/2000/svg" width={columns.width} height={HEAD + height} viewBox={`0 0 ${columns.width} ${HEAD + height}`}>
      <rect class="paper" width="100%" height="100%" />
      <svg class="seq" y={HEAD} width={columns.width} height={height}>
        <Canvas picture={picture} layout={layout} columns={columns} from={from} until={from + height} cursor={cursor} />
      </svg>
      <Heads lanes={picture.lanes} columns={columns} actor={undefined} height={HEAD} onLane={() => {}} />
    </svg>
  );
  return standing(view, ['arrow', 'mark', 'heads', 'head-of', 'lifelines', 'ticks', 'seq', 'narrow']);
}

/** The statechart as it is on the page, all of it; undefined when none is there. */
export async function chartSvg(): Promise<string | undefined> {
  const shown = document.querySelector<SVGSVGElement>('.chart-svg');
  if (!shown) return undefined;
  const { x, y, width, height } = shown.querySelector('g')!.getBBox();
  const copy = shown.cloneNode(true) as SVGSVGElement;
  copy.classList.add('chart');
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', `${x - 12} ${y - 12} ${width + 24} ${height + 24}`);
  copy.setAttribute('width', String(Math.ceil(width + 24)));
  copy.setAttribute('height', String(Math.ceil(height + 24)));
  copy.querySelector('g')?.removeAttribute('transform');
  return styled(copy, ['state', 'edge', 'chart', 'initial', 'any'], { x: x - 12, y: y - 12 });
}

/** `scale` px for each of the drawing's, less where that would be too large for a canvas. */
export async function pngOf(svg: string, scale = 2): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const fitting = Math.min(scale, TALLEST / Math.max(image.width, image.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.ceil(image.width * fitting);
    canvas.height = Math.ceil(image.height * fitting);
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large for this browser.'))), 'image/png');
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Has the browser save it. */
export function save(name: string, content: Blob | string | Uint8Array, type = 'application/octet-stream'): void {
  const blob = content instanceof Blob ? content : new Blob([content as BlobPart], { type });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function standing(view: VNode, classes: readonly string[]): Promise<string> {
  const holder = document.createElement('div');
  render(view, holder);
  const svg = holder.querySelector('svg')!;
  const text = await styled(svg, classes, { x: 0, y: 0 });
  render(null, holder);
  return text;
}

async function styled(svg: SVGSVGElement, classes: readonly string[], origin: { readonly x: number; readonly y: number }): Promise<string> {
  const style = document.createElementNS('http://www.w3.org/2000/svg', 'style');
  style.textContent = `${await fontFaces()}\n${resolvedStyles([...classes, 'paper'])}`;
  if (!svg.querySelector('.paper')) {
    const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    paper.setAttribute('class', 'paper');
    paper.setAttribute('x', String(origin.x));
    paper.setAttribute('y', String(origin.y));
    paper.setAttribute('width', '100%');
    paper.setAttribute('height', '100%');
    svg.prepend(paper);
  }
  svg.prepend(style);
  // What is styled on the page by an attribute has no meaning in a file.
  for (const part of svg.querySelectorAll('[style]')) part.removeAttribute('style');
  return new XMLSerializer().serializeToString(svg);
}
