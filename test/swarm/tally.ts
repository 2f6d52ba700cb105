/** What many worlds come to: how many of which protocol, with which faults and verdicts, how fast, and what was broken. Adds up. */
import type { Played } from './play.ts';
import type { Violation } from './rules.ts';
import type { WorldSpec } from './spec.ts';

export interface Tally {
  readonly protocols: Record<string, Counts>;
  /** Worlds with at least one fault of that kind; `none` have none. */
  readonly faults: Record<string, number>;
  readonly nats: Record<string, number>;
  readonly violations: Broken[];
}

export interface Counts {
  worlds: number;
  /** Where definitions say that they meet: all of these did, or there is a violation. */
  hadToMeet: number;
  met: number;
  parted: number;
  /** The slowest, from calm on. */
  slowestMs: number;
  virtualMs: number;
  cpuMs: number;
}

export interface Broken {
  readonly world: number;
  readonly violation: Violation;
  readonly spec: WorldSpec;
}

export function newTally(): Tally {
  return { protocols: {}, faults: {}, nats: {}, violations: [] };
}

export function count(tally: Tally, world: number, spec: WorldSpec, played: Played, cpuMs: number): void {
  const counts = (tally.protocols[spec.protocol] ??= noCounts());
  add(counts, { worlds: 1, hadToMeet: played.hadToMeet ? 1 : 0, met: played.verdict === 'met' ? 1 : 0, parted: played.verdict === 'met' ? 0 : 1, slowestMs: played.hadToMeet ? (played.joinedMs ?? 0) : 0, virtualMs: played.virtualMs, cpuMs });
  for (const what of faultsOf(spec)) tally.faults[what] = (tally.faults[what] ?? 0) + 1;
  for (const what of natsOf(spec)) tally.nats[what] = (tally.nats[what] ?? 0) + 1;
  if (played.violation) tally.violations.push({ world, violation: played.violation, spec });
}

export function addTally(sum: Tally, more: Tally): void {
  for (const [name, counts] of Object.entries(more.protocols)) add((sum.protocols[name] ??= noCounts()), counts);
  for (const kind of ['faults', 'nats'] as const) for (const [name, n] of Object.entries(more[kind])) sum[kind][name] = (sum[kind][name] ?? 0) + n;
  sum.violations.push(...more.violations);
}

export function worldsOf({ protocols }: Tally): number {
  return Object.values(protocols).reduce((sum, { worlds }) => sum + worlds, 0);
}

function noCounts(): Counts {
  return { worlds: 0, hadToMeet: 0, met: 0, parted: 0, slowestMs: 0, virtualMs: 0, cpuMs: 0 };
}

function add(sum: Counts, more: Counts): void {
  sum.worlds += more.worlds;
  sum.hadToMeet += more.hadToMeet;
  sum.met += more.met;
  sum.parted += more.parted;
  sum.slowestMs = Math.max(sum.slowestMs, more.slowestMs);
  sum.virtualMs += more.virtualMs;
  sum.cpuMs += more.cpuMs;
}

function faultsOf({ faults, weather, lateMs, clocks }: WorldSpec): ReadonlySet<string> {
  const kinds = faults.map((fault) => ('how' in fault ? `${fault.kind}, ${fault.how}` : fault.kind));
  const lines = Object.entries(weather ?? {}).flatMap(([kind, share]) => (share > 0 ? [kind === 'jitterMs' ? 'jitter' : kind] : []));
  const all = [...kinds, ...lines, ...(lateMs ? ['one side late'] : []), ...(clocks ? ['a clock of another pace'] : [])];
  return new Set(all.length > 0 ? all : ['none']);
}

function natsOf({ a, b, near, couples }: WorldSpec): ReadonlySet<string> {
  const each = [...a, ...b].flatMap((nat) => [
    nat.ports?.kind === 'none' ? 'firewall' : `mapping ${nat.mapping ?? 'endpoint-independent'}`,
    `filtering ${nat.filtering ?? 'address-and-port-dependent'}`,
    ...(nat.ports?.kind === 'none' ? [] : [`ports ${nat.ports?.kind ?? 'preserve'}`]),
    ...(['parity', 'hairpin', 'rst', 'clash', 'icmpErrors'] as const).filter((key) => nat[key]),
    ...(nat.blocked ?? []).map((protocol) => `${protocol} blocked`),
    ...(nat.table ? [`small table, ${nat.table.eviction}`] : []),
    ...(nat.lifetimeS === undefined ? [] : ['short lifetime']),
  ]);
  const chains = [a, b].map((nats) => (nats.length === 0 ? 'no NAT' : nats.length === 1 ? 'one NAT or firewall' : 'two'));
  return new Set([...each, ...chains, ...(near ? [near === 'lan' ? 'both on one LAN' : 'both below one carrier'] : []), ...(couples ? ['two pairs'] : [])]);
}
