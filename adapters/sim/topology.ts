/**
 * Hosts by name and NAT to a wired internet, with the addresses of the kernel lab: host n at 192.168.n.2 behind 198.18.n.2,
 * with a carrier NAT 100.64.n.2 in between; servers at 198.18.0.2 and on, straight on the core.
 */
import { type NatBehaviour, translates } from './behaviour.ts';
import { natFlavour, type NatChoice } from './flavours.ts';
import type { Host } from './host.ts';
import type { Internet } from './internet.ts';
import type { LinkBehaviour } from './link.ts';
import type { Link, Router } from './router.ts';

/**
 * Where a host lives: behind a NAT of its own; `behind a`, on a's LAN; or `restricted behind cgn-a`, with its own NAT below that router,
 * which may also be said by what the NATs do.
 */
export type Place = NatChoice | { readonly behind: string; readonly nats?: NatChoice };

/** A host as wired. */
export interface Site {
  readonly host: Host;
  /** The link that carries its latency and loss: the one to the core, or to the router of another's LAN. */
  readonly access: Link;
  readonly accessName: string;
  /** By these it is reached from elsewhere: its own addresses and those of every NAT above it. */
  readonly reachedBy: ReadonlySet<string>;
  /** The one by which a stranger would try. */
  readonly publicAddress: string;
}

/** Wires `places` and `servers` (each with two addresses); `access` says what the access link of a host is like. */
export function wire(
  internet: Internet,
  places: Readonly<Record<string, Place>>,
  servers: readonly string[],
  access: (host: string) => Partial<LinkBehaviour>,
): Map<string, Site> {
  const sites = new Map<string, Site>();
  const lans = new Map<string, Lan>();
  servers.forEach((name, i) => {
    const addresses = [`198.18.0.${2 + 2 * i}`, `198.18.0.${3 + 2 * i}`];
    const host = internet.host({ name, addresses, link: access(name) });
    sites.set(name, siteOf(internet, host, undefined, `link-${name}`));
  });
  let number = 0;
  for (const [name, place] of Object.entries(places)) {
    if (sites.has(name)) throw new Error(`two hosts are called '${name}'`);
    const { chain, below } = parsePlace(place);
    const lan = below === undefined ? undefined : lanOf(below, lans);
    if (lan === undefined || chain.length > 0) number += 1;
    sites.set(name, wireSite({ internet, name, chain, lan, number, link: access(name), lans }));
  }
  return sites;
}

/** The inside of a router: where its next neighbour goes. */
interface Lan {
  readonly router: Router;
  /** The routers above it, the outermost first. */
  readonly outer: readonly Router[];
  readonly subnet: Subnet;
}

interface Subnet {
  /** `192.168.1.` */
  readonly prefix: string;
  next: number;
}

interface Plan {
  readonly internet: Internet;
  readonly name: string;
  readonly chain: readonly NatBehaviour[];
  readonly lan: Lan | undefined;
  readonly number: number;
  readonly link: Partial<LinkBehaviour>;
  readonly lans: Map<string, Lan>;
}

/** From the core, or the shared LAN, inwards: each translating router opens a subnet of its own, others share the one above. */
function wireSite({ internet, name, chain, lan, number, link, lans }: Plan): Site {
  const outer: Router[] = lan ? [...lan.outer, lan.router] : [];
  const isGuest = chain.length === 0 && lan !== undefined;
  const accessName = isGuest ? `lan-${name}` : `link-${name}`;
  const devices: readonly (NatBehaviour | undefined)[] = isGuest ? [] : chain.length === 0 ? [undefined] : chain;
  let subnet: Subnet = lan?.subnet ?? { prefix: `198.18.${number}.`, next: 2 };
  let left = chain.filter(translates).length;
  for (let depth = devices.length - 1; depth >= 0; depth -= 1) {
    const behaviour = devices[depth];
    const rewrites = behaviour !== undefined && translates(behaviour);
    const addresses = rewrites ? take(subnet, behaviour.pool.size) : [];
    const device = deviceName(name, depth, behaviour);
    const isAccess = depth === devices.length - 1;
    const router = internet.router({ name: device, addresses, above: outer.at(-1), ...(isAccess ? { link, linkName: accessName } : {}) }, behaviour);
    if (rewrites) {
      left -= 1;
      subnet = { prefix: left === 0 ? `192.168.${number}.` : `100.${63 + left}.${number}.`, next: 2 };
    }
    lans.set(device, { router, outer: [...outer], subnet });
    outer.push(router);
  }
  const nearest = outer.at(-1)!;
  lans.set(name, { router: nearest, outer: outer.slice(0, -1), subnet });
  const host = internet.host({ name, addresses: take(subnet, 1), above: nearest, linkName: `lan-${name}` });
  return siteOf(internet, host, outer, accessName);
}

function siteOf(internet: Internet, host: Host, outer: readonly Router[] = [], accessName: string): Site {
  const publicAddress = outer.flatMap((router) => router.addresses.slice(0, 1))[0] ?? host.addresses[0]!;
  const reachedBy = new Set([...host.addresses, ...outer.flatMap((router) => router.addresses)]);
  return { host, access: internet.links.get(accessName)!, accessName, reachedBy, publicAddress };
}

function take(subnet: Subnet, count: number): string[] {
  const first = subnet.next;
  subnet.next += count;
  return Array.from({ length: count }, (_, i) => `${subnet.prefix}${first + i}`);
}

function deviceName(host: string, depth: number, behaviour: NatBehaviour | undefined): string {
  if (behaviour === undefined) return `router-${host}`;
  if (!translates(behaviour)) return depth === 0 ? `firewall-${host}` : `firewall${depth + 1}-${host}`;
  if (depth === 0) return `nat-${host}`;
  return depth === 1 ? `cgn-${host}` : `cgn${depth}-${host}`;
}

function parsePlace(place: Place): { readonly chain: readonly NatBehaviour[]; readonly below?: string } {
  if (typeof place !== 'string') return 'behind' in place ? { chain: place.nats === undefined ? [] : natFlavour(place.nats), below: place.behind } : { chain: natFlavour(place) };
  const behind = /^(?:(\S+) )?behind (\S+)$/.exec(place);
  if (!behind) return { chain: natFlavour(place) };
  return { chain: behind[1] === undefined ? [] : natFlavour(behind[1]), below: behind[2]! };
}

function lanOf(below: string, lans: ReadonlyMap<string, Lan>): Lan {
  const lan = lans.get(below);
  if (lan === undefined) throw new Error(`nobody can be behind '${below}': there are ${[...lans.keys()].join(', ')}, named before`);
  return lan;
}
