/**
 * The map of one kernel lab: which namespaces, which links, and the set-up script of each namespace.
 *
 * For: saying the whole topology in one place, as data.
 * Never: runs anything. `lab.ts` carries the plan out.
 */
import { CARRIER, coreScript, isPublic, natScript, natSwitches, parseFlavour, type Flavour, type NatPlace } from './flavours.ts';

/** The hosts a lab always has. */
export type Host = 'a' | 'b' | 's';

/** What to build. Every delay is in milliseconds, one way. */
export interface LabSpec {
  /** NAT name of side a. */
  readonly a: string;
  /** NAT name of side b, or `same-nat` for a second host (192.168.1.3) on a's own LAN. Default `open`. */
  readonly b?: string;
  /** One-way delay between any two of a, b and s; each access link carries half of it. Default 0. */
  readonly delayMs?: number;
  /** One-way delay of a's access link alone, instead of half of `delayMs`. */
  readonly delayA?: number;
  /** One-way delay of b's access link alone, instead of half of `delayMs`. */
  readonly delayB?: number;
  /** What chance there is in the plan derives from it: the order of the ports in a block. Default `1`. */
  readonly seed?: string;
}

/** One end of a link. The name is the node's, without the lab's prefix. */
export interface End {
  readonly node: string;
  readonly device: string;
}

/** A cable between two nodes; `delayMs` 0 means plain veth, else a delay line over two TUN devices. */
export interface Link {
  readonly near: End;
  readonly far: End;
  readonly delayMs: number;
}

/** A node's commands: `ip -batch` lines, an nft script, whether it routes, and kernel switches `path=value` below /proc/sys/net. */
export interface Node {
  readonly name: string;
  readonly ip: readonly string[];
  readonly nft: string;
  readonly routes: boolean;
  readonly switches: readonly string[];
}

/** Addresses of a host, and the namespace-less name of the NAT or router it sits behind. */
export interface HostPlan {
  readonly address: string;
  readonly addresses: readonly string[];
  /** The address under which the Internet sees the host. */
  readonly publicAddress: string;
  readonly gateway: string;
}

/** Foreign flows that start behind a NAT: a second address of a host is their source. */
export interface Noise {
  readonly node: string;
  readonly source: string;
  readonly perSecond: number;
}

/** The whole plan. */
export interface Plan {
  readonly nodes: readonly Node[];
  readonly links: readonly Link[];
  readonly hosts: Readonly<Record<Host, HostPlan>>;
  readonly noise: readonly Noise[];
}

/** One side to be laid out: `index` numbers its networks; `shared` puts both hosts on its LAN. */
interface SidePlan {
  readonly side: 'a' | 'b';
  readonly flavour: Flavour;
  readonly delayMs: number;
  readonly index: number;
  readonly seed: string;
  readonly shared: boolean;
}

interface Side {
  readonly nodes: Node[];
  readonly links: Link[];
  readonly core: string[];
}

const end = (node: string, device: string): End => ({ node, device });
/** Without an address of IPv6, and so without a word of it. A sysctl would do it too, but waits for the kernel's lock on devices by trying without end. */
const up = (device: string, ...addresses: string[]): string[] => [...addresses.map((address) => `addr add ${address} dev ${device}`), `link set ${device} addrgenmode none`, `link set ${device} up`];

function host(name: string, address: string, gateway: string, more: readonly string[] = []): Node {
  return { name, routes: false, nft: '', switches: [], ip: [...up('eth0', `${address}/24`, ...more), `route add default via ${gateway}`] };
}

/** A host with a public address behind a plain router or a firewall, which stands where a NAT would so that hop counts stay alike. */
function publicSide({ side, flavour, delayMs, index, seed }: SidePlan): Side {
  const net = `198.18.${index}`;
  const address = `${net}.2`;
  const router = `nat-${side}`;
  const place: NatPlace = { inside: `${address}/32`, insiders: [address], outside: address, firstPort: 0, seed };
  return {
    nodes: [
      { name: side, routes: false, nft: '', switches: [], ip: [...up('eth0', `${address}/32`), `route add ${net}.254 dev eth0`, `route add default via ${net}.254`] },
      { name: router, routes: true, nft: natScript(flavour, place), switches: natSwitches(flavour), ip: [...up('lan', `${net}.254/32`), ...up('wan', `${net}.3/24`), `route add ${address} dev lan`, `route add default via ${net}.1`] },
    ],
    links: [
      { near: end(side, 'eth0'), far: end(router, 'lan'), delayMs: 0 },
      { near: end(router, 'wan'), far: end('core', `to-${side}`), delayMs },
    ],
    core: [...up(`to-${side}`, `${net}.1/24`), `route add ${address} via ${net}.3`],
  };
}

function natSide({ side, flavour, delayMs, index, seed, shared }: SidePlan): Side {
  const lan = `192.168.${index}`;
  const net = `198.18.${index}`;
  const carrierNet = `100.64.${index}`;
  const firstPort = index * 20_000;
  const nat = `nat-${side}`;
  const carrier = `cgn-${side}`;
  const outer = flavour.cgn ? carrierNet : net;
  const guests = shared ? ['a', 'b'] : [side];
  const insiders = [...guests.map((_, offset) => `${lan}.${2 + offset}`), ...(flavour.noise > 0 ? [`${lan}.9`] : [])];
  const bridge = shared
    ? ['link add lan type bridge forward_delay 0', ...guests.flatMap((guest) => [`link set lan-${guest} master lan`, ...up(`lan-${guest}`)])]
    : [];
  const nodes: Node[] = [
    ...guests.map((guest, offset) => host(guest, `${lan}.${2 + offset}`, `${lan}.1`, guest === side && flavour.noise > 0 ? [`${lan}.9/24`] : [])),
    {
      name: nat,
      routes: true,
      nft: natScript(flavour, { inside: `${lan}.0/24`, insiders, outside: `${outer}.2`, firstPort, seed: `${seed}/${nat}` }),
      // Frames between two hosts of the LAN are the switch's business, not the router's rules'.
      switches: [...natSwitches(flavour), ...(shared ? ['bridge/bridge-nf-call-iptables=0'] : [])],
      ip: [...bridge, ...up('lan', `${lan}.1/24`), ...up('wan', `${outer}.2/24`), `route add default via ${outer}.1`],
    },
  ];
  const links: Link[] = guests.map((guest) => ({ near: end(guest, 'eth0'), far: end(nat, shared ? `lan-${guest}` : 'lan'), delayMs: 0 }));
  if (flavour.cgn) {
    nodes.push({
      name: carrier,
      routes: true,
      nft: natScript(CARRIER, { inside: `${carrierNet}.0/24`, insiders: [`${carrierNet}.2`], outside: `${net}.2`, firstPort, seed: `${seed}/${carrier}` }),
      switches: [],
      ip: [...up('lan', `${carrierNet}.1/24`), ...up('wan', `${net}.2/24`), `route add default via ${net}.1`],
    });
    links.push({ near: end(nat, 'wan'), far: end(carrier, 'lan'), delayMs: 0 });
  }
  links.push({ near: end(flavour.cgn ? carrier : nat, 'wan'), far: end('core', `to-${side}`), delayMs });
  return { nodes, links, core: up(`to-${side}`, `${net}.1/24`) };
}

const noiseOf = (node: string, flavour: Flavour, index: number): Noise[] => (flavour.noise > 0 ? [{ node, source: `192.168.${index}.9`, perSecond: flavour.noise }] : []);

function hostPlan(flavour: Flavour, index: number, gateway: string, last = 2): HostPlan {
  const publicAddress = `198.18.${index}.2`;
  const address = isPublic(flavour) ? publicAddress : `192.168.${index}.${last}`;
  return { address, addresses: [address], publicAddress, gateway };
}

/**
 * Lays a lab out.
 * @throws Error with one line where a NAT name is wrong, a delay is negative, or two hosts are asked to share a side without a NAT.
 */
export function planLab(spec: LabSpec): Plan {
  const half = (spec.delayMs ?? 0) / 2;
  const [delayA, delayB] = [spec.delayA ?? half, spec.delayB ?? half];
  if (!(half >= 0 && delayA >= 0 && delayB >= 0)) throw new Error('a delay is a number of milliseconds, 0 or more');
  const same = spec.b === 'same-nat';
  const a = parseFlavour(spec.a);
  const b = same ? a : parseFlavour(spec.b ?? 'open');
  if (same && isPublic(a)) throw new Error(`"same-nat" needs a NAT on side a, not "${a.name}"`);
  const seed = spec.seed ?? '1';
  const sideOf = (plan: SidePlan): Side => (isPublic(plan.flavour) ? publicSide(plan) : natSide(plan));
  const left = sideOf({ side: 'a', flavour: a, delayMs: delayA, index: 1, seed, shared: same });
  const none: Side = { nodes: [], links: [], core: [] };
  const right = same ? none : sideOf({ side: 'b', flavour: b, delayMs: delayB, index: 2, seed, shared: false });
  const server: Node = { name: 's', routes: false, nft: '', switches: [], ip: [...up('eth0', '198.18.0.2/24', '198.18.0.3/24'), 'route add default via 198.18.0.1'] };
  const core: Node = {
    name: 'core',
    routes: true,
    nft: coreScript(),
    switches: [],
    ip: [...up('to-s', '198.18.0.1/24'), ...left.core, ...right.core, 'route add blackhole default'],
  };
  return {
    nodes: [...left.nodes, ...right.nodes, server, core],
    links: [...left.links, ...right.links, { near: end('s', 'eth0'), far: end('core', 'to-s'), delayMs: half }],
    hosts: {
      a: hostPlan(a, 1, 'nat-a'),
      b: same ? hostPlan(a, 1, 'nat-a', 3) : hostPlan(b, 2, 'nat-b'),
      s: { address: '198.18.0.2', addresses: ['198.18.0.2', '198.18.0.3'], publicAddress: '198.18.0.2', gateway: 'core' },
    },
    noise: [...noiseOf('a', a, 1), ...(same ? [] : noiseOf('b', b, 2))],
  };
}
