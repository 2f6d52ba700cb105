/** Worlds whose hosts have a raw ICMP socket each, and what they say to each other. Asserts nothing by itself. */
import { type Place, world } from '../../adapters/sim/index.ts';
import { icmpName } from '../../adapters/sim/icmp-message.ts';
import { encodeIcmp, type IcmpMessage, IP_PROTOCOL } from '../../effects/wire/icmp.ts';
import { Port } from './port.ts';

export const NOBODY = '3.3.3.3';
export const A = '198.18.1.2';
export const S = '198.18.0.2';
export const NOTHING = new Uint8Array(0);

export const echo = (id: number, data = NOTHING): IcmpMessage => ({ kind: 'echo-request', id, sequence: 0, data });
export const exceeded = (src: string, id: number, dst = NOBODY): IcmpMessage => ({
  kind: 'time-exceeded',
  code: 0,
  rest: 0,
  quoted: { src, dst, protocol: IP_PROTOCOL.icmp, data: encodeIcmp(echo(id)) },
});

/** Hosts with a raw socket each. */
export function icmpWorld(places: Readonly<Record<string, Place>>, options: { readonly seed?: number; readonly latencyMs?: number } = {}) {
  const w = world(places, options);
  const ports = new Map([...w.sites.keys()].map((name) => [name, new Port(w.host(name)).ask({ type: 'icmp.open', socket: 'raw' })]));
  w.advance(0);
  const port = (name: string): Port => ports.get(name)!;
  const messages = (name: string) => port(name).heard.flatMap((event) => (event.type === 'icmp.received' ? [event] : []));
  return {
    w,
    port,
    messages,
    send(from: string, to: string, message: IcmpMessage, ttl?: number): void {
      port(from).ask({ type: 'icmp.send', socket: 'raw', to, data: encodeIcmp(message), ttl });
      w.advance(200);
    },
    heard: (name: string): string[] => messages(name).map(({ from, data }) => `${from} ${icmpName(data)}`),
    drops: (): string[] => w.drops().map(({ by, reason }) => `${by} ${reason}`),
  };
}
