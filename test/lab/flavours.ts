/**
 * NAT flavours of the kernel lab, as nftables scripts.
 *
 * For: turning a NAT name (`restricted+rst`) into the text that `nft -f` loads in a namespace.
 * Never: runs anything, touches a namespace, or knows about processes. Every function is pure.
 */
import { isCone, type NatName, parseNatName } from '../../adapters/sim/nat-name.ts';
import { chance, seedOf } from '../../effects/seed.ts';

/** A NAT name taken apart, by the grammar that the simulator has too. */
export interface Flavour extends NatName {
  readonly name: string;
}

/** How many ports a `symmetric-seq` NAT walks through before it starts again. */
export const SEQUENCE_LENGTH = 16_384;

/** What a NAT script needs to know about its place. */
export interface NatPlace {
  /** The inside network, as a CIDR prefix. */
  readonly inside: string;
  /** The addresses in it that send. */
  readonly insiders: readonly string[];
  /** The one outside address. */
  readonly outside: string;
  /** Where `symmetric-seq` starts counting, and the first block begins. */
  readonly firstPort: number;
  /** The order of the ports in a block derives from it. */
  readonly seed: string;
}

/** Takes a NAT name apart. Throws `UnknownNat`. */
export function parseFlavour(name: string): Flavour {
  return { ...parseNatName(name), name };
}

/** True where the host itself has the public address. */
export const isPublic = ({ flavour }: Flavour): boolean => flavour === 'open' || flavour === 'firewall';

/** Kernel switches below /proc/sys/net that the flavour needs. */
export function natSwitches({ lifetime }: Flavour): string[] {
  return lifetime === undefined ? [] : ['udp_timeout', 'udp_timeout_stream'].map((name) => `netfilter/nf_conntrack_${name}=${lifetime}`);
}

/** The flavour of every carrier NAT that `+cgn` puts above a home NAT: a plain Linux masquerade. */
export const CARRIER: Flavour = parseFlavour('port-restricted');

const TCP_LIFE = '2h4m';
const udpLife = ({ lifetime }: Flavour): string => (lifetime === undefined ? '2m' : `${lifetime}s`);

/**
 * Dynamic state of NATs that pass what the kernel alone would not: who owns an outside port, and whom they wrote to.
 * `mapping`: outside port → inside endpoint. `port`: inside endpoint → outside port. `port_at`: the same for each remote
 * address. `taken`: outside ports in use. `allowed`: outside port and the remote address that its owner wrote to.
 */
function tables(flavour: Flavour): string {
  const rest = `flags dynamic,timeout; timeout ${udpLife(flavour)}; size 65535;`;
  return `
  map mapping { type inet_proto . inet_service : ipv4_addr . inet_service; ${rest} }
  map port { type inet_proto . ipv4_addr . inet_service : inet_service; ${rest} }
  map port_at { type inet_proto . ipv4_addr . inet_service . ipv4_addr : inet_service; ${rest} }
  set taken { type inet_proto . inet_service; ${rest} }
  set allowed { type inet_proto . inet_service . ipv4_addr; ${rest} }`;
}

/**
 * Learns from packets that already wear their outside source, so it holds whichever port the kernel chose, and from those
 * that arrived: they keep alive what conntrack keeps alive. `away` is the tuple by which a flow leaves, `home` its mirror.
 */
function learn(protocol: 'udp' | 'tcp', life: string, place: NatPlace): string {
  const l4 = 'meta l4proto';
  const lines = (['original', 'reply'] as const).flatMap((way) => {
    const [back, away] = [way === 'original' ? 'reply' : 'original', `${l4} ${protocol} ct direction ${way} ct ${way} ip saddr ${place.inside} ip saddr ${place.outside}`];
    const home = `${l4} ${protocol} oifname "lan" ct direction ${back} ct ${way} ip saddr ${place.inside} ct ${back} ip daddr ${place.outside}`;
    const inside = `ct ${way} ip saddr . ct ${way} proto-src`;
    return [[away, 'th sport', 'ip daddr'], [home, `ct ${back} proto-dst`, 'ip saddr']].flatMap(([packet, port, remote]) => [
      `${packet} update @mapping { ${l4} . ${port} timeout ${life} : ${inside} }`,
      `${packet} update @port { ${l4} . ${inside} timeout ${life} : ${port} }`,
      `${packet} update @taken { ${l4} . ${port} timeout ${life} }`,
      `${packet} update @allowed { ${l4} . ${port} . ${remote} timeout ${life} }`,
      // Of a flow that began outside, the port says nothing about where the next flow to that address will leave.
      ...(way === 'original' ? [`${packet} update @port_at { ${l4} . ${inside} . ct original ip daddr timeout ${life} : ${port} }`] : []),
    ]);
  });
  return lines.map((line) => `\n    ${line}`).join('');
}

/** True where the NAT passes strangers, and so must know the owner of an outside port. */
const isMapped = ({ flavour }: Flavour): boolean => flavour === 'full-cone' || flavour === 'restricted' || flavour === 'symmetric-open';

/** True where the NAT must remember more than conntrack does. */
const remembers = (flavour: Flavour): boolean =>
  isMapped(flavour) || flavour.hairpin || flavour.randport || flavour.block !== undefined || flavour.flavour === 'symmetric-addr';

/** True where a new port is sought only for an inside endpoint that has none, which the kernel alone does not know. */
const looksUp = (flavour: Flavour): boolean =>
  flavour.flavour === 'symmetric-addr' || (isCone(flavour.flavour) && (flavour.randport || flavour.block !== undefined || (isMapped(flavour) && !flavour.linuxOpen)));

/** How the source port is chosen for a new flow. */
function translate(flavour: Flavour, place: NatPlace): string {
  const to = `snat to ${place.outside}`;
  const known =
    flavour.flavour === 'symmetric-addr'
      ? `${to}:meta l4proto . ip saddr . th sport . ct original ip daddr map @port_at`
      : // Even plain `random` draws anew for each destination, so a cone has to look its own port up.
        `${to}:meta l4proto . ip saddr . th sport map @port`;
  const rules = [...(looksUp(flavour) ? [`meta l4proto { tcp, udp } ${known}`] : []), ...chosen(flavour, place, to), to];
  return rules.map((rule) => `    ${rule}`).join('\n');
}

/** A fixed port cannot move aside, and moving aside is what an open INPUT chain is about: there the choice stays the kernel's. */
function chosen(flavour: Flavour, place: NatPlace, to: string): string[] {
  const { flavour: kind, block, step } = flavour;
  if (block !== undefined) {
    return [
      `meta l4proto { tcp, udp } meta mark set ${FRESH}`,
      ...place.insiders.map((insider, n) => `meta l4proto { tcp, udp } ip saddr ${insider} ${to}:${inTurn(shuffled(place.firstPort + n * block, block, `${place.seed}/${insider}`))}`),
    ];
  }
  if (kind === 'symmetric-seq') return [`meta l4proto { tcp, udp } ${to}:${inTurn(counted(place.firstPort, step))}`];
  if (kind === 'symmetric' || kind === 'symmetric-addr' || kind === 'symmetric-open') return [`meta l4proto { tcp, udp } ${to} fully-random`];
  if (flavour.randport) return [`meta l4proto { tcp, udp } ${to} random`];
  return looksUp(flavour) ? [`meta l4proto . th sport @taken ${to} random`] : [];
}

/** The mark of a packet whose port was drawn just now. */
const FRESH = '0x1';

/** The next of these ports for every new flow, then from the start. A bare `numgen` would be read byte-swapped as a port, hence the map. */
function inTurn(ports: readonly number[]): string {
  return `numgen inc mod ${ports.length} map { ${ports.map((port, n) => `${n} : ${port}`).join(', ')} }`;
}

const FIRST_PORT = 1024;
const PORTS = 65_536 - FIRST_PORT;

/** Ports `step` apart, round the ends of the range, until they repeat or are enough. */
function counted(first: number, step: number): number[] {
  const ports = new Set<number>();
  for (let port = first; ports.size < SEQUENCE_LENGTH && !ports.has(port); port = FIRST_PORT + ((port + step - FIRST_PORT + PORTS) % PORTS)) ports.add(port);
  return [...ports];
}

/** All ports of a block, in an order that nobody can foretell who does not know the seed. */
function shuffled(first: number, size: number, seed: string): number[] {
  const order = seedOf(seed, 'block');
  return Array.from({ length: size }, (_, n) => ({ port: first + n, rank: chance(order, n) }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ port }) => port);
}

function destination(flavour: Flavour, place: NatPlace): string {
  const back = 'dnat to meta l4proto . th dport map @mapping';
  const rules: string[] = [];
  const arrives = `iifname "wan" ip daddr ${place.outside} meta l4proto { tcp, udp }`;
  if (flavour.flavour === 'full-cone' || flavour.flavour === 'symmetric-open') rules.push(`    ${arrives} ${back}`);
  if (flavour.flavour === 'restricted') rules.push(`    ${arrives} meta l4proto . th dport . ip saddr @allowed ${back}`);
  if (flavour.hairpin) rules.push(`    iifname "lan" ip daddr ${place.outside} meta l4proto { tcp, udp } ${back}`);
  return rules.join('\n');
}

/**
 * The whole ruleset of one NAT or firewall whose interfaces are called `lan` and `wan`.
 * Hairpinned packets are not filtered: with `+hairpin` every mapping can be reached from inside.
 */
export function natScript(flavour: Flavour, place: NatPlace): string {
  if (flavour.flavour === 'open') return '';
  if (flavour.flavour === 'firewall') return firewallScript(flavour);
  // A block walks round: a port that is still in use when its turn comes is not given twice.
  const learning = `${flavour.block === undefined ? '' : `\n    meta mark ${FRESH} meta l4proto . th sport @taken drop`}${learn('udp', udpLife(flavour), place)}${learn('tcp', TCP_LIFE, place)}`;
  return `table ip lab {${remembers(flavour) ? tables(flavour) : ''}
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "lan" ip daddr ${place.outside} meta l4proto { tcp, udp } drop
    iifname != "wan" accept
    ct state established,related accept
${flavour.rst ? `    ${RESET}\n` : ''}${flavour.linuxOpen ? '' : '    drop\n'}  }
  chain forward {
    type filter hook forward priority filter; policy drop;
${flavour.flavour === 'udp-blocked' ? '    meta l4proto udp drop\n' : ''}${flavour.noIcmp ? NO_ICMP : ''}    iifname "lan" oifname "wan" accept
    ct state established,related accept
    ct status dnat accept
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
${destination(flavour, place)}
  }
  chain translate {
${translate(flavour, place)}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" ip saddr ${place.inside} jump translate
    oifname "lan" ct status dnat ip saddr ${place.inside} jump translate
  }
  chain errors {
    type filter hook postrouting priority srcnat + 5; policy accept;${flavour.icmpErrors ? unknownErrors(place) : ''}
  }
  chain learn {
    type filter hook postrouting priority srcnat + 10; policy accept;${remembers(flavour) ? learning : ''}
  }
}
`;
}

const NO_ICMP = '    meta l4proto icmp drop\n';

/** An error about no packet that the kernel knows is invalid to it, so that no NAT rule ever sees it: its source is rewritten without state. */
function unknownErrors({ inside, outside }: NatPlace): string {
  return `\n    oifname "wan" ct state invalid ip saddr ${inside} icmp type { destination-unreachable, time-exceeded } ip saddr set ${outside}`;
}

const RESET = 'meta l4proto tcp reject with tcp reset';

/** Passes what was asked for, and rewrites nothing. */
function firewallScript({ rst, noIcmp }: Flavour): string {
  return `table ip lab {
  chain forward {
    type filter hook forward priority filter; policy drop;
${noIcmp ? NO_ICMP : ''}    iifname "lan" oifname "wan" accept
    ct state established,related accept
${rst ? `    ${RESET}\n` : ''}  }
}
`;
}

/** The core router's ruleset: what must not be seen on the Internet is dropped before it is looked at, and counted. */
export function coreScript(): string {
  return `table ip lab {
  counter private { }
  set private_nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16 } }
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    ip saddr @private_nets counter name private drop
    ip daddr @private_nets counter name private drop
  }
}
`;
}
