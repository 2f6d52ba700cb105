/** What of a picture is shown: by what packets say, who sends or takes them, what became of them. And the same as text, for a link. */
import type { Fate, Lane, Mark, Packet, Picture } from './picture.ts';
import { STEP_ITEMS, type Steps } from './steps.ts';

export interface Filters {
  /** In what is said, addresses, reasons; any case. */
  readonly text: string;
  /** Protocols that are hidden. */
  readonly protocols: ReadonlySet<string>;
  /** Sides that are hidden, with every packet from or to them. */
  readonly sides: ReadonlySet<string>;
  /** Only what these do, and packets that they send or that are for them; everybody when there are none. */
  readonly actors: ReadonlySet<string>;
  readonly fate: Fate | 'any';
  readonly timers: boolean;
  readonly states: boolean;
}

export const NO_FILTERS: Filters = { text: '', protocols: new Set(), sides: new Set(), actors: new Set(), fate: 'any', timers: true, states: true };

export type Shown = Pick<Picture, 'packets' | 'marks'>;

/** What passes the filters. Marks of hidden sides go with them. */
export function* filtering(picture: Picture, filters: Filters): Steps<Shown> {
  if (!isFiltering(filters)) return picture;
  const { text, protocols, sides, actors, fate, timers, states } = filters;
  const words = text.trim().toLowerCase();
  const { lanes } = picture;
  const isHidden = (lane: number): boolean => sides.size > 0 && sides.has(lanes[Math.round(lane)]?.side ?? '');
  const isOf = actors.size === 0 ? () => true : ownersOf(picture, actors);
  const packets: Packet[] = [];
  for (const packet of picture.packets) {
    if (packet.index % STEP_ITEMS === 0) yield;
    const { protocol, from, to } = packet;
    if (protocols.has(protocol) || (fate !== 'any' && packet.fate !== fate) || isHidden(from) || isHidden(to)) continue;
    if (!isOf(from) && !isOf(to)) continue;
    if (words === '' || textOf(packet).includes(words)) packets.push(packet);
  }
  const marks: Mark[] = [];
  for (const mark of picture.marks) {
    if (mark.index % STEP_ITEMS === 0) yield;
    const { kind, lane, text: said, actor } = mark;
    if ((kind === 'timer' && !timers) || (kind === 'state' && !states) || isHidden(lane) || (actors.size > 0 && !actors.has(actor))) continue;
    if (words === '' || kind === 'outcome' || said.toLowerCase().includes(words)) marks.push(mark);
  }
  return { packets, marks };
}

export function isFiltering({ text, protocols, sides, actors, fate, timers, states }: Filters): boolean {
  return text.trim() !== '' || protocols.size > 0 || sides.size > 0 || actors.size > 0 || fate !== 'any' || !timers || !states;
}

/** Who does something in a picture, by the lanes from left to right. */
export function actorsOf({ marks, lanes }: Picture): readonly string[] {
  const found = new Map<string, number>();
  lanes.forEach(({ kind, name }, index) => kind === 'actor' && found.set(name, index));
  for (const { actor, lane } of marks) if (!found.has(actor)) found.set(actor, lane);
  return [...found].sort(([, one], [, other]) => one - other).map(([name]) => name);
}

/** Whether something at a lane is theirs: their own lane, or the NAT that stands for them outside. */
function ownersOf({ marks, lanes }: Picture, actors: ReadonlySet<string>): (lane: number) => boolean {
  const own = new Set<Lane>();
  for (const lane of lanes) if (lane.kind === 'actor' && actors.has(lane.name)) own.add(lane);
  for (const { actor, lane } of marks) if (actors.has(actor)) own.add(lanes[Math.round(lane)]!);
  const behind = new Set([...own].map(({ side }) => side));
  return (at) => {
    const lane = lanes[Math.round(at)];
    return lane !== undefined && (own.has(lane) || (lane.kind === 'nat' && behind.has(lane.side)));
  };
}

const texts = new WeakMap<Packet, string>();

function textOf(packet: Packet): string {
  const known = texts.get(packet);
  if (known !== undefined) return known;
  const { label, protocol, fate, reason, stops } = packet;
  let text = `${label} ${protocol} ${fate} ${reason ?? ''}`;
  for (const { before, after, device } of stops) {
    text += ` ${device}`;
    if (before) text += ` ${before.src} ${before.dst}`;
    if (after) text += ` ${after.src} ${after.dst}`;
  }
  text = text.toLowerCase();
  texts.set(packet, text);
  return text;
}

/** In the address of the page, so that a link shows what its sender saw. */
const NAMES = { text: 'find', protocols: 'without', sides: 'hidden', actors: 'actors', fate: 'fate', beside: 'leave-out' } as const;

/** The part behind `#` with these filters in place of those in it. */
export function withFilters(hash: string, { text, protocols, sides, actors, fate, timers, states }: Filters): string {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const put = (name: string, values: readonly string[]): void => {
    given.delete(name);
    for (const value of values) given.append(name, value);
  };
  put(NAMES.text, text.trim() === '' ? [] : [text.trim()]);
  put(NAMES.protocols, [...protocols]);
  put(NAMES.sides, [...sides]);
  put(NAMES.actors, [...actors]);
  put(NAMES.fate, fate === 'any' ? [] : [fate]);
  put(NAMES.beside, [...(states ? [] : ['states']), ...(timers ? [] : ['timers'])]);
  const written = given.toString();
  return written === '' ? '' : `#${written}`;
}

export function filtersOf(hash: string): Filters {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const all = (name: string): ReadonlySet<string> => new Set(given.getAll(name));
  const fate = FATES.find((one) => one === given.get(NAMES.fate)) ?? 'any';
  const beside = all(NAMES.beside);
  return { text: given.get(NAMES.text) ?? '', protocols: all(NAMES.protocols), sides: all(NAMES.sides), actors: all(NAMES.actors), fate, states: !beside.has('states'), timers: !beside.has('timers') };
}

const FATES: readonly Fate[] = ['delivered', 'dropped', 'unknown'];
