/** NATs, devices and drops in plain words, for somebody who has never heard of mapping or filtering. */
import { translates } from '../adapters/sim/behaviour.ts';
import { type Allocation, type Dependence, type DropReason, LINUX_EXPIRY, type NatBehaviour, type NatChain, natFlavour } from '../adapters/sim/index.ts';
import { N4_DEFAULTS } from '../machines/n4/index.ts';
import type { SweepReach } from '../machines/n4/prospects.ts';
import type { HoleReach } from '../machines/pwnat/prospects.ts';

/** What the NATs before `host` do, in whole sentences. */
export function describeNats(chain: NatChain, host: string): string {
  const [home, ...carriers] = chain;
  if (home === undefined) return 'No NAT: anybody can reach it.';
  if (home.blocked.includes('udp')) return 'It lets no UDP through at all.';
  const above = carriers.length === 0 ? '' : ` Above it stands the NAT of a carrier: ${letsIn(combined(carriers, 'filtering'), host)}`;
  if (!translates(home)) return `A firewall, which leaves addresses as they are: ${letsIn(home.filtering, host)}${silent(home.blocked)}${forgets(home)}`;
  return `${ports(home, host)}${letsIn(home.filtering, host)}${extras(home)}${forgets(home)}${above}`;
}

/** What a chain of NATs comes to, as seen from outside: the strictest of each. */
export function reachOf(name: string): SweepReach & HoleReach {
  const chain = natFlavour(name);
  const varying = chain.filter((nat) => translates(nat) && nat.mapping !== 'endpoint-independent');
  return {
    nat: chain.length > 0,
    udp: chain.every(({ blocked }) => !blocked.includes('udp')),
    mapping: combined(chain.filter(translates), 'mapping'),
    filtering: combined(chain, 'filtering'),
    ...(varying.length > 0 ? { ports: varying.every(({ allocation }) => allocation.kind === 'sequential') ? ('counted' as const) : ('random' as const) } : {}),
    predictable: chain.every(isPredictable),
    keepsPorts: chain.every(({ allocation: { kind } }) => kind === 'none' || kind === 'preserve'),
    errorsLeave: chain.every((nat) => !nat.blocked.includes('icmp') && (!translates(nat) || nat.icmp.unknownErrors === 'translated')),
    errorsArrive: chain.every(({ blocked }) => !blocked.includes('icmp')),
  };
}

/** In quiet. A step that the offset is a multiple of is met on the way. */
function isPredictable({ mapping, allocation }: NatBehaviour): boolean {
  if (allocation.kind === 'sequential') return allocation.step > 0 && N4_DEFAULTS.offset % allocation.step === 0;
  return allocation.kind === 'none' || (allocation.kind === 'preserve' && mapping === 'endpoint-independent');
}

/** Why a packet went no further; follows `dropped,`. */
export const DROP_WORDS: Readonly<Record<DropReason, string>> = {
  filtering: 'nothing was sent to that sender before',
  'no-mapping': 'it has given that port to nobody',
  'no-hairpin': 'it does not turn its own inside back in',
  'table-full': 'it has no memory left for one more',
  'no-port': 'it has no port left to give',
  'early-probe': 'it came too early, and the NAT will now avoid that port',
  ttl: 'it was given just the hops to pass its own NAT',
  unroutable: 'no way leads to that address',
  'private-source': 'it says it is from a private address, to which no answer finds its way',
  'udp-blocked': 'UDP does not pass',
  'tcp-blocked': 'TCP does not pass',
  'icmp-blocked': 'ICMP does not pass',
  'no-session': 'it belongs to no connection that was begun from here',
  loss: 'lost on the way',
  partition: 'the line is cut',
  'no-socket': 'nobody listens on that port',
};

export function deviceWords(device: string): string {
  if (device === 'core') return 'internet';
  const link = /^(?:link|lan)-(.+)$/.exec(device)?.[1];
  return link === undefined ? device : `the line of ${link}`;
}

const STRICTNESS: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];

function combined(chain: NatChain, part: 'mapping' | 'filtering'): Dependence {
  const strictest = Math.max(0, ...chain.map((nat) => STRICTNESS.indexOf(nat[part])));
  return STRICTNESS[strictest] ?? 'endpoint-independent';
}

function letsIn(filtering: Dependence, host: string): string {
  switch (filtering) {
    case 'endpoint-independent':
      return `once ${host} has sent anything, everybody may answer.`;
    case 'address-dependent':
      return `only addresses that ${host} has sent to may answer, from any of their ports.`;
    case 'address-and-port-dependent':
      return `only the exact addresses and ports that ${host} has sent to may answer.`;
  }
}

function ports({ mapping, allocation }: NatBehaviour, host: string): string {
  if (mapping === 'endpoint-independent') return `It shows ${host} to everybody under one port${oneOf(allocation)}; `;
  return `It shows ${host} to every ${mapping === 'address-dependent' ? 'address' : 'destination'} under ${another(allocation)}; `;
}

function oneOf(allocation: Allocation): string {
  switch (allocation.kind) {
    case 'random':
      return ', chosen at random';
    case 'block':
      return `, chosen at random among ${allocation.size}`;
    default:
      return '';
  }
}

function another(allocation: Allocation): string {
  switch (allocation.kind) {
    case 'sequential':
      return allocation.step === 1 ? 'the next free port' : `another port, ${Math.abs(allocation.step)} ${allocation.step > 0 ? 'up' : 'down'} from the last`;
    case 'random':
      return 'another port, at random';
    case 'block':
      return `another port, at random among ${allocation.size}`;
    default:
      return 'another port';
  }
}

/** Said only where it is not what most routers do. */
function forgets({ expiry }: NatBehaviour): string {
  const { unrepliedMs } = expiry;
  return unrepliedMs === LINUX_EXPIRY.unrepliedMs ? '' : ` It forgets after ${unrepliedMs / 1000} s of silence.`;
}

function silent(blocked: NatBehaviour['blocked']): string {
  return blocked.includes('icmp') ? ' ICMP does not pass.' : '';
}

function extras({ earlyProbe, hairpin, icmp, blocked }: NatBehaviour): string {
  const early = earlyProbe === 'clash' ? ' A packet that comes in before one has gone out makes it change the port.' : '';
  const errors = icmp.unknownErrors === 'translated' ? ' It lets any ICMP error out under its own address.' : '';
  return `${early}${errors}${silent(blocked)}${hairpin ? ' Neighbours inside reach each other by their public addresses.' : ''}`;
}
