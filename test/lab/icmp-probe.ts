/**
 * An agent for hosts of the lab that send and hear ICMP, and a few datagrams: the port of Node, by hand.
 *
 * For: asking real NATs what they make of ICMP.
 * Never: knows what an answer should be.
 */
import { Subject } from 'rxjs';
import { nodeNet } from '../../adapters/node/net.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect, NetEvent } from '../../effects/net.ts';
import { fromHex, toHex } from '../../effects/wire/bytes.ts';
import { encodeIcmp } from '../../effects/wire/icmp.ts';

/** One message, as hex. */
export interface IcmpHeard {
  readonly from: string;
  readonly hex: string;
}

const RAW = 'raw';
const LOOPBACK = '127.0.0.1';
/** An answer to no echo. */
const MARKER = toHex(encodeIcmp({ kind: 'echo-reply', id: 0, sequence: 0, data: new Uint8Array(0) }));
const ARRIVAL_MS = 3_000;
/** One to begin polling the socket, one to poll, and one more. */
const TURNS = 3;

const effects = new Subject<NetEffect>();
const events: NetEvent[] = [];
let wake = (): void => undefined;

nodeNet()(effects).subscribe((event) => {
  events.push(event);
  wake();
});

export async function openRaw(): Promise<void> {
  effects.next({ type: 'icmp.open', socket: RAW });
  await waitFor(() => events.some(({ type }) => type === 'icmp.opened'), ARRIVAL_MS);
}

export async function openUdp(port: number): Promise<void> {
  const times = (): number => events.filter(({ type, socket }) => type === 'udp.opened' && socket === String(port)).length;
  const before = times();
  effects.next({ type: 'udp.open', socket: String(port), local: { port } });
  await waitFor(() => times() > before, ARRIVAL_MS);
}

export async function closeUdp(port: number): Promise<void> {
  effects.next({ type: 'close', socket: String(port) });
}

export async function sendRaw(to: string, hex: string, ttl?: number): Promise<void> {
  effects.next({ type: 'icmp.send', socket: RAW, to, data: fromHex(hex) ?? new Uint8Array(0), ttl });
  // It leaves when the event loop next looks at its sockets, so that what others send later comes later.
  for (let turns = 0; turns < TURNS; turns += 1) await new Promise(setImmediate);
}

export async function sendUdp(port: number, to: Endpoint, ttl?: number): Promise<void> {
  effects.next({ type: 'udp.send', socket: String(port), to, data: Uint8Array.of(1), ttl });
}

/** All ICMP from the `since`th message on. What this host sends itself comes behind all that reached it before. */
export async function heardRaw(since: number): Promise<IcmpHeard[]> {
  const messages = (isOwn: boolean): IcmpHeard[] =>
    events.flatMap((event) => (event.type === 'icmp.received' && (event.from === LOOPBACK) === isOwn ? [{ from: event.from, hex: toHex(event.data) }] : []));
  const before = messages(true).length;
  await sendRaw(LOOPBACK, MARKER);
  await waitFor(() => messages(true).length > before, ARRIVAL_MS);
  return messages(false).slice(since);
}

async function waitFor(met: () => boolean, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (!met() && performance.now() < deadline) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadline - performance.now());
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
