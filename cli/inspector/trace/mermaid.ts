/** A trace as diagrams in mermaid's language: who sent what to whom, and the statechart of a machine. Text only; nothing is drawn. */
import { type Arrow, labelWords, readStatechart, type StateNode } from '../page/chart/statechart.ts';
import type { PacketSeen, PlaceSeen, Plain, SnapshotSeen, StateValue, Trace } from './trace.ts';

export interface SequenceOptions {
  /** Lines of the diagram; mermaid itself gives up at 50,000 letters. Default 300. */
  readonly limit?: number;
}

/** Each packet hop by hop, as `a ->> nat-a ->> s`, with the states of the machines between. */
export function mermaidSequence({ header, events }: Trace, { limit = 300 }: SequenceOptions = {}): string {
  const places = new Map(events.filter((event) => event.kind === 'place').map((place) => [place.name, place]));
  const used = new Set<string>();
  const labels = new Map<number, string>();
  const at = new Map<number, string>();
  const states = new Map<string, string>();
  const lines: string[] = [];
  let left = 0;
  const draw = (line: string, ...names: readonly string[]): void => {
    if (lines.length >= limit) {
      left += 1;
      return;
    }
    for (const name of names) used.add(name);
    lines.push(line);
  };
  for (const event of events) {
    switch (event.kind) {
      case 'packet': {
        const { packet, what, place, copyOf } = event;
        if (copyOf !== undefined) {
          labels.set(packet, labels.get(copyOf) ?? '');
          at.set(packet, at.get(copyOf) ?? place);
        }
        if (event.content) labels.set(packet, event.content.label);
        const label = labels.get(packet) ?? 'packet';
        const here = laneOf(place, places);
        const before = at.get(packet) ?? otherEnd(event, here, places);
        at.set(packet, here);
        if (what === 'dropped') draw(`${idOf(before)}-x${idOf(here)}: ${clean(`${label}, dropped: ${event.reason ?? ''}`)}`, before, here);
        else if (what === 'translated') draw(`${idOf(before)}->>${idOf(here)}: ${clean(`${label}, on as ${event.src} to ${event.dst}`)}`, before, here);
        else if (what === 'forwarded') draw(`${idOf(before)}->>${idOf(here)}: ${clean(`${label}, on as it is`)}`, before, here);
        else if (what === 'delivered') draw(`${idOf(before)}->>${idOf(here)}: ${clean(label)}`, before, here);
        else if (what === 'sent' && header.origin !== 'sim') draw(`${idOf(here)}->>${idOf(otherEnd(event, here, places))}: ${clean(label)}`, here, otherEnd(event, here, places));
        break;
      }
      case 'snapshot': {
        const state = stateOf(event);
        const name = event.actor.split('/')[0] ?? event.actor;
        if (state === undefined || states.get(event.actor) === state || !places.has(name)) break;
        states.set(event.actor, state);
        draw(`Note over ${idOf(name)}: ${clean(state)}`, name);
        break;
      }
      case 'outcome':
        if (places.has(event.actor)) draw(`Note over ${idOf(event.actor)}: ${clean(`${event.good ? '●' : '✗'} ${event.verdict}`)}`, event.actor);
        break;
      default:
    }
  }
  const participants = [...places.values()].filter(({ name }) => used.has(name)).sort(leftToRight);
  return [
    'sequenceDiagram',
    ...participants.map(({ name, words, addresses, type }) => `  participant ${idOf(name)} as ${clean([type === 'core' ? 'internet' : name, type === 'nat' ? words : addresses[0]].filter((one, index) => one !== undefined && (index === 0 || one !== name)).join('<br/>'))}`),
    ...lines.map((line) => `  ${line}`),
    ...(left > 0 && participants[0] ? [`  Note over ${idOf(participants[0].name)}: and ${left} more`] : []),
    '',
  ].join('\n');
}

/** A machine by its definition; `value` lights the states in which it is. Undefined for what is no statechart. */
export function mermaidStates(definition: Plain, value?: StateValue | null): string | undefined {
  const chart = readStatechart(definition);
  if (!chart) return undefined;
  const lines: string[] = ['stateDiagram-v2'];
  const declare = (node: StateNode, depth: number): void => {
    const indent = '  '.repeat(depth);
    if (node.initial !== undefined) lines.push(`${indent}[*] --> ${stateId(node.initial)}`);
    node.children.forEach((child, index) => {
      if (node.kind === 'parallel' && index > 0) lines.push(`${indent}--`);
      const inside = child.children.length > 0;
      lines.push(`${indent}state "${clean(child.key)}" as ${stateId(child.path)}${inside ? ' {' : ''}`);
      if (!inside) return;
      declare(child, depth + 1);
      lines.push(`${indent}}`);
    });
    for (const child of node.children) if (child.kind === 'final') lines.push(`${indent}${stateId(child.path)} --> [*]`);
  };
  declare(chart.root, 1);
  for (const arrow of chart.arrows) lines.push(...arrowLines(arrow, chart.root));
  const active = value === undefined || value === null ? [] : leavesOf(value, '');
  if (active.length > 0) lines.push('  classDef active fill:#1c7ed6,color:#fff', ...active.map((path) => `  class ${stateId(path)} active`));
  return `${lines.join('\n')}\n`;
}

/** From the root itself, every state below can leave. */
function arrowLines({ from, to, labels }: Arrow, root: StateNode): string[] {
  const words = labels.map(labelWords).map(clean);
  const sources = from === '' ? root.children.map(({ path }) => path).filter((path) => path !== to && !to.startsWith(`${path}.`)) : [from];
  return sources.filter((source) => source !== '' && to !== '').flatMap((source) => words.map((label) => `  ${stateId(source)} --> ${stateId(to)}: ${label}`));
}

/** Links and the core are drawn as the place beside them. */
function laneOf(place: string, places: ReadonlyMap<string, PlaceSeen>): string {
  const type = places.get(place)?.type;
  return type === undefined || type === 'link' || type === 'router' ? 'core' : place;
}

/** Where a packet of which only one end is seen went, or came from. */
function otherEnd({ what, src, dst }: PacketSeen, here: string, places: ReadonlyMap<string, PlaceSeen>): string {
  const host = (what === 'sent' ? dst : src).replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return places.has(host) ? host : here;
}

/** One side, the internet, the others. */
function leftToRight(one: PlaceSeen, other: PlaceSeen): number {
  return rank(one) - rank(other);
}

function rank({ side, depth, name }: PlaceSeen): number {
  if (side === 'internet') return 0;
  const isLeft = side === 'a' || (side !== 'b' && name === side);
  return isLeft ? -depth - 1 : depth + 1;
}

function stateOf({ value }: SnapshotSeen): string | undefined {
  return value === null ? undefined : leavesOf(value, '').join(' + ');
}

function leavesOf(value: StateValue, above: string): string[] {
  const below = (key: string): string => (above === '' ? key : `${above}.${key}`);
  return typeof value === 'string' ? [below(value)] : Object.entries(value).flatMap(([key, child]) => leavesOf(child, below(key)));
}

/** Words that mermaid reads as words: its own signs, and `end`, would be taken for more. */
function clean(text: string): string {
  return text
    .replace(/<(?!br\/>)|>(?<!<br\/>)/g, ' ')
    .replace(/[;#"{}\n\r%]/g, ' ')
    .replace(/\bend\b/gi, 'End')
    .replace(/\s+/g, ' ')
    .trim();
}

function idOf(name: string): string {
  return `p_${name.replace(/[^a-z0-9]/gi, (sign) => `_${sign.charCodeAt(0)}_`)}`;
}

function stateId(path: string): string {
  return `s_${path.replace(/[^a-z0-9]/gi, (sign) => (sign === '.' ? '__' : `_${sign.charCodeAt(0)}_`))}`;
}
