/** One world of a protocol, played to its end: how both sides fared, and that nothing was left open. */
import { world, type WorldOptions } from '../../adapters/sim/world.ts';
import type { Scenario } from '../../effects/scenario.ts';
import type { Outcome } from '../../machines/outcome.ts';

export interface Played {
  readonly a: Outcome | undefined;
  readonly b: Outcome | undefined;
  readonly both: boolean;
  readonly oneSided: boolean;
  readonly leaks: readonly string[];
}

export function play(scenario: Scenario, a: string, b: string, options: WorldOptions): Played {
  const played = world({ a, b }, { keep: false, ...options }).run(scenario);
  const outcomes = { a: played.outcome<Outcome>('a'), b: played.outcome<Outcome>('b') };
  const leaks = played.stop().leaks();
  const connected = [outcomes.a, outcomes.b].filter((outcome) => outcome?.kind === 'connected').length;
  return { ...outcomes, both: connected === 2, oneSided: connected === 1, leaks };
}
