/** A line that is dead for a while in the middle of a check, at home or outside: less may be known then, and nothing wrong is said. */
import { expect, test } from 'vitest';
import type { World } from '../../adapters/sim/world.ts';
import { stunCheck } from '../../machines/nat-check/stun-scenario.ts';
import { HOMES } from './homes.ts';
import { WHOLE } from './oracle.ts';
import { CLAIMS, homeLink, marks, playCheck } from './play.ts';

const SOME = HOMES.filter(({ name }) => /^open|^firewall, address-dep|endpoint-independent mapping, address-(and-port-)?dependent filtering, preserve, hairpin(, carrier turning back)?$/.test(name));

test.each([200, 400, 900, 5_000])('dead for %d ms', { timeout: 60_000 }, (lengthMs) => {
  for (const where of ['lan-a', 'link-a']) {
    for (const [i, home] of SOME.entries()) {
      for (let from = 15 + (i % 5); from < 700; from += from < 160 ? 12 : 135) {
        const cut = (w: World): void => {
          homeLink(w, { latencyMs: 5 });
          w.clock.setTimeout(() => w.internet.links.get(where)?.cut(true), from);
          w.clock.setTimeout(() => w.internet.links.get(where)?.cut(false), from + lengthMs);
        };
        const { outcome, leaks } = playCheck(home, stunCheck, { seed: from }, cut);
        expect(leaks).toEqual([]);
        if (outcome?.kind !== 'checked') throw new Error(`${home.name}: ${JSON.stringify(outcome)}`);
        // Dead from before the first answer for longer than patience lasts: that is what blocked UDP is.
        if (outcome.verdict === 'udp-blocked') expect(lengthMs).toBeGreaterThan(2_500);
        else expect(CLAIMS.filter((claim) => marks(outcome, home.expected(WHOLE))[claim] === 'wrong'), `${home.name}, ${where} from ${from}`).toEqual([]);
      }
    }
  }
});
