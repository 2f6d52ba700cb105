/**
 * NAT flavours of the kernel lab, as nftables scripts.
 *
 * For: turning a NAT name (`restricted+rst`) into the text that `nft -f` loads in a namespace.
 * Never: runs anything, touches a namespace, or knows about processes. Every function is pure.
 */

export const KINDS = [
  'open',
  'full-cone',
  'restricted',
  'port-restricted',
  'symmetric',
  'symmetric-seq',
  'udp-blocked',
] as const;

/** The base behaviours a lab NAT can have. */
export type Kind = (typeof KINDS)[number];

/** A NAT name taken apart. `noise` is foreign new flows per second, 0 for none. */
export interface Flavour {
  readonly name: string;
  readonly kind: Kind;
  readonly linuxOpen: boolean;
  readonly rst: boolean;
  readonly hairpin: boolean;
  readonly randport: boolean;
  readonly cgn: boolean;
  readonly noise: number;
}

/** How many ports a `symmetric-seq` NAT walks through before it starts again. */
export const SEQUENCE_LENGTH = 16_384;

/** What a NAT script needs to know about its place. `firstPort` is where `symmetric-seq` starts counting. */
export interface NatPlace {
  /** The inside network, as a CIDR prefix. */
  readonly inside: string;
  /** The one outside address. */
  readonly outside: string;
  readonly firstPort: number;
}

const isKind = (text: string): text is Kind => (KINDS as readonly string[]).includes(text);

/**
 * Takes a NAT name apart.
 * @throws Error with one line naming the unknown word, or the pair of words that make no sense together.
 */
export function parseFlavour(name: string): Flavour {
  const [kind = '', ...modifiers] = name.split('+');
  if (!isKind(kind)) throw new Error(`unknown NAT "${kind}" in "${name}": use one of ${KINDS.join(', ')}`);
  let noise = 0;
  const seen = new Set<string>();
  for (const modifier of modifiers) {
    const match = /^noise=(\d+)$/.exec(modifier);
    if (match) noise = Number(match[1]);
    else if (!['linux-open', 'rst', 'hairpin', 'randport', 'cgn'].includes(modifier)) {
      throw new Error(`unknown modifier "+${modifier}" in "${name}": use +linux-open, +rst, +hairpin, +randport, +cgn or +noise=<per s>`);
    }
    seen.add(modifier);
  }
  if (kind === 'open' && seen.size > 0) throw new Error(`"${name}": an open host has no NAT that a modifier could change`);
  if (seen.has('randport') && kind.startsWith('symmetric')) throw new Error(`"${name}": +randport is for cones; a symmetric NAT chooses its ports already`);
  return {
    name,
    kind,
    linuxOpen: seen.has('linux-open'),
    rst: seen.has('rst'),
    hairpin: seen.has('hairpin'),
    randport: seen.has('randport'),
    cgn: seen.has('cgn'),
    noise,
  };
}

/** The flavour of every carrier NAT that `+cgn` puts above a home NAT: a plain Linux masquerade. */
export const CARRIER: Flavour = parseFlavour('port-restricted');

const UDP_LIFE = '2m';
const TCP_LIFE = '2h4m';

/**
 * Dynamic state of NATs that pass what the kernel alone would not: who owns an outside port, and whom they wrote to.
 * `mapping`: outside port → inside endpoint. `port`: inside endpoint → outside port. `taken`: outside ports in use.
 * `allowed`: outside port and the remote address that its owner wrote to.
 */
const TABLES = `
  map mapping { type inet_proto . inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout ${UDP_LIFE}; size 65535; }
  map port { type inet_proto . ipv4_addr . inet_service : inet_service; flags dynamic,timeout; timeout ${UDP_LIFE}; size 65535; }
  set taken { type inet_proto . inet_service; flags dynamic,timeout; timeout ${UDP_LIFE}; size 65535; }
  set allowed { type inet_proto . inet_service . ipv4_addr; flags dynamic,timeout; timeout ${UDP_LIFE}; size 65535; }`;

/** Learns from packets that already wear their outside source, so it holds whichever port the kernel chose. */
function learn(protocol: 'udp' | 'tcp', life: string, place: NatPlace): string {
  const ours = `ip saddr ${place.outside} meta l4proto ${protocol}`;
  const direction = (way: 'original' | 'reply'): string => `
    ${ours} ct direction ${way} ct ${way} ip saddr ${place.inside} update @mapping { meta l4proto . th sport timeout ${life} : ct ${way} ip saddr . ct ${way} proto-src }
    ${ours} ct direction ${way} ct ${way} ip saddr ${place.inside} update @port { meta l4proto . ct ${way} ip saddr . ct ${way} proto-src timeout ${life} : th sport }`;
  return `${direction('original')}${direction('reply')}
    ${ours} update @taken { meta l4proto . th sport timeout ${life} }
    ${ours} update @allowed { meta l4proto . th sport . ip daddr timeout ${life} }`;
}

/** True where the NAT passes strangers, and so must know the owner of an outside port. */
const isMapped = (flavour: Flavour): boolean => flavour.kind === 'full-cone' || flavour.kind === 'restricted';

/** True where the NAT must remember more than conntrack does. */
const remembers = (flavour: Flavour): boolean => isMapped(flavour) || flavour.hairpin || flavour.randport;

/** How the source port is chosen for a new flow. A bare `numgen` would be read byte-swapped as a port, hence the map. */
function translate(flavour: Flavour, place: NatPlace): string {
  const to = `snat to ${place.outside}`;
  if (flavour.kind === 'symmetric') return `    meta l4proto { tcp, udp } ${to} fully-random\n    ${to}`;
  if (flavour.kind === 'symmetric-seq') {
    const ports = Array.from({ length: SEQUENCE_LENGTH }, (_, index) => `${index} : ${place.firstPort + index}`);
    return `    meta l4proto { tcp, udp } ${to}:numgen inc mod ${SEQUENCE_LENGTH} map { ${ports.join(', ')} }\n    ${to}`;
  }
  // Even plain `random` draws anew for each destination, so a cone has to look its own port up.
  const again = `    meta l4proto { tcp, udp } ${to}:meta l4proto . ip saddr . th sport map @port`;
  if (flavour.randport) return `${again}\n    meta l4proto { tcp, udp } ${to} random\n    ${to}`;
  // A fixed port cannot move aside, and moving aside is what an open INPUT chain is about: leave the choice to the kernel.
  if (!isMapped(flavour) || flavour.linuxOpen) return `    ${to}`;
  return `${again}\n    meta l4proto . th sport @taken ${to} random\n    ${to}`;
}

function destination(flavour: Flavour, place: NatPlace): string {
  const back = 'dnat to meta l4proto . th dport map @mapping';
  const rules: string[] = [];
  const arrives = `iifname "wan" ip daddr ${place.outside} meta l4proto { tcp, udp }`;
  if (flavour.kind === 'full-cone') rules.push(`    ${arrives} ${back}`);
  if (flavour.kind === 'restricted') rules.push(`    ${arrives} meta l4proto . th dport . ip saddr @allowed ${back}`);
  if (flavour.hairpin) rules.push(`    iifname "lan" ip daddr ${place.outside} meta l4proto { tcp, udp } ${back}`);
  return rules.join('\n');
}


/**
 * The whole ruleset of one NAT whose interfaces are called `lan` and `wan`.
 * Hairpinned packets are not filtered: with `+hairpin` every mapping can be reached from inside.
 */
export function natScript(flavour: Flavour, place: NatPlace): string {
  if (flavour.kind === 'open') return '';
  return `table ip lab {${remembers(flavour) ? TABLES : ''}
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "lan" ip daddr ${place.outside} meta l4proto { tcp, udp } drop
    iifname != "wan" accept
    ct state established,related accept
${flavour.rst ? '    meta l4proto tcp reject with tcp reset\n' : ''}${flavour.linuxOpen ? '' : '    drop\n'}  }
  chain forward {
    type filter hook forward priority filter; policy drop;
${flavour.kind === 'udp-blocked' ? '    meta l4proto udp drop\n' : ''}    iifname "lan" oifname "wan" accept
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
  chain learn {
    type filter hook postrouting priority srcnat + 10; policy accept;${remembers(flavour) ? learn('udp', UDP_LIFE, place) + learn('tcp', TCP_LIFE, place) : ''}
  }
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
