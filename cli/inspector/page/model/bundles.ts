/** Folds what is sent again and again – a sweep, a burst of probes – into one arrow that can be opened. */
import type { Mark, Packet } from './picture.ts';
import { STEP_ITEMS, type Steps } from './steps.ts';

/** One arrow: a packet, or many that are alike. */
export interface Drawn {
  /** Stable while the trace grows, so that an opened bundle stays open. */
  readonly id: string;
  /** The first of them, which lends the bundle its way. */
  readonly packet: Packet;
  readonly members: readonly Packet[];
  /** Of each stop: whether a device rewrites here in a way that it has not before. */
  readonly news: readonly boolean[];
  /** The bundle that it is, or was opened from, and how many are in it. */
  readonly bundle: { readonly id: string; readonly count: number } | undefined;
}

const FOLDED: ReadonlySet<Mark['kind']> = new Set(['timer', 'note']);
/** So many alike, and no fewer, are worth folding: three arrows still tell more than one. */
const LEAST = 4;
/** A burst is over when nothing like it follows for so long: above the pace of every sweep here, below a retry's. A guess. */
const PAUSE_MS = 400;

/**
 * In order of sending. `opened` names bundles whose members are to be drawn one by one. A new state of an actor at either end
 * (of `marks`) begins another burst: what is sent then is sent for another reason. The packet of index `apart` is in no bundle.
 */
export function* bundling(packets: readonly Packet[], marks: readonly Mark[], opened: ReadonlySet<string>, apart?: number): Steps<Drawn[]> {
  const states = marks.filter(({ kind }) => kind === 'state');
  const epochs = new Map<number, number>();
  let next = 0;
  const latest = new Map<number, Burst>();
  const bursts: Burst[] = [];
  let taken = 0;
  for (const packet of packets) {
    taken += 1;
    if (taken % STEP_ITEMS === 0) yield;
    const { n, at } = packet.stops[0]!;
    for (; next < states.length && states[next]!.n < n; next += 1) epochs.set(states[next]!.lane, states[next]!.n);
    const from = epochs.get(packet.from) ?? 0;
    const to = epochs.get(packet.to) ?? 0;
    if (packet.index === apart) {
      bursts.push({ members: [packet], from, to, lastAt: at });
      continue;
    }
    const burst = latest.get(packet.likeness);
    if (burst && burst.from === from && burst.to === to && at - burst.lastAt <= PAUSE_MS) {
      burst.members.push(packet);
      burst.lastAt = at;
      continue;
    }
    const begun = { members: [packet], from, to, lastAt: at };
    latest.set(packet.likeness, begun);
    bursts.push(begun);
  }
  const alike: Omit<Drawn, 'news'>[] = [];
  for (const { members } of bursts) {
    if (alike.length % STEP_ITEMS === 0) yield;
    const first = members[0]!;
    const id = `b${first.stops[0]!.n}`;
    const held = members.length >= LEAST ? { id, count: members.length } : undefined;
    if (held && !opened.has(id)) alike.push({ id, packet: first, members, bundle: held });
    else for (const packet of members) alike.push({ id: `p${packet.stops[0]!.n}`, packet, members: [packet], bundle: held });
  }
  yield;
  alike.sort((one, other) => one.packet.stops[0]!.n - other.packet.stops[0]!.n);
  yield;
  const known = new Set<number>();
  const drawn: Drawn[] = [];
  for (const { id, packet, members, bundle } of alike) {
    if (drawn.length % STEP_ITEMS === 0) yield;
    drawn.push({ id, packet, members, bundle, news: newsOf(packet, known) });
  }
  return drawn;
}

interface Burst {
  readonly members: Packet[];
  /** The states of the actors at both ends, by the events that began them. */
  readonly from: number;
  readonly to: number;
  lastAt: number;
}

/** A timer that runs out again and again, or a note that is made so, and nothing else beside it: once, with how often. */
export function foldMarks(marks: readonly Mark[]): Mark[] {
  const bursts: Mark[][] = [];
  const last = new Map<string, Mark[]>();
  for (const mark of marks) {
    const burst = last.get(mark.actor);
    const before = burst?.at(-1);
    if (burst && before && FOLDED.has(mark.kind) && before.kind === mark.kind && before.text === mark.text && mark.at - before.at <= PAUSE_MS) {
      burst.push(mark);
      continue;
    }
    const begun = [mark];
    bursts.push(begun);
    last.set(mark.actor, begun);
  }
  return bursts.flatMap((burst) => (burst.length < LEAST ? burst : [{ ...burst[0]!, text: `${burst[0]!.text} ×${burst.length}` }])).sort((one, other) => one.n - other.n);
}

/** A mapping is worth telling once; after that its addresses are what everybody knows. */
function newsOf({ stops }: Packet, known: Set<number>): boolean[] {
  return stops.map(({ rewriting }) => {
    if (rewriting === undefined || known.has(rewriting)) return false;
    known.add(rewriting);
    return true;
  });
}
