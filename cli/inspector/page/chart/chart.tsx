/** The statechart of one actor: laid out once, then only lit: what is active, and the transition just taken. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Step } from '../../trace/trace.ts';
import { ICONS } from '../icons.tsx';
import { eventWords } from '../model/words.ts';
import { LINE, type PlacedChart, type PlacedEdge, type PlacedState, placeChart, type Point } from './place.ts';
import { rounded } from './rounded.ts';
import { activePaths, labelWords, readStatechart } from './statechart.ts';
import { isTaken, Taken } from './taken.tsx';
import { useCamera } from './camera.ts';

export interface ChartProps {
  /** Names the machine. */
  readonly machine: string;
  readonly definition: unknown;
  readonly value: unknown;
  /** The transitions that led to it. */
  readonly steps: readonly Step[];
}

export function Chart({ machine, definition, value, steps }: ChartProps): VNode {
  const chart = useMemo(() => readStatechart(definition), [definition]);
  const [placed, setPlaced] = useState<{ readonly machine: string; readonly chart: PlacedChart } | undefined>();
  const [fault, setFault] = useState<string | undefined>();
  useEffect(() => {
    let isWanted = true;
    setFault(undefined);
    if (chart) {
      placeChart(machine, chart).then(
        (result) => isWanted && setPlaced({ machine, chart: result }),
        (error: unknown) => isWanted && setFault(error instanceof Error ? error.message : String(error)),
      );
    }
    return () => {
      isWanted = false;
    };
  }, [machine, chart]);
  if (chart === undefined) return <p class="empty">This actor has no states to draw.</p>;
  if (fault !== undefined) return <p class="empty">The statechart could not be laid out: {fault}</p>;
  if (placed === undefined || placed.machine !== machine) return <p class="empty">Laying out {machine}…</p>;
  return <Drawing key={machine} chart={placed.chart} value={value} steps={steps} />;
}

function Drawing({ chart, value, steps }: { readonly chart: PlacedChart; readonly value: unknown; readonly steps: readonly Step[] }): VNode {
  const active = useMemo(() => activePaths(value), [value]);
  const leaf = useMemo(() => chart.states.findLast(({ node }) => active.has(node.path))!, [active, chart]);
  const around = useMemo(() => chart.states.filter(({ node }) => `${leaf.node.path}.`.startsWith(`${node.path}.`)), [leaf, chart]);
  const { ref, transform, zoom, fit } = useCamera(chart, around);
  const takenBy = ({ arrow }: PlacedEdge): Step | undefined => arrow && (steps.find((step) => isTaken(arrow, step, false)) ?? steps.find((step) => !known(step) && isTaken(arrow, step, true)));
  const known = (step: Step): boolean => chart.edges.some(({ arrow }) => arrow && isTaken(arrow, step, false));
  // What was taken is painted last, over its neighbours.
  const edges = chart.edges.map((edge) => ({ edge, taken: takenBy(edge) })).sort((one, other) => Number(one.taken !== undefined) - Number(other.taken !== undefined));
  return (
    <div class="chart" ref={ref}>
      <svg class="chart-svg" role="img" aria-label={`Statechart; active: ${leaf.node.path}`}>
        <g transform={transform}>
          {chart.states.map((state) => (
            <State key={state.node.path} state={state} isActive={active.has(state.node.path)} isLeaf={state === leaf} again={steps.find(({ source, targets }) => source === state.node.path && targets.includes(source))} />
          ))}
          {edges.map(({ edge, taken }, index) => (
            <Edge key={edge.arrow?.id ?? `start ${index}`} edge={edge} taken={taken} />
          ))}
          {chart.dots.map(({ kind, x, y, width, height }, index) =>
            kind === 'initial' ? (
              <circle key={index} class="initial" cx={x + width / 2} cy={y + height / 2} r={width / 2} />
            ) : (
              <g key={index} class="any" transform={`translate(${x} ${y})`}>
                <rect width={width} height={height} rx={height / 2} />
                <text x={width / 2} y={13.5} text-anchor="middle">any state</text>
              </g>
            ),
          )}
        </g>
      </svg>
      <div class="chart-tools">
        <button class="button icon" onClick={() => zoom(1.3)} aria-label="Zoom in" title="Zoom in">{ICONS.plus}</button>
        <button class="button icon" onClick={() => zoom(1 / 1.3)} aria-label="Zoom out" title="Zoom out">{ICONS.minus}</button>
        <button class="button icon" onClick={fit} aria-label="Fit" title="Show all of it">{ICONS.fit}</button>
      </div>
      <Taken steps={steps} />
    </div>
  );
}

function State({ state, isActive, isLeaf, again }: { readonly state: PlacedState; readonly isActive: boolean; readonly isLeaf: boolean; readonly again: Step | undefined }): VNode {
  const { node, x, y, width, height, depth } = state;
  const isGroup = node.children.length > 0;
  return (
    <g class={`state ${node.kind} ${isActive ? 'active' : ''} ${isLeaf ? 'leaf' : ''} ${again ? 'again' : ''}`} transform={`translate(${x} ${y})`} data-state={node.path}>
      <rect class="box" width={width} height={height} rx={isGroup ? 12 : 8} data-depth={depth % 2} />
      {node.kind === 'final' && <rect class="final" x={3} y={3} width={width - 6} height={height - 6} rx={6} />}
      <text class="key" x={isGroup ? 14 : width / 2} y={isGroup ? 20 : 21.5} text-anchor={isGroup ? 'start' : 'middle'}>{node.key}</text>
      {state.again.map((line, index) => (
        <text key={line} class={`loop ${again && index === state.again.findIndex((one) => one.startsWith(eventWords(again.event))) ? 'taken' : ''}`} x={isGroup ? 14 : width / 2} y={34 + index * LINE} text-anchor={isGroup ? 'start' : 'middle'}>{`↻ ${line}`}</text>
      ))}
      {node.inner.length > 0 && <title>{`Without leaving:\n${node.inner.join('\n')}`}</title>}
    </g>
  );
}

function Edge({ edge, taken }: { readonly edge: PlacedEdge; readonly taken: Step | undefined }): VNode {
  const { points, labels, arrow } = edge;
  const [before, end] = points.slice(-2) as [Point, Point];
  const angle = (Math.atan2(end.y - before.y, end.x - before.x) * 180) / Math.PI;
  const isTaken = taken !== undefined;
  const words = taken && labelWords({ event: eventWords(taken.event), guard: taken.guard });
  return (
    <g class={`edge ${isTaken ? 'taken' : ''} ${arrow ? '' : 'start'}`}>
      <path class="line" d={rounded(points, 7)} />
      <path class="head" d="M0 0L-7 -3.4L-7 3.4Z" transform={`translate(${end.x} ${end.y}) rotate(${angle})`} />
      {labels.map(({ x, y, lines }) =>
        lines.map((line, index) => (
          <text key={line} class={line === words ? 'taken' : ''} x={x + 4} y={y + 10 + index * LINE}>
            <Label line={line} />
          </text>
        )),
      )}
    </g>
  );
}

function Label({ line }: { readonly line: string }): VNode {
  const match = /^(.*?)( \[.*\])$/.exec(line);
  return match ? (
    <>
      {match[1]}
      <tspan class="guard">{match[2]}</tspan>
    </>
  ) : (
    <>{line}</>
  );
}
