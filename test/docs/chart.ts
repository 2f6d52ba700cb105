/**
 * The statechart of a protocol's page, from the machine itself: one flat drawing of its outermost states, and one of what is inside
 * each that has several. What a single state holds for its own repetitions is not told apart from it. What all states of a drawing
 * answer alike, because the state around them does, comes from one place named so.
 */
import type { AnyStateMachine } from 'xstate';
import { type Arrow, type ArrowLabel, labelWords, readStatechart, type StateNode } from '../../cli/inspector/page/chart/statechart.ts';
import { definitionOf } from '../../cli/inspector/trace/statechart.ts';
import { fenced } from './marked.ts';

/** Words on one arrow beyond these are counted, not read. */
const WORDS_ON_ARROW = 3;
/** No state is called so. */
const ANY = '*';

/** In markdown: the drawings, each with what it leaves out. */
export function pageCharts(machine: AnyStateMachine): string {
  const chart = readStatechart(definitionOf(machine));
  if (!chart) throw new Error(`${machine.id} has no states`);
  return told(chart.root, chart.arrows).join('\n\n');
}

/** A container, and then what is inside it; of regions that go on side by side each by itself. */
function told(container: StateNode, arrows: readonly Arrow[]): string[] {
  const inner = container.children.filter(holdsSeveral).flatMap((child) => told(child, arrows));
  const name = container.path === '' ? 'The machine' : `\`${container.path}\``;
  if (container.kind === 'parallel') return [`${name} does several things at once: ${container.children.map(({ key }) => `\`${key}\``).join(', ')}.`, ...inner];
  const title = container.path === '' ? [] : [`Inside ${name}:`];
  return [...title, fenced('mermaid', draw(container, arrows)), ...inner];
}

function draw(container: StateNode, arrows: readonly Arrow[]): string {
  const shown = new Map(container.children.map((child) => [child.path, child]));
  const inside = container.path === '' ? '' : `${container.path}.`;
  /** The drawn state that holds a path; of one outside, the largest that does not hold the container too. */
  const place = (path: string): string => {
    if (path === container.path) return ANY;
    const keys = path.split('.');
    const around = keys.map((_, n) => keys.slice(0, n + 1).join('.'));
    return around.find((one) => !inside.startsWith(`${one}.`)) ?? path;
  };
  const merged = new Map<string, { from: string; to: string; labels: ArrowLabel[] }>();
  for (const { from, to, labels } of arrows) {
    if (from !== container.path && !from.startsWith(inside)) continue;
    const [source, target] = [place(from), place(to)];
    // What leads out of the whole container is drawn around it.
    if (target === ANY || (source === ANY && !shown.has(target))) continue;
    // What stays within one drawn state is a repetition of that state only where it is a single one.
    if (source === target && (from !== to || from !== source)) continue;
    const id = `${source} ${target}`;
    const one = merged.get(id) ?? { from: source, to: target, labels: [] };
    one.labels.push(...labels);
    merged.set(id, one);
  }
  const outside = new Set([...merged.values()].map(({ to }) => to).filter((to) => !shown.has(to)));
  const hasAny = [...merged.values()].some(({ from }) => from === ANY);
  return [
    'stateDiagram-v2',
    ...(hasAny ? [`  state "from any of these" as ${idOf(ANY)}`, `  class ${idOf(ANY)} outside`] : []),
    ...(container.initial === undefined ? [] : [`  [*] --> ${idOf(container.initial)}`]),
    ...container.children.map((child) => `  state "${child.key}${holdsSeveral(child) ? ' …' : ''}" as ${idOf(child.path)}`),
    ...[...outside].map((path) => `  state "${path}" as ${idOf(path)}\n  class ${idOf(path)} outside`),
    ...[...merged.values()].map(({ from, to, labels }) => `  ${idOf(from)} --> ${idOf(to)}: ${wordsOf(labels)}`),
    ...container.children.filter(({ kind }) => kind === 'final').map(({ path }) => `  ${idOf(path)} --> [*]`),
    ...(outside.size > 0 || hasAny ? ['  classDef outside stroke-dasharray: 4 3'] : []),
  ].join('\n');
}

/** Each event once; its guard only where it is all that it comes with. */
function wordsOf(labels: readonly ArrowLabel[]): string {
  const events = [...new Set(labels.map(({ event }) => event))];
  const words = events.map((event) => {
    const guards = new Set(labels.filter((label) => label.event === event).map(({ guard }) => guard));
    const [guard] = guards;
    return clean(guards.size === 1 ? labelWords({ event, guard }) : event);
  });
  return words.length <= WORDS_ON_ARROW ? words.join('<br/>') : `${words.slice(0, WORDS_ON_ARROW - 1).join('<br/>')}<br/>and ${words.length - WORDS_ON_ARROW + 1} more`;
}

/** Besides where it is over. */
function holdsSeveral({ children }: StateNode): boolean {
  return children.filter(({ kind }) => kind !== 'final').length > 1;
}

function idOf(path: string): string {
  return `s_${path.replaceAll(/[^a-z0-9]/gi, '_')}`;
}

function clean(text: string): string {
  return text.replaceAll(/[<>;#"{}\n%:]/g, ' ').replaceAll(/\s+/g, ' ').trim();
}
