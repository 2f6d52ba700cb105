/**
 * What the lab's tests share: a lab with probes in its hosts, and the questions they ask of a NAT.
 *
 * For: keeping each test down to its claim.
 * Never: used outside the lab's own tests.
 */
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { buildLab, type Agent, type Lab, type LabSpec } from './lab.ts';
import type { At, Heard } from './probe.ts';

/** The four endpoints at which s listens: two addresses, two ports. */
export const SERVERS = [
  ['198.18.0.2', 3478],
  ['198.18.0.2', 3479],
  ['198.18.0.3', 3478],
  ['198.18.0.3', 3479],
] as const satisfies readonly At[];

/** How long a bounded wait for something that must not come lasts, in ms. */
export const SILENCE_MS = 150;
const ARRIVAL_MS = 3_000;
const PROBE = new URL('probe.ts', import.meta.url);

export const PUBLIC_A = '198.18.1.2';
export const PUBLIC_B = '198.18.2.2';

/** A lab with agents in its hosts; an agent that the test did not ask for throws when used. */
export interface Rig {
  readonly lab: Lab;
  readonly a: Agent;
  readonly b: Agent;
  readonly s: Agent;
}

export const name = (at: At): string => `${at[0]}:${at[1]}`;

let serial = 0;
/** A text that no other datagram of this run begins with. */
export const fresh = (): string => `#${(serial += 1)} `;

async function makeRig(spec: LabSpec, hosts: string): Promise<Rig> {
  const lab = await buildLab(spec);
  const started = new Map<string, Agent>();
  await Promise.all([...hosts].map(async (host) => started.set(host, await lab.agent(host, PROBE))));
  const agent = (host: string): Agent => {
    const found = started.get(host);
    if (!found) throw new Error(`this rig has no agent in "${host}"`);
    return found;
  };
  const bench: Rig = {
    lab,
    get a() {
      return agent('a');
    },
    get b() {
      return agent('b');
    },
    get s() {
      return agent('s');
    },
  };
  if (hosts.includes('s')) for (const at of SERVERS) await bench.s.call('open', [name(at), at[1], at[0]]);
  return bench;
}

/** A rig for one test. `hosts` are the letters of the hosts that get a probe; s has its four sockets open, named `address:port`. */
export async function rig(spec: LabSpec, hosts = 'as'): Promise<Rig> {
  const bench = await makeRig(spec, hosts);
  onTestFinished(() => bench.lab.dispose());
  return bench;
}

/** A rig for all tests of the surrounding `describe`, which must then use ports of their own. */
export function sharedRig(spec: LabSpec, hosts = 'as'): () => Rig {
  let bench: Rig | undefined;
  beforeAll(async () => {
    bench = await makeRig(spec, hosts);
  });
  afterAll(() => bench?.lab.dispose());
  return () => {
    if (!bench) throw new Error('the rig is there only while its tests run');
    return bench;
  };
}

/** Opens a UDP socket named by its port. */
export async function openAt(agent: Agent, port: number): Promise<void> {
  await agent.call('open', [String(port), port]);
}

/** Sends one datagram from the socket on `port` and tells what the listener `at` saw as its source, or undefined. */
export async function seenBy(from: Agent, port: number, listener: Agent, at: At, socket = name(at), timeoutMs = ARRIVAL_MS): Promise<Heard | undefined> {
  const text = fresh();
  await from.call('send', [String(port), at, [text]]);
  const [first] = await listener.call<Heard[]>('wait', [socket, text, timeoutMs]);
  return first;
}

/** The outside ports which the four endpoints of s see of the socket on `port`, in the order of SERVERS. */
export async function mappingOf({ a, s }: Rig, port: number): Promise<(number | undefined)[]> {
  const ports: (number | undefined)[] = [];
  for (const server of SERVERS) ports.push((await seenBy(a, port, s, server))?.from[1]);
  return ports;
}

/**
 * Which endpoints of s reach the socket on `port` after it wrote to the first of them only.
 * The permitted packet goes last: once it is there, what went before it has had its chance.
 */
export async function filteringOf({ a, s }: Rig, port: number): Promise<{ passed: string[]; outside: At }> {
  const [first, ...strangers] = SERVERS;
  const outside = (await seenBy(a, port, s, first))?.from;
  if (!outside) throw new Error('the first packet did not reach s');
  const text = fresh();
  for (const server of [...strangers, first]) await s.call('send', [name(server), outside, [text]]);
  await a.call('wait', [String(port), text, ARRIVAL_MS, SERVERS.length - strangers.length]);
  const passed = await a.call<Heard[]>('wait', [String(port), text, SILENCE_MS, SERVERS.length]);
  return { passed: passed.map(({ from }) => name(from)).sort(), outside };
}

/** Asserts nothing; true when the socket on `port` of `to` stays without the text for the bounded wait. */
export async function staysSilent(to: Agent, port: number, text: string): Promise<boolean> {
  return (await to.call<Heard[]>('wait', [String(port), text, SILENCE_MS])).length === 0;
}
