/**
 * What happened in a world, as rows to draw: who said what to whom and what became of it, repetitions folded into the first
 * of their kind, and what two hosts did alike at the same time merged into one. Knows no protocol but by `Protocol`.
 */
import type { Hop, Journey, World } from '../adapters/sim/index.ts';
import { icmpName } from '../adapters/sim/icmp-message.ts';
import { isPrivate } from '../adapters/sim/packet.ts';
import { segmentName } from '../adapters/sim/tcp-segment.ts';
import { formatEndpoint, sameEndpoint } from '../effects/endpoint.ts';
import type { Part } from '../effects/scenario.ts';
import type { Outcome } from '../machines/outcome.ts';
import type { Protocol } from './scenarios.ts';
import { deviceWords, DROP_WORDS } from './words.ts';

export type Row = PacketRow | EventRow;

export interface PacketRow {
  readonly kind: 'packet';
  readonly at: number;
  /** One, or two that are each other's mirror. */
  readonly arrows: readonly Arrow[];
  readonly text: string;
  readonly notes: readonly Note[];
  /** How many like it there were in all, and when the last was sent. */
  readonly count: number;
  readonly lastAt: number;
}

/** `to` is undefined for an address that nobody has. */
export interface Arrow {
  readonly from: string;
  readonly to: string | undefined;
  /** Where it was dropped: near whom, or on the way. */
  readonly stopped?: 'near-sender' | 'between' | 'near-receiver';
}

/** What devices did to it, as `nat-a and nat-b: …`. */
export interface Note {
  readonly who: readonly string[];
  readonly what: string;
  /** A note that is made once, under this name; one without a name is made each time. */
  readonly said?: string;
}

/** Something that befell hosts themselves. */
export interface EventRow {
  readonly kind: 'event';
  readonly at: number;
  readonly hosts: readonly string[];
  readonly sign: '●' | '○' | '✗';
  readonly text: string;
}

/** Rows by time. */
export function sequence(world: World, protocol: Protocol): Row[] {
  const packets = mergeMirrored(foldRepeated(world, protocol));
  const order = (row: Row): number => ORDER[row.kind === 'packet' ? 'packet' : row.sign];
  return [...packets, ...outcomes(world), ...freshPorts(world, protocol)].sort((one, other) => one.at - other.at || order(one) - order(other));
}

/** Of rows at one moment. */
const ORDER = { '●': 0, '○': 1, packet: 2, '✗': 3 } as const;

const SERVER = 's';
const PEERS = ['a', 'b'] as const;

/** Repetitions are counted on the first row of their kind, so that a row stands where something new happens. */
function foldRepeated(world: World, protocol: Protocol): PacketRow[] {
  const rows = new Map<string, PacketRow>();
  const said = new Set<string>();
  const owners = new Map([...world.sites].flatMap(([name, { reachedBy }]) => [...reachedBy].map((address) => [address, name] as const)));
  for (const journey of world.journeys()) {
    if (isRoutine(journey)) continue;
    const { socket, src, dst, sentAt } = journey;
    const isDevice = !world.sites.has(journey.host);
    const from = isDevice ? (owners.get(src.host) ?? journey.host) : journey.host;
    const { type, words } = saying(world, protocol, journey);
    const to = journey.deliveredTo?.split(':')[0] ?? owners.get(dst.host);
    const dropped = journey.hops.find((hop): hop is Dropped => hop.dropped !== undefined);
    const isHome = from !== SERVER && to !== SERVER && isPrivate(dst.host);
    const key = [journey.host, to, from === SERVER ? socket : '', type, isHome, dropped?.device, dropped?.dropped].join(' ');
    const before = rows.get(key);
    if (before) {
      rows.set(key, { ...before, count: before.count + 1, lastAt: sentAt });
      continue;
    }
    const author: readonly Note[] = isDevice ? [{ who: [journey.host], what: 'says so by itself' }] : [];
    const alias = isHome ? [] : aliasNote(journey);
    const fate = dropped ? [dropNote(dropped, journey)] : letInNote(world, journey, from, to);
    const notes = [...author, ...alias, ...fate].filter((note) => note.said === undefined || !said.has(note.said));
    for (const note of notes) if (note.said !== undefined) said.add(note.said);
    rows.set(key, {
      kind: 'packet',
      at: sentAt,
      arrows: [{ from, to, ...(dropped ? { stopped: whereabouts(dropped.device, from, to) } : {}) }],
      text: isHome ? `${words} (to the home address)` : words,
      notes,
      count: 1,
      lastAt: sentAt,
    });
  }
  return [...rows.values()];
}

/** What a packet says: of which kind it is, and that in words. */
function saying(world: World, protocol: Protocol, { host, data, segment, icmp }: Journey): { readonly type: string; readonly words: string } {
  if (icmp) {
    const known = world.sites.has(host) ? codecOf(world, protocol, host).icmp?.decode(data) : undefined;
    const words = known?.kind === 'message' ? `“${protocol.say(known.message)}”` : icmpName(data);
    return { type: `icmp ${known?.kind === 'message' ? known.message.type : words}`, words };
  }
  if (segment !== undefined && data.length === 0) return { type: segmentName(segment, 0), words: segmentName(segment, 0) };
  const codec = codecOf(world, protocol, host);
  const message = segment === undefined ? data : onlyFrame(codec, data);
  const decoded = message && codec.decode(message);
  if (decoded?.kind === 'message') return { type: decoded.message.type, words: `“${protocol.say(decoded.message)}”` };
  return { type: decoded?.kind ?? 'stream', words: `(${data.length} bytes)` };
}

/** The message that a segment carries, if that is just one. */
function onlyFrame({ framing }: Part['codec'], data: Uint8Array): Uint8Array | undefined {
  const framed = framing?.(data);
  return framed?.frames.length === 1 && framed.rest.length === 0 ? framed.frames[0] : undefined;
}

/** TCP says of everything that it has come. That is worth a row only where it is lost. */
function isRoutine({ segment, data, deliveredTo }: Journey): boolean {
  return segment !== undefined && deliveredTo !== undefined && segmentName(segment, data.length) === 'ACK';
}

function codecOf(world: World, { scenario }: Protocol, host: string) {
  const part = scenario.part(host, { seed: '', address: (name) => world.address(name) });
  if (!part) throw new Error(`host '${host}' has no part in '${scenario.name}'`);
  return part.codec;
}

function whereabouts(device: string, from: string, to: string | undefined): NonNullable<Arrow['stopped']> {
  if (device.endsWith(`-${from}`) || device === from) return 'near-sender';
  return device.endsWith(`-${to}`) || device === to ? 'near-receiver' : 'between';
}

type Dropped = Hop & Required<Pick<Hop, 'dropped'>>;

function dropNote({ device, dropped }: Dropped, { icmp }: Journey): Note {
  const why = icmp && dropped === 'no-mapping' ? 'nothing was sent that it could be about' : DROP_WORDS[dropped];
  return { who: [deviceWords(device)], what: `dropped, ${why}` };
}

/** A NAT on the way out gave it another sender; of several the outermost counts. */
function aliasNote({ hops, src, socket, host }: Journey): Note[] {
  const last = hops.filter(({ before, after }) => before && after && before.src !== after.src).at(-1);
  if (!last?.after || sameEndpoint(last.after.src, src)) return [];
  const alias = last.after.src.port === 0 ? last.after.src.host : formatEndpoint(last.after.src);
  return [{ who: [last.device], what: `sent on as from ${alias}`, said: `${host} ${socket} ${alias}` }];
}

/** What comes from a stranger passes a NAT only for a reason. */
function letInNote(world: World, { hops, deliveredTo, icmp }: Journey, from: string, to: string | undefined): Note[] {
  if (deliveredTo === undefined || from === SERVER || to === SERVER) return [];
  const nat = hops.find(({ before, after }) => before && after && before.dst !== after.dst);
  if (!nat) return [];
  if (icmp) return [{ who: [nat.device], what: 'let in, it is about something that was sent', said: `${nat.device} lets in ICMP` }];
  const isSelective = world.internet.routers.get(nat.device)?.nat?.behaviour.filtering !== 'endpoint-independent';
  return [{ who: [nat.device], what: isSelective ? 'let in, something was sent there before' : 'let in, as everything is', said: `${nat.device} lets in` }];
}

/** `a → s` with `b → s`, `s → a` with `s → b`, `a → b` with `b → a`: alike and at the same time, if they can be drawn as one. */
function mergeMirrored(rows: readonly PacketRow[]): PacketRow[] {
  const merged: PacketRow[] = [];
  for (const row of rows) {
    const index = merged.findIndex((other) => mirrors(other, row));
    const other = merged[index];
    if (!other) {
      merged.push(row);
      continue;
    }
    merged[index] = {
      ...other,
      arrows: [...other.arrows, ...row.arrows],
      notes: mergeNotes([...other.notes, ...row.notes]),
      count: other.count + row.count,
      lastAt: Math.max(other.lastAt, row.lastAt),
    };
  }
  return merged;
}

function mirrors(one: PacketRow, other: PacketRow): boolean {
  const [first, second] = [one.arrows[0], other.arrows[0]];
  if (!first || !second || one.arrows.length > 1 || one.at !== other.at || one.text !== other.text || first.stopped !== second.stopped) return false;
  if (first.from === first.to || (first.from === second.from && first.to === second.to)) return false;
  if (first.from === SERVER || first.to === SERVER) return (first.from === SERVER) === (second.from === SERVER) && (first.to === SERVER) === (second.to === SERVER);
  // Two that stop near the other's end would cross.
  return first.stopped !== 'near-receiver' && first.from === second.to && first.to === second.from;
}

function mergeNotes(notes: readonly Note[]): Note[] {
  const byWhat = new Map<string, Set<string>>();
  for (const { who, what } of notes) byWhat.set(what, new Set([...(byWhat.get(what) ?? []), ...who]));
  return [...byWhat].map(([what, who]) => ({ who: [...who].sort(), what }));
}

function outcomes(world: World): EventRow[] {
  const reports = PEERS.flatMap((host) => world.outcomes<Outcome>(host).map(({ at, outcome }) => ({ at, host, outcome })));
  const rows = new Map<string, EventRow>();
  for (const { at, host, outcome } of reports) {
    const key = `${at} ${outcome.kind === 'failed' ? outcome.reason : 'connected'}`;
    const hosts = [...(rows.get(key)?.hosts ?? []), host];
    const sign = outcome.kind === 'connected' ? '●' : '✗';
    rows.set(key, { kind: 'event', at, hosts, sign, text: outcomeText(outcome, hosts) });
  }
  return [...rows.values()];
}

function outcomeText(outcome: Outcome, hosts: readonly string[]): string {
  const [first = '', second] = hosts;
  if (outcome.kind === 'failed') return second === undefined ? `${first} gives up: ${outcome.reason}` : `both give up: ${outcome.reason}`;
  return second === undefined ? `${first} hears ${PEERS.find((host) => host !== first)}: connected` : 'each hears the other: connected';
}

/** A host that opens another socket starts over. */
function freshPorts(world: World, { attempts }: Protocol): EventRow[] {
  const sockets = new Map<string, Set<string>>();
  const rows = new Map<number, EventRow>();
  for (const { host, socket, sentAt: at } of world.journeys()) {
    if (host === SERVER || !world.sites.has(host) || !attempts?.test(socket)) continue;
    const known = sockets.get(host) ?? new Set();
    sockets.set(host, known);
    if (known.has(socket)) continue;
    known.add(socket);
    if (known.size > 1) rows.set(at, { kind: 'event', at, hosts: [...(rows.get(at)?.hosts ?? []), host], sign: '○', text: 'the same again from a fresh port' });
  }
  return [...rows.values()];
}
