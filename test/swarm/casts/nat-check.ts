/** The three-role check of seed 001 in the swarm, all roles ours. */
import type { Scenario } from '../../../effects/scenario.ts';
import { natCheckText as everybody } from '../../../machines/index.ts';
import type { CheckOutcome } from '../../../machines/nat-check/text-check.ts';
import * as timing from '../../../machines/nat-check/text-timing.ts';
import { expectedOf, isReadable } from '../allowed.ts';
import type { SwarmCast } from '../cast.ts';
import type { Drawn } from '../draw.ts';
import { standingOf } from './channel.ts';

const scenario: Scenario = { ...everybody, part: (host, stage) => (['s', 'assist', 'a'].includes(host) ? everybody.part(host, stage) : undefined) };

const FIRST_MS = timing.REGISTER_ATTEMPTS * timing.REGISTER_INTERVAL_MS + timing.ASSIST_ATTEMPTS * timing.ASSIST_INTERVAL_MAX_MS;
/** The longest of two that go on at a time, and pauses of one and a half of a way that took as long as a registration may. */
const SECOND_MS = timing.FULL_CONE_MAX * timing.FULL_CONE_INTERVAL_MS + timing.NEXT_ATTEMPTS * timing.NEXT_INTERVAL_MAX_MS + 6 * 1.5 * timing.REGISTER_INTERVAL_MS;

export const natCheck: SwarmCast & Drawn = {
  name: 'nat-check',
  kind: 'check',
  servers: ['s', 'assist'],
  limits: { lifeMs: 2 * timing.OPEN_DEADLINE_MS + FIRST_MS + SECOND_MS, aloneMs: 0, joinMs: 0, partMs: 100 },
  budget: { perSecond: 60, total: timing.REGISTER_ATTEMPTS + timing.ASSIST_ATTEMPTS + timing.FULL_CONE_MAX + timing.NEXT_ATTEMPTS + 10, sockets: 3 },
  scenario: () => scenario,
  mayMeet: isReadable,
  enter: (w, spec) => ({
    standing: (host) => standingOf(w, host, () => ({})),
    faultsOf(host) {
      const outcome = w.outcome<CheckOutcome>(host);
      const said = outcome?.kind === 'checked' ? outcome.verdict : `${outcome?.reason ?? 'nothing'}`;
      const expected = expectedOf(spec);
      const right = expected.udp ? expected.verdict : 'no-server';
      return said === right ? [] : [`the verdict is ${said} and not ${right}`];
    },
  }),
};
