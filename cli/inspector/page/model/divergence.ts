/**
 * Where two runs first differ. What each lane does is compared in its own order, since two hosts that do something at the same
 * moment have none; first what happened, then with which addresses, then when.
 */
import type { Picture } from './picture.ts';

export interface Divergence {
  readonly kind: 'events' | 'addresses' | 'times';
  readonly lane: string;
  /** What each of them does there; undefined where a run has nothing more to tell. */
  readonly left: Happening | undefined;
  readonly right: Happening | undefined;
}

export interface Happening {
  readonly n: number;
  readonly at: number;
  readonly words: string;
}

/** Undefined when they are the same in all that is drawn. */
export function firstDivergence(left: Picture, right: Picture): Divergence | undefined {
  const [one, other] = [happenings(left), happenings(right)];
  const lanes = [...new Set([...one.keys(), ...other.keys()])];
  for (const kind of ['events', 'addresses', 'times'] as const) {
    let first: (Divergence & { readonly at: number }) | undefined;
    for (const lane of lanes) {
      const [ours, theirs] = [one.get(lane) ?? [], other.get(lane) ?? []];
      const index = firstDifference(ours, theirs, kind);
      if (index === undefined) continue;
      const [mine, its] = [ours[index], theirs[index]];
      const at = Math.min(mine?.at ?? Infinity, its?.at ?? Infinity);
      if (first === undefined || at < first.at) first = { kind, lane, left: mine, right: its, at };
    }
    if (first) return first;
  }
  return undefined;
}

interface Told extends Happening {
  readonly addresses: string;
}

function firstDifference(ours: readonly Told[], theirs: readonly Told[], kind: Divergence['kind']): number | undefined {
  const length = Math.max(ours.length, theirs.length);
  for (let index = 0; index < length; index += 1) {
    const [one, other] = [ours[index], theirs[index]];
    if (!one || !other || one.words !== other.words) return index;
    if (kind !== 'events' && one.addresses !== other.addresses) return index;
    if (kind === 'times' && Math.abs(one.at - other.at) > 0.001) return index;
  }
  return undefined;
}

function happenings({ lanes, packets, marks }: Picture): Map<string, Told[]> {
  const all: (Told & { readonly lane: string })[] = [];
  for (const { label, stops } of packets) {
    for (const { n, at, lane, kind, device, reason, after } of stops) {
      const where = lanes[lane]?.name ?? device;
      const words = { sent: `sends ${label}`, translated: `passes ${label} on`, dropped: `drops ${label}: ${reason ?? ''}`, delivered: `takes ${label}`, unknown: `is sent ${label}` }[kind];
      all.push({ n, at, lane: where, words, addresses: after ? `${after.src} ${after.dst}` : '' });
    }
  }
  for (const { n, at, lane, kind, text } of marks) {
    const words = { state: `is ${text}`, timer: `has waited for ${text}`, outcome: `ends: ${text}`, note: `says ${text}` }[kind];
    all.push({ n, at, lane: lanes[lane]?.name ?? '', words, addresses: '' });
  }
  all.sort((one, other) => one.n - other.n);
  const byLane = new Map<string, Told[]>();
  for (const { lane, ...told } of all) {
    const list = byLane.get(lane) ?? [];
    byLane.set(lane, list);
    list.push(told);
  }
  return byLane;
}
