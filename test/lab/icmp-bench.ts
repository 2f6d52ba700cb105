/**
 * One NAT with two hosts inside and a server outside, of the kernel or of the simulator, and the same ways to ask either.
 *
 * For: facts about ICMP that must be the same on both.
 * Never: says what they should be.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { natFlavour, world } from '../../adapters/sim/index.ts';
import { fromHex, toHex } from '../../effects/wire/bytes.ts';
import { encodeIcmp, type IcmpMessage, quotedEcho, readIcmp } from '../../effects/wire/icmp.ts';
import { Port } from '../sim/port.ts';
import { type Agent, buildLab, type Lab } from './lab.ts';
import type { IcmpHeard } from './icmp-probe.ts';
import { PUBLIC_A } from './rig.ts';

export type Who = 'a' | 'b' | 's';

/** What a NAT remembers of an echo. */
export interface Entry {
  readonly inside: string;
  readonly remote: string;
  readonly outside: string;
  readonly replied: boolean;
  /** Whole seconds, begun ones too. */
  readonly secondsLeft: number;
}

export interface IcmpBench {
  /** Where the Internet sees a. */
  readonly publicA: string;
  readonly address: Readonly<Record<Who, string>>;
  send(who: Who, to: string, message: IcmpMessage | Uint8Array, ttl?: number): Promise<void>;
  sendUdp(who: Who, port: number, to: { readonly host: string; readonly port: number }, ttl?: number): Promise<void>;
  openUdp(who: Who, port: number): Promise<void>;
  closeUdp(who: Who, port: number): Promise<void>;
  /** Waits until all that was sent has come or never will, then tells what each host heard since it was asked last. */
  heard(): Promise<Readonly<Record<Who, readonly string[]>>>;
  entries(): Promise<readonly Entry[]>;
  pass(ms: number): Promise<void>;
}

const HOSTS = ['a', 'b', 's'] as const;
/** For what softirqs have put off; whatever has reached a host is heard, however busy the machine is. */
const QUIET_MS = 50;

/** Hosts that stay, and one NAT after the other between them. */
export interface KernelBenches {
  /** Ends the one before. */
  behind(nat: string): Promise<IcmpBench>;
  dispose(): Promise<void>;
}

export async function kernelBenches(): Promise<KernelBenches> {
  const lab = await buildLab({ a: 'open' });
  const started = await Promise.all(HOSTS.map(async (host) => lab.agent(host, new URL('icmp-probe.ts', import.meta.url))));
  const agents = { a: started[0]!, b: started[1]!, s: started[2]! };
  await Promise.all(HOSTS.map((host) => agents[host].call('openRaw', [])));
  return {
    async behind(nat) {
      await lab.rebuild({ a: nat, b: isPublicNat(nat) ? 'open' : 'same-nat' });
      const known = await Promise.all(HOSTS.map(async (host) => (await agents[host].call<IcmpHeard[]>('heardRaw', [0])).length));
      return kernelBench(nat, lab, agents, { a: known[0]!, b: known[1]!, s: known[2]! });
    },
    dispose: () => lab.dispose(),
  };
}

function kernelBench(nat: string, lab: Lab, agents: Readonly<Record<Who, Agent>>, known: Record<Who, number>): IcmpBench {
  const agent = (who: Who): Agent => agents[who];
  return {
    publicA: PUBLIC_A,
    address: { a: lab.hosts.a.address, b: lab.hosts.b.address, s: lab.hosts.s.address },
    send: (who, to, message, ttl) => agent(who).call('sendRaw', [to, toHex(bytesOf(message)), ...(ttl === undefined ? [] : [ttl])]),
    sendUdp: (who, port, to, ttl) => agent(who).call('sendUdp', [port, to, ...(ttl === undefined ? [] : [ttl])]),
    openUdp: (who, port) => agent(who).call('openUdp', [port]),
    closeUdp: (who, port) => agent(who).call('closeUdp', [port]),
    async heard() {
      await sleep(QUIET_MS);
      const result: Record<Who, string[]> = { a: [], b: [], s: [] };
      for (const who of HOSTS) {
        const messages = await agent(who).call<IcmpHeard[]>('heardRaw', [known[who]]);
        known[who] += messages.length;
        result[who] = messages.map(({ from, hex }) => describeHeard(from, fromHex(hex) ?? new Uint8Array(0)));
      }
      return result;
    },
    entries: async () => (nat === 'open' ? [] : (await lab.conntrack('nat-a')).flatMap(entryOf)),
    pass: (ms) => sleep(ms),
  };
}

export function simulatedBench(nat: string): IcmpBench {
  const w = world({ a: nat, b: isPublicNat(nat) ? 'open' : 'behind a' });
  const ports = { a: new Port(w.host('a')), b: new Port(w.host('b')), s: new Port(w.host('s')) };
  for (const who of HOSTS) ports[who].ask({ type: 'icmp.open', socket: 'raw' });
  const known: Record<Who, number> = { a: 0, b: 0, s: 0 };
  const now = async (run: () => void): Promise<void> => {
    run();
    w.advance(10);
  };
  return {
    publicA: PUBLIC_A,
    address: { a: w.host('a').addresses[0]!, b: w.host('b').addresses[0]!, s: w.host('s').addresses[0]! },
    send: (who, to, message, ttl) => now(() => ports[who].ask({ type: 'icmp.send', socket: 'raw', to, data: bytesOf(message), ttl })),
    sendUdp: (who, port, to, ttl) => now(() => ports[who].ask({ type: 'udp.send', socket: String(port), to, data: Uint8Array.of(1), ttl })),
    openUdp: (who, port) => now(() => ports[who].open(String(port), { port })),
    closeUdp: (who, port) => now(() => ports[who].ask({ type: 'close', socket: String(port) })),
    async heard() {
      w.advance(QUIET_MS);
      const result: Record<Who, string[]> = { a: [], b: [], s: [] };
      for (const who of HOSTS) {
        const messages = ports[who].heard.flatMap((event) => (event.type === 'icmp.received' ? [describeHeard(event.from, event.data)] : []));
        result[who] = messages.slice(known[who]);
        known[who] = messages.length;
      }
      return result;
    },
    async entries() {
      const nats = [...w.internet.routers].flatMap(([name, { nat: one }]) => (one && /^(?:nat|firewall)-a$/.test(name) ? [one] : []));
      return nats.flatMap((one) => one.rows(w.clock.now())).flatMap(({ mapping: { protocol, inside, external }, remote, replied, expiresAt }) =>
        protocol === 'icmp'
          ? [{ inside: `${inside.host} ${inside.port}`, remote, outside: `${external.host} ${external.port}`, replied, secondsLeft: Math.ceil((expiresAt - w.clock.now()) / 1000) }]
          : [],
      );
    },
    pass: async (ms) => void w.advance(ms),
  };
}

export function isPublicNat(nat: string): boolean {
  return natFlavour(nat).every(({ allocation }) => allocation.kind === 'none');
}

function bytesOf(message: IcmpMessage | Uint8Array): Uint8Array {
  return message instanceof Uint8Array ? message : encodeIcmp(message);
}

/** What matters of a message, and only that. */
function describeHeard(from: string, data: Uint8Array): string {
  const message = readIcmp(data);
  if (message === undefined) return `${from} something else`;
  if (!('quoted' in message)) return `${from} ${message.kind} ${message.id}/${message.sequence}`;
  const { kind, code, rest, quoted } = message;
  const echo = quotedEcho(quoted);
  const ports = [0, 2].map((at) => ((quoted.data[at] ?? 0) << 8) | (quoted.data[at + 1] ?? 0));
  const what = echo ? `${echo.kind} ${echo.id}/${echo.sequence}` : `${quoted.protocol} ${ports.join('>')}`;
  return `${from} ${kind} ${code} ${rest} for ${quoted.src}>${quoted.dst} ${what}${quoted.length === 0x1c00 ? ' of a senseless length' : ''}`;
}

function entryOf(line: string): Entry[] {
  const match = /\bicmp\s+1 (\d+) src=(\S+) dst=(\S+) type=8 code=0 id=(\d+) .*?src=\S+ dst=(\S+) type=0 code=0 id=(\d+)/.exec(line);
  if (!match) return [];
  const [, left, inside, remote, id, outside, outsideId] = match;
  return [{ inside: `${inside} ${id}`, remote: remote ?? '', outside: `${outside} ${outsideId}`, replied: !line.includes('UNREPLIED'), secondsLeft: Number(left) + 1 }];
}
