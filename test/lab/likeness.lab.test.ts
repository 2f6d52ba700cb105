/**
 * The same questions asked of the kernel's NATs and of the simulator's, by name: what they answer must be equal.
 *
 * For: finding where the simulator is wrong.
 * Never: uses the project's own protocol code.
 */
import { describe, expect, test } from 'vitest';
import { parseNatName } from '../../adapters/sim/nat-name.ts';
import { NAT_FLAVOURS, OTHER_NAT_FLAVOURS, world } from '../../adapters/sim/index.ts';
import { Port } from '../sim/port.ts';
import { filteringOf, fresh, mappingOf, name, openAt, PUBLIC_A, rig, SERVERS, SILENCE_MS } from './rig.ts';
import type { Heard } from './probe.ts';

const PORTS = [40_000, 40_001] as const;
const FILTER_PORT = 40_002;

/** What was seen: outside ports for each socket and server, who gets in, and the source of a packet sent to one's own outside port. */
interface Sight {
  readonly outside: readonly (readonly (number | undefined)[])[];
  readonly passed: readonly string[];
  readonly turnedBack: string | undefined;
}

/** What can be compared: numbers that chance decides are gone. */
function portrait(flavour: string, { outside, passed, turnedBack }: Sight): unknown {
  const { block } = parseNatName(flavour);
  const all = outside.flat();
  const given = all.filter((port, index) => port !== undefined && all.indexOf(port) === index) as number[];
  const steps = new Set(given.slice(1).map((port, index) => port - (given[index] ?? 0)));
  return {
    // Which packets share a port: each by the first that had it.
    sharing: all.map((port) => (port === undefined ? undefined : all.indexOf(port))),
    preserved: outside.map((ports, index) => ports[0] === PORTS[index]),
    step: given.length > 2 && steps.size === 1 ? [...steps][0] : undefined,
    isInBlock: block !== undefined && Math.max(...given) - Math.min(...given) < block,
    passed,
    turnedBack: turnedBack === undefined ? undefined : turnedBack.split(':')[0],
  };
}

async function kernel(flavour: string): Promise<Sight> {
  const bench = await rig({ a: flavour });
  for (const port of [...PORTS, FILTER_PORT]) await openAt(bench.a, port);
  const isDeaf = flavour.startsWith('udp-blocked');
  const outside = [];
  for (const port of PORTS) outside.push(isDeaf ? SERVERS.map(() => undefined) : await mappingOf(bench, port));
  const text = fresh();
  await bench.a.call('send', [String(PORTS[1]), [PUBLIC_A, outside[0]?.[0] ?? PORTS[0]], [text]]);
  const [back] = await bench.a.call<Heard[]>('wait', [String(PORTS[0]), text, SILENCE_MS]);
  const { passed } = isDeaf ? { passed: [] } : await filteringOf(bench, FILTER_PORT);
  return { outside, passed, turnedBack: back && name(back.from) };
}

function simulator(flavour: string): Sight {
  const w = world({ a: flavour });
  const [a, s] = [new Port(w.host('a')), new Port(w.host('s'))];
  for (const port of [...PORTS, FILTER_PORT]) a.open(String(port), { port });
  for (const [host, port] of SERVERS) s.open(name([host, port]), { host, port });
  const send = (from: Port, socket: string, to: string, text: string): void => {
    from.send(socket, to, text);
    w.advance(100);
  };
  /** The source that `listener`'s socket saw of a text. */
  const source = (listener: Port, socket: string, text: string): string | undefined =>
    listener.received().find((line) => line.startsWith(`${socket}<`) && line.endsWith(` ${text}`))?.slice(socket.length + 1, -text.length - 1);
  const seen = (port: number, server: string): string | undefined => {
    const text = `${port} to ${server}`;
    send(a, String(port), server, text);
    return source(s, server, text);
  };
  const portOf = (endpoint: string | undefined): number | undefined => (endpoint === undefined ? undefined : Number(endpoint.split(':')[1]));
  const outside = PORTS.map((port) => SERVERS.map((server) => portOf(seen(port, name(server)))));
  send(a, String(PORTS[1]), name([PUBLIC_A, outside[0]?.[0] ?? PORTS[0]]), 'back');
  const target = seen(FILTER_PORT, name(SERVERS[0]));
  for (const server of SERVERS) if (target !== undefined) send(s, name(server), target, 'in');
  const passed = SERVERS.map(name).filter((server) => a.received().includes(`${FILTER_PORT}<${server} in`)).sort();
  return { outside, passed, turnedBack: source(a, String(PORTS[0]), 'back') };
}

describe('kernel and simulator answer alike', () => {
  test.each([
    ...NAT_FLAVOURS,
    ...OTHER_NAT_FLAVOURS,
    'port-restricted+randport',
    'full-cone+randport+hairpin',
    'restricted+randport+cgn',
    'restricted+randport+hairpin+cgn',
    'full-cone+hairpin+cgn',
    'full-cone+block=64',
    'restricted+block=64+hairpin',
    'port-restricted+block=16+cgn',
    'symmetric+block=64',
    'symmetric+hairpin',
    'symmetric+cgn',
    'symmetric-addr+block=32',
    'symmetric-addr+hairpin',
    'symmetric-addr+cgn',
    'symmetric-open+block=128+cgn',
    'symmetric-open+hairpin',
    'symmetric-seq+step=2',
    'symmetric-seq+step=-1',
    'symmetric-seq+step=-7+hairpin+cgn',
    'firewall+rst+lifetime=30',
  ])('%s', async (flavour) => {
    expect(portrait(flavour, simulator(flavour))).toEqual(portrait(flavour, await kernel(flavour)));
  });
});
