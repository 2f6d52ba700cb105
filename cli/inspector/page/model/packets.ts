/** One packet of a picture, of everything that was seen of it. */
import type { PacketSeen } from '../../trace/trace.ts';
import type { Lanes } from './lanes.ts';
import type { Flow, Packet, Stop } from './picture.ts';

/** What is known of a packet so far; grows with the run. */
export interface Way {
  readonly seen: PacketSeen[];
  readonly copied?: Way;
  heardAt?: number;
  /** As its sender calls it, or else who took it. */
  label?: string;
  /** Of an event between actors, which has no packet. */
  readonly told?: { readonly n: number; readonly at: number; readonly from: string; readonly to: string; readonly label: string };
}

/** Gives each text a number, always the same one: numbers are compared faster than what they stand for. */
export class Numbers {
  readonly #known = new Map<string, number>();

  of(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, this.#known.size);
    return this.#known.size - 1;
  }
}

/** Undefined for one that was sent from nowhere that has a lane. */
export function packetOf(way: Way, index: number, lanes: Lanes, numbers: Numbers): Packet | undefined {
  if (way.told) return toldOf(way.told, index, lanes, numbers);
  const { seen, copied } = way;
  const first = seen[0]!;
  const sender = first.what === 'delivered' ? lanes.ownerOf(first.src) : lanes.placeOf(first.place);
  if (sender === undefined) return undefined;
  const stops: Stop[] = [];
  if (first.what === 'delivered') stops.push({ n: first.n, at: first.at, lane: sender, kind: 'unknown', device: '', after: flowOf(first) });
  for (const event of seen) {
    const { n, at, what, place, before, reason, words } = event;
    const lane = lanes.placeOf(place, stops.at(-1)?.lane ?? sender);
    if (lane === undefined) continue;
    if (what === 'forwarded') {
      stops.push({ n, at, lane, kind: 'translated', device: place, before: flowOf(event), after: flowOf(event) });
      continue;
    }
    const kind = what === 'duplicated' ? 'sent' : what;
    stops.push({ n, at, lane, kind, device: place, after: flowOf(event), ...(before ? { before } : {}), ...(reason === undefined ? {} : { reason, words: words ?? reason }), ...(before ? { rewriting: numbers.of(rewriting(place, before, event)) } : {}) });
  }
  const last = seen.at(-1)!;
  const target = lanes.ownerOf(last.dst);
  const to = last.what === 'delivered' ? lanes.placeOf(last.place) : (target ?? lanes.ownerOf(first.dst));
  // Where only the sender is seen, the rest of the way is drawn as nobody knows it.
  if (seen.length === 1 && first.what === 'sent' && first.content !== undefined && to !== undefined && isAlone(lanes, to)) {
    stops.push({ n: first.n, at: first.at, lane: to, kind: 'unknown', device: '', before: flowOf(first), after: flowOf(first) });
  }
  const content = first.content ?? copied?.seen[0]?.content;
  const fate = last.what === 'dropped' ? 'dropped' : last.what === 'delivered' ? 'delivered' : 'unknown';
  const label = `${(isBare(content?.label) ? way.label : undefined) ?? content?.label ?? 'packet'}${copied ? ' (copy)' : ''}`;
  const protocol = content?.protocol ?? 'udp';
  const reason = last.what === 'dropped' ? (last.reason ?? 'dropped') : undefined;
  const ends = { from: stops[0]!.lane, to: to ?? stops.at(-1)!.lane };
  return {
    index,
    likeness: numbers.of(`${ends.from} ${ends.to} ${protocol} ${label} ${fate} ${reason ?? ''} ${fate === 'dropped' ? stops.at(-1)!.device : ''}`),
    stops,
    label,
    protocol,
    fate,
    reason,
    ...ends,
    bytes: content?.length,
    saidAt: first.what === 'sent' ? (first.effect ?? first.n) : undefined,
    heardAt: way.heardAt,
    id: first.packet,
  };
}

function toldOf({ n, at, from, to, label }: NonNullable<Way['told']>, index: number, lanes: Lanes, numbers: Numbers): Packet | undefined {
  const [source, target] = [lanes.actorOf(from), lanes.actorOf(to)];
  if (source === undefined || target === undefined || source === target) return undefined;
  const stops: Stop[] = [
    { n, at, lane: source, kind: 'sent', device: from },
    { n, at, lane: target, kind: 'delivered', device: to },
  ];
  return { index, likeness: numbers.of(`${source} ${target} event ${label}`), stops, label, protocol: 'event', fate: 'delivered', reason: undefined, from: source, to: target, bytes: undefined, saidAt: n, heardAt: n, id: -1 - n };
}

/** Bytes that say nothing by themselves. */
function isBare(label: string | undefined): boolean {
  return label === undefined || /^\d+ bytes$/.test(label);
}

/** Only of a remote address nothing is ever seen; any other place will tell what came of a packet. */
function isAlone({ lanes }: Lanes, lane: number): boolean {
  return lanes[lane]?.kind === 'remote';
}

function rewriting(device: string, before: Flow, after: Flow): string {
  return before.src === after.src ? `${device} ${before.dst} ${after.dst}` : `${device} ${before.src} ${after.src}`;
}

function flowOf({ src, dst }: PacketSeen): { src: string; dst: string } {
  return { src, dst };
}
