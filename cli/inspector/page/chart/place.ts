/**
 * Gives the states and arrows of a statechart places, by elkjs in a worker of its own, once for each machine. Widths of text
 * are estimated, so that no font has to be there first.
 */
import elk, { type ELK, type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js';
import { type Arrow, labelWords, type StateNode, type Statechart } from './statechart.ts';

export interface PlacedState {
  readonly node: StateNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** Transitions to itself, which start it over. */
  readonly again: readonly string[];
}

export interface PlacedEdge {
  /** Of the arrow; a start has none. */
  readonly arrow: Arrow | undefined;
  /** Two at least. */
  readonly points: readonly Point[];
  readonly labels: readonly { readonly x: number; readonly y: number; readonly lines: readonly string[] }[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A dot from which the initial state is entered, or a label from which every state below can be left. */
export interface PlacedDot extends Point {
  readonly kind: 'initial' | 'any';
  readonly width: number;
  readonly height: number;
}

export interface PlacedChart {
  readonly width: number;
  readonly height: number;
  /** Outer ones first, as they are to be painted. */
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
  readonly dots: readonly PlacedDot[];
}

export const LINE = 13;
const TITLE = 30;
const LEAF = 34;
/** Labels of one arrow that are drawn; the others are counted. */
const LABELS = 4;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
  'elk.spacing.nodeNode': '22',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '4',
  'org.eclipse.elk.json.edgeCoords': 'ROOT',
  'org.eclipse.elk.json.shapeCoords': 'ROOT',
};

let engine: ELK | undefined;
const placed = new Map<string, Promise<PlacedChart>>();

/** `key` names the machine: what was laid out under it is not laid out again. */
export function placeChart(key: string, chart: Statechart): Promise<PlacedChart> {
  const known = placed.get(key);
  if (known) return known;
  const fresh = lay(chart);
  placed.set(key, fresh);
  return fresh;
}

async function lay(chart: Statechart): Promise<PlacedChart> {
  engine ??= new elk.default({ workerUrl: 'elk-worker.js' });
  const again = new Map<string, string[]>();
  for (const { from, to, labels } of chart.arrows) if (from === to) again.set(from, labels.map(labelWords));
  const needsAny = new Set(chart.arrows.filter(({ from, to }) => isWithin(to, from)).map(({ from }) => from));
  const edges: ElkExtendedEdge[] = [];
  const order = new Map<string, number>();
  number(chart.root, order);
  const root = elkNode(chart.root, again, needsAny, edges);
  for (const arrow of chart.arrows) {
    if (arrow.from === arrow.to) continue;
    const lines = labelLines(arrow);
    const source = isWithin(arrow.to, arrow.from) ? `any:${arrow.from}` : `s:${arrow.from}`;
    edges.push({
      id: `e:${arrow.id}`,
      sources: [source],
      targets: [`s:${arrow.to}`],
      // As its author wrote it: what leads back is drawn upwards.
      layoutOptions: { 'elk.layered.priority.direction': order.get(arrow.from)! < order.get(arrow.to)! ? '10' : '0' },
      labels: [{ text: lines.join('\n'), width: Math.max(...lines.map((line) => textWidth(line, 5.9))) + 8, height: lines.length * LINE + 2 }],
    });
  }
  const result = await engine.layout({ id: 'graph', layoutOptions: OPTIONS, children: [root], edges });
  return collect(result, chart, again);
}

function elkNode(node: StateNode, again: ReadonlyMap<string, string[]>, needsAny: ReadonlySet<string>, edges: ElkExtendedEdge[]): ElkNode {
  const loops = again.get(node.path) ?? [];
  const width = Math.max(textWidth(node.key, 7.6) + 28, ...loops.map((line) => textWidth(`↻ ${line}`, 5.9) + 20));
  if (node.children.length === 0) return { id: `s:${node.path}`, width, height: LEAF + loops.length * LINE };
  const children = node.children.map((child) => elkNode(child, again, needsAny, edges));
  if (needsAny.has(node.path)) children.unshift({ id: `any:${node.path}`, width: 62, height: 20 });
  if (node.initial !== undefined) {
    children.unshift({ id: `i:${node.path}`, width: 9, height: 9 });
    edges.push({ id: `i:${node.path}`, sources: [`i:${node.path}`], targets: [`s:${node.initial}`], layoutOptions: { 'elk.layered.priority.direction': '20' } });
  }
  const top = TITLE + 8 + loops.length * LINE;
  return { id: `s:${node.path}`, children, layoutOptions: { 'elk.padding': `[top=${top},left=16,bottom=16,right=16]`, 'elk.nodeSize.constraints': 'MINIMUM_SIZE', 'elk.nodeSize.minimum': `(${width}, 60)` } };
}

function collect(result: ElkNode, chart: Statechart, again: ReadonlyMap<string, string[]>): PlacedChart {
  const states: PlacedState[] = [];
  const dots: PlacedDot[] = [];
  const nodes = new Map<string, StateNode>();
  const remember = (node: StateNode): void => {
    nodes.set(node.path, node);
    node.children.forEach(remember);
  };
  remember(chart.root);
  const walk = (elk: ElkNode, depth: number): void => {
    const { id, x = 0, y = 0, width = 0, height = 0 } = elk;
    const node = id.startsWith('s:') ? nodes.get(id.slice(2)) : undefined;
    if (node) states.push({ node, x, y, width, height, depth, again: again.get(node.path) ?? [] });
    else dots.push({ kind: id.startsWith('any:') ? 'any' : 'initial', x, y, width, height });
    for (const child of elk.children ?? []) walk(child, depth + 1);
  };
  for (const root of result.children!) walk(root, 1);
  const arrows = new Map(chart.arrows.map((arrow) => [`e:${arrow.id}`, arrow]));
  const edges = result.edges!.map((edge): PlacedEdge => {
    const arrow = arrows.get(edge.id);
    const points = edge.sections!.flatMap(({ startPoint, bendPoints, endPoint }) => [startPoint, ...(bendPoints ?? []), endPoint]);
    const labels = (edge.labels ?? []).map(({ x = 0, y = 0, text }) => ({ x, y, lines: text!.split('\n') }));
    return { arrow, points, labels };
  });
  return { width: result.width!, height: result.height!, states: states.sort((one, other) => one.depth - other.depth), edges, dots };
}

/** States in the order of their definition. */
function number(node: StateNode, order: Map<string, number>): void {
  order.set(node.path, order.size);
  for (const child of node.children) number(child, order);
}

function labelLines({ labels }: Arrow): string[] {
  const lines = labels.slice(0, LABELS).map(labelWords);
  return labels.length > LABELS ? [...lines, `and ${labels.length - LABELS} more`] : lines;
}

function isWithin(path: string, outer: string): boolean {
  return path !== outer && (outer === '' || path.startsWith(`${outer}.`));
}

function textWidth(text: string, perLetter: number): number {
  return text.length * perLetter;
}
