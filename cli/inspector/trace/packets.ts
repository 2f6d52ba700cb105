/** What is in a packet, an effect or an event of the network, as a trace tells it: what it says, and the bytes that may be kept. */
import { icmpName } from '../../../adapters/sim/icmp-message.ts';
import { segmentName } from '../../../adapters/sim/tcp-segment.ts';
import type { Segment } from '../../../adapters/sim/tcp-segment.ts';
import type { Via } from '../../../effects/codec.ts';
import type { Endpoint } from '../../../effects/endpoint.ts';
import type { NetEffect, NetEvent } from '../../../effects/net.ts';
import { remoteOf, viaOf } from '../../../effects/way.ts';
import { hexOf } from './hex.ts';
import { type Manner, plain, plainPort } from './plain.ts';
import { Recall } from './recall.ts';
import type { Run } from './sightings.ts';
import type { PacketContent, Plain, PlainRecord } from './trace.ts';

/** What the bytes of an effect or event come to. */
export interface Saying {
  readonly message?: PlainRecord;
  readonly bytes?: string;
  readonly payload?: number;
}

/** `said` is the message as its machine knows it; without one the codec is asked, for what a server answers without its machine. */
export function sayingOf(run: Run, about: NetEffect | NetEvent, said: object | undefined): Saying {
  const { data } = about as { readonly data?: unknown };
  if (!(data instanceof Uint8Array)) return {};
  if ('payload' in about && about.payload === true) return { payload: data.length };
  const remote = remoteOf(about);
  const stream = about.type === 'tcp.received' ? about.socket : undefined;
  const kept = run.redact(data, remote, stream, viaOf(about));
  const message = said ?? (viaOf(about) !== 'tcp' ? decoded(run, data, remote, viaOf(about)) : undefined);
  return {
    ...(message ? { message: portFields(message, ARRIVAL, mannerOf(run)) } : {}),
    ...(kept ? { bytes: knownHex(kept) } : { payload: data.length }),
  };
}

/** Fields with endpoints as text, also those in lists. */
export function portFields(value: object, without: readonly string[] = [], manner: Manner = {}): PlainRecord {
  const fields: Record<string, Plain> = {};
  for (const name of Object.keys(value)) {
    const field: unknown = Reflect.get(value, name);
    if (field === undefined || without.includes(name)) continue;
    if (typeof field === 'string' || typeof field === 'boolean') {
      fields[name] = field;
      continue;
    }
    fields[name] = isPort(field) || (name === 'local' && isEmpty(field)) ? plainPort(field) : Array.isArray(field) && field.every(isPort) ? field.map(plainPort) : plain(field, manner);
  }
  return fields;
}

/** For where only one end of it is seen; undefined for what is no packet. */
export function contentOf(about: NetEffect | NetEvent, { message, bytes, payload }: Saying): PacketContent | undefined {
  const { data } = about as { readonly data?: unknown };
  if (!(data instanceof Uint8Array)) return undefined;
  const protocol = viaOf(about);
  const type = message?.['type'];
  const label = typeof type === 'string' ? type : payload === undefined ? `${data.length} bytes` : 'payload';
  return { protocol, label, length: data.length, ...(bytes === undefined ? {} : { bytes }), ...('ttl' in about && about.ttl !== undefined ? { ttl: about.ttl } : {}) };
}

/** Of a packet on the simulated internet. */
export function simulatedContent(data: Uint8Array, ttl: number, segment: Segment | undefined, isIcmp: boolean, said: string | undefined): PacketContent {
  const shared = { length: data.length, bytes: knownHex(data), ttl };
  if (isIcmp) return { protocol: 'icmp', label: said ?? icmpName(data), ...shared };
  if (segment === undefined) return { protocol: 'udp', label: said ?? `${data.length} bytes`, ...shared };
  const { syn, fin, rst, seq, ack } = segment;
  const label = data.length > 0 && said !== undefined ? said : segmentName(segment, data.length);
  return { protocol: 'tcp', label, ...shared, segment: { syn, fin, rst, seq, ...(ack === undefined ? {} : { ack }) } };
}

/** Of a run on a real network bytes are told as a recording would keep them, and nowhere else: they may be the application's. */
export function mannerOf({ isSimulated }: Run): Manner {
  return isSimulated ? SHOWN : HIDDEN;
}

const SHOWN: Manner = {};
const HIDDEN: Manner = { hidesBytes: true };

/** What was sent is the same bytes when it arrives, in a simulation: made into hex once. */
function knownHex(data: Uint8Array): string {
  const known = hexes.get(data);
  if (known !== undefined) return known;
  const hex = hexOf(data);
  hexes.set(data, hex);
  return hex;
}

/** About as many as are on their way at once. */
const hexes = new Recall<Uint8Array, string>(64);

/** Of a message as it arrived: where and when, which its `heard` tells. */
const ARRIVAL = ['socket', 'from', 'at'];

function decoded({ codec }: Run, data: Uint8Array, remote: Endpoint | undefined, via: Via): object | undefined {
  const found = via === 'icmp' ? codec.icmp?.decode(data, remote) : codec.decode(data, remote);
  return found?.kind === 'message' ? found.message : undefined;
}

/** As in `local: {}`: any address, any port. */
function isEmpty(field: unknown): boolean {
  return typeof field === 'object' && field !== null && Object.keys(field).length === 0;
}

function isPort(field: unknown): boolean {
  if (typeof field !== 'object' || field === null || !('port' in field)) return false;
  for (const key of Object.keys(field)) if (key !== 'host' && key !== 'port') return false;
  return true;
}
