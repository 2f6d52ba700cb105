/** The NAT check by STUN in the swarm: in calm it says what definitions say (`test/nat-check/oracle.ts`), and it always ends. */
import type { Scenario } from '../../../effects/scenario.ts';
import { stunCheck as everybody } from '../../../machines/index.ts';
import * as timing from '../../../machines/nat-check/stun-timing.ts';
import type { Checked } from '../../../machines/nat-check/stun-session.ts';
import type { Failed } from '../../../machines/outcome.ts';
import { CLAIMS, claimOf, marks } from '../../nat-check/play.ts';
import { expectedOf, isReadable, isWhollyReadable } from '../allowed.ts';
import type { SwarmCast } from '../cast.ts';
import type { Drawn } from '../draw.ts';
import { standingOf } from './channel.ts';

const scenario: Scenario = { ...everybody, part: (host, stage) => (['s', 'a'].includes(host) ? everybody.part(host, stage) : undefined) };

/** Fresh ones, and those of the other tests. */
const SOCKETS = timing.FRESH_SOCKETS + 8;

export const stunCheck: SwarmCast & Drawn = {
  name: 'stun-check',
  kind: 'check',
  servers: ['s'],
  limits: { lifeMs: timing.OPEN_DEADLINE_MS + timing.MEASURE_DEADLINE_MS, aloneMs: 0, joinMs: 0, partMs: 100 },
  // Each of them may be asking at its quickest at the same time.
  budget: { perSecond: (SOCKETS * 1_000) / timing.EXPECT_MIN_MS, total: SOCKETS * timing.SILENT_ATTEMPTS_MAX, sockets: SOCKETS },
  scenario: () => scenario,
  mayMeet: isReadable,
  enter: (w, spec) => ({
    standing: (host) => standingOf(w, host, () => ({})),
    faultsOf(host) {
      const outcome = w.outcome<Checked | Failed>(host);
      if (outcome?.kind !== 'checked') return [`no verdict: ${JSON.stringify(outcome)}`];
      const expected = expectedOf(spec);
      const found = marks(outcome, expected);
      const asked = isWhollyReadable(spec) ? CLAIMS : (['verdict', 'udp', 'nat', 'mapping', 'filtering'] as const);
      return asked.filter((claim) => found[claim] === 'wrong' || found[claim] === 'missed').map((claim) => `${claim} is ${String(claimOf(outcome, claim))} and not ${String(expected[claim])}`);
    },
  }),
};
