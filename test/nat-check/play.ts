/** One check played in the simulator, and what is wrong with what it says. Nothing is left open, whatever it says. */
import { type World, world, type WorldOptions } from '../../adapters/sim/world.ts';
import type { LinkBehaviour } from '../../adapters/sim/link.ts';
import { formatEndpoint } from '../../effects/endpoint.ts';
import type { Scenario } from '../../effects/scenario.ts';
import type { Behaviour } from '../../machines/nat-check/behaviour.ts';
import type { PortAllocation } from '../../machines/nat-check/port-allocation.ts';
import { stunCheck } from '../../machines/nat-check/stun-scenario.ts';
import type { Checked } from '../../machines/nat-check/stun-session.ts';
import type { Failed } from '../../machines/outcome.ts';
import type { Home } from './homes.ts';
import type { Expected } from './oracle.ts';

export interface Played {
  readonly outcome: Checked | Failed | undefined;
  /** From the start to the verdict. */
  readonly ms: number;
  /** Datagrams that the check sent, by where they went. */
  readonly sent: ReadonlyMap<string, number>;
  readonly leaks: readonly string[];
}

/** `before` is what else is done to the world. */
export function playCheck(home: Pick<Home, 'built'>, scenario: Scenario, options: WorldOptions = {}, before: (w: World) => void = () => {}): Played {
  const w = world({ a: home.built.length === 0 ? 'open' : home.built }, { keep: false, ...options });
  before(w);
  const sent = new Map<string, number>();
  w.internet.observe((seen) => {
    if (seen.type !== 'sent' || seen.device !== 'a') return;
    const to = formatEndpoint(seen.dst);
    sent.set(to, (sent.get(to) ?? 0) + 1);
  });
  w.run(scenario, { settleMs: 0 });
  const [last] = w.outcomes<Checked | Failed>('a');
  return { outcome: last?.outcome, ms: last?.at ?? Infinity, sent, leaks: w.stop().leaks() };
}

/** The home's own network: what passes only there, as what a home NAT turns back, is lost and delayed by nothing else. */
export function homeLink(w: World, behaviour: Partial<LinkBehaviour>): void {
  const link = w.internet.links.get('lan-a');
  for (const lane of link ? [link.up, link.down] : []) lane.behaviour = { ...lane.behaviour, ...behaviour };
}

/** How many datagrams of both sides a check takes when none is lost. */
export function datagramsOf(home: Pick<Home, 'built'>): number {
  const w = world({ a: home.built.length === 0 ? 'open' : home.built }, { seed: 'lost' }).run(stunCheck, { settleMs: 0 });
  w.stop();
  return w.journeys().length;
}

/** The same check with one of them lost, by its number. */
export function losing(home: Pick<Home, 'built'>, lost: number): Played {
  const w = world({ a: home.built.length === 0 ? 'open' : home.built }, { seed: 'lost', keep: false });
  w.internet.lossOrder = ({ id }) => (id === lost ? 'link-a' : undefined);
  w.run(stunCheck, { settleMs: 0 });
  const [last] = w.outcomes<Checked | Failed>('a');
  return { outcome: last?.outcome, ms: last?.at ?? Infinity, sent: new Map(), leaks: w.stop().leaks() };
}

export type Claim = keyof Expected;
export const CLAIMS: readonly Claim[] = ['verdict', 'udp', 'nat', 'mapping', 'filtering', 'hairpin', 'portPreserved', 'allocation'];

/** `unknown`: rightly null. `missed`: null, and it could have been told. */
export type Mark = 'right' | 'wrong' | 'unknown' | 'missed';

export function marks(said: Behaviour, expected: Expected): Readonly<Record<Claim, Mark>> {
  const mark = (claim: Claim): Mark => {
    const [is, shouldBe] = [claimOf(said, claim), expected[claim]];
    if (is === null) return shouldBe === null ? 'unknown' : 'missed';
    return is === shouldBe ? 'right' : 'wrong';
  };
  return Object.fromEntries(CLAIMS.map((claim) => [claim, mark(claim)])) as Record<Claim, Mark>;
}

export function claimOf(said: Behaviour, claim: Claim): Expected[Claim] {
  return claim === 'allocation' ? nameOf(said.allocation) : said[claim];
}

/** Everything that differs, with the reason that the check gives; empty when all is well. */
export function faults(home: Home, expected: Expected, { outcome, leaks }: Played): string[] {
  if (outcome?.kind !== 'checked') return [`${home.name}: ${JSON.stringify(outcome)}`];
  const found = marks(outcome, expected);
  const why = (claim: Claim): string => outcome.evidence.find((one) => one.claim === claim)?.because ?? '';
  return [
    ...CLAIMS.filter((claim) => found[claim] === 'wrong' || found[claim] === 'missed').map(
      (claim) => `${home.name}: ${claim} is ${String(claimOf(outcome, claim))} and not ${String(expected[claim])}: ${why(claim)}`,
    ),
    ...unexplained(outcome).map((claim) => `${home.name}: ${claim} is unknown without a reason`),
    ...leaks.map((leak) => `${home.name} leaves ${leak}`),
  ];
}

/** Each claim but the verdict has evidence; an unknown one has a reason and no confidence. */
function unexplained(said: Behaviour): Claim[] {
  if (!said.udp) return [];
  return CLAIMS.filter((claim) => {
    if (claim === 'verdict') return false;
    const evidence = said.evidence.filter((one) => one.claim === claim);
    const isUnknown = claimOf(said, claim) === null;
    return evidence.length !== 1 || evidence.some(({ because, confidence }) => because === '' || (confidence === 0) !== isUnknown);
  });
}

function nameOf(allocation: PortAllocation | null): string | null {
  return allocation?.kind === 'sequential' ? `sequential ${allocation.step}` : (allocation?.kind ?? null);
}
