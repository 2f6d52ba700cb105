/**
 * What is asked of the definitions, of the simulator and of the kernel alike: every protocol's pairs of NATs, and what a check
 * says behind each NAT. Here are the questions, what the definitions answer, and what the simulator does.
 */
import { world } from '../../adapters/sim/world.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { n4 } from '../../machines/n4/index.ts';
import { stunCheck } from '../../machines/nat-check/stun-scenario.ts';
import { natCheckText } from '../../machines/nat-check/text-scenario.ts';
import { pwnat } from '../../machines/pwnat/index.ts';
import { seedUdp } from '../../machines/seed-udp/index.ts';
import { tcpOpen } from '../../machines/tcp-open/index.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';
import { truthOf } from '../lab/nat-truth.ts';
import { canMeet as canCall, sideOf } from '../pwnat/oracle.ts';
import { canSweep } from './n4-oracle.ts';
import { canMeet, canMeetPlainly, canOpen, NATS, refusing } from './oracle.ts';
import { play } from './play.ts';

export interface Contest {
  /** As in results; of TCP also how its NATs treat an unknown SYN. */
  readonly name: string;
  /** What is particular about its table, for its readers. */
  readonly words: string;
  /** NATs of a, and of b; a check has none of b. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Who asks first makes no difference: of two orders one is played. */
  readonly isEitherWay: boolean;
  byDefinition(a: string, b: string): string;
  simulated(a: string, b: string): string;
}

/** What a pair comes to; checks say a verdict instead. */
export const MEET = 'meet';
export const PART = 'do not';

export const TCP_DROPPING = 'tcp-open, NATs that drop an unknown SYN';
export const TCP_REFUSING = 'tcp-open, NATs that refuse an unknown SYN';

const OF_TCP = NATS.filter((name) => name !== 'udp-blocked');
const TEXT_CHECKED = [
  'open', 'firewall', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq', 'symmetric-addr', 'symmetric-open',
  'full-cone+randport', 'restricted+randport', 'restricted+linux-open', 'full-cone+cgn', 'port-restricted+cgn', 'udp-blocked',
];
const CHECKED = [
  'open', 'firewall', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq', 'symmetric-addr', 'symmetric-open',
  'full-cone+hairpin', 'restricted+randport', 'symmetric+block=2048', 'full-cone+cgn', 'symmetric+cgn', 'port-restricted+linux-open',
  'symmetric-seq+noise=1000', 'udp-blocked',
];
const LISTENERS = ['open', 'full-cone', 'restricted', 'port-restricted', 'symmetric'];
/** Without a NAT, behind what most homes have, and behind NATs that let forged errors out. */
const CALLERS = ['open', 'port-restricted', 'port-restricted+icmp-errors', 'symmetric+icmp-errors'];

export const CONTESTS: readonly Contest[] = [
  pairs('udp-punch', udpPunch, 'Ports are guessed where they have to be. Without latency.', NATS, canMeet),
  pairs(TCP_DROPPING, tcpOpen, 'Without latency.', OF_TCP, canOpen),
  {
    ...pairs(TCP_REFUSING, tcpOpen, 'By RST, as `+rst`. 25 ms one way where plain calls do not do, else without latency.', OF_TCP, canOpen),
    simulated: (a, b) => simulated(tcpOpen, refusing(a), refusing(b), toldLatencyMs(a, b)),
  },
  { ...pairs('n4', n4, 'Both sides do the same, so of two orders one is played. Without latency.', NATS, canSweep), isEitherWay: true },
  { ...pairs('seed-udp', seedUdp, 'Nobody guesses a port. Of two orders one is played. Without latency.', NATS, canMeetPlainly), isEitherWay: true },
  {
    ...pairs('pwnat', pwnat, 'Down, what is before the listener, across, what is before the caller; `+icmp-errors` lets its forged errors out under its own address.', LISTENERS, (a, b) => canCall(sideOf(b), sideOf(a))),
    columns: CALLERS,
  },
  check('stun-check', 'With a server on two addresses and two ports.', CHECKED, (name) => truthOf(name).verdict ?? '?', stunVerdict),
  check('nat-check', 'With both servers of ours. It has no word for blocked UDP: nobody answers.', TEXT_CHECKED, (name) => (name === 'udp-blocked' ? 'no-server' : (truthOf(name).verdict ?? '?')), textVerdict),
];

/** Told ports meet hardly ever where there is no distance and both NATs refuse: docs/protocols/tcp-open.md. */
function toldLatencyMs(a: string, b: string): number {
  return canMeetPlainly(a, b) ? 0 : 25;
}

/** Every question of a contest. */
export function cellsOf({ rows, columns, isEitherWay }: Contest): readonly (readonly [a: string, b: string])[] {
  if (columns.length === 0) return rows.map((a) => [a, ''] as const);
  return rows.flatMap((a, row) => columns.flatMap((b, column) => (isEitherWay && column < row ? [] : [[a, b] as const])));
}

function pairs(name: string, scenario: Scenario, words: string, nats: readonly string[], canMeetBy: (a: string, b: string) => boolean): Contest {
  return {
    name,
    words,
    rows: nats,
    columns: nats,
    isEitherWay: false,
    byDefinition: (a, b) => (canMeetBy(a, b) ? MEET : PART),
    simulated: (a, b) => simulated(scenario, a, b, 0),
  };
}

function check(name: string, words: string, nats: readonly string[], byDefinition: (name: string) => string, verdict: (name: string) => string): Contest {
  return { name, words, rows: nats, columns: [], isEitherWay: false, byDefinition, simulated: verdict };
}

function simulated(scenario: Scenario, a: string, b: string, latencyMs: number): string {
  const { both, oneSided } = play(scenario, a, b, { seed: 'agreement', latencyMs });
  return both ? MEET : oneSided ? 'one side alone' : PART;
}

/** Its servers are there before it, as in the lab. */
function stunVerdict(a: string): string {
  return verdictOf(a, stunCheck, ['s']);
}

function textVerdict(a: string): string {
  return verdictOf(a, natCheckText, ['s', 'assist']);
}

function verdictOf(a: string, scenario: Scenario, servers: readonly string[]): string {
  const w = world({ a }, { seed: 'agreement', latencyMs: 0, startMs: { a: 1 }, keep: false, servers }).run(scenario, { settleMs: 0 });
  const outcome = w.outcome<{ readonly kind: string; readonly verdict?: string; readonly reason?: string }>('a');
  w.stop();
  return outcome?.verdict ?? outcome?.reason ?? 'nothing';
}
