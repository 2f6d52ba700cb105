/**
 * The confusion matrix at full size: every home, 100 seeds, 10 % loss, a sixth of them with jitter and duplicates too, a
 * quarter with losses at home besides; then servers that cannot tell, and every datagram of a check lost once. `npm run test:matrix` prints it; SEEDS and LOSS (in per cent)
 * change its size.
 */
import { describe, expect, test } from 'vitest';
import type { World, WorldOptions } from '../../adapters/sim/world.ts';
import { Confusion } from './confusion.ts';
import { FEW_HOMES, HOMES } from './homes.ts';
import { WHOLE } from './oracle.ts';
import { datagramsOf, faults, homeLink, losing, playCheck } from './play.ts';
import { checkWith, DEFICIENT_SERVERS, type ServerKind, WHOLE_SERVER } from './servers.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 100);
const LOSS = Number(process.env['LOSS'] ?? 10) / 100;
const SHAKY: WorldOptions = { jitterMs: 10, duplicate: 0.05 };
/** Half as much is lost at home as outside, each way, so that what a NAT turns back is lost too. */
const AT_HOME = (w: World): void => homeLink(w, { loss: LOSS / 2, latencyMs: 2 });
const HOUR_MS = 3_600_000;

describe(`at ${LOSS * 100} % loss, ${SEEDS} seeds`, () => {
  test('a whole server: nothing wrong, nothing missed', { timeout: HOUR_MS }, () => {
    const confusion = matrix(HOMES, WHOLE_SERVER);
    expect(confusion.faults).toEqual([]);
  });

  test.each(DEFICIENT_SERVERS.map((server) => [server.name, server] as const))('%s: what it cannot tell is unknown, and nothing else', { timeout: HOUR_MS }, (_, server) => {
    const confusion = matrix(FEW_HOMES, server);
    expect(confusion.faults).toEqual([]);
  });
});

describe('every datagram of a check lost once, in turn', () => {
  const homes = HOMES.filter(({ name }) => !/next|\+2|past|1024|4096/.test(name));
  test('never changes what is said, of any home', { timeout: HOUR_MS }, () => {
    let checks = 0;
    const found = homes.flatMap((home) => {
      const all = datagramsOf(home);
      checks += all;
      return Array.from({ length: all }, (_, lost) => faults(home, home.expected(WHOLE), losing(home, lost)).map((fault) => `datagram ${lost}: ${fault}`)).flat();
    });
    console.log(`one datagram lost: ${homes.length} homes, ${checks} checks, ${found.length} faults`);
    expect(found).toEqual([]);
  });
});

function matrix(homes: typeof HOMES, server: ServerKind): Confusion {
  const confusion = new Confusion();
  const scenario = checkWith(server);
  for (const home of homes) {
    const [truth, expected] = [home.expected(WHOLE), home.expected(server.sight)];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const played = playCheck(home, scenario, { latencyMs: 20, loss: LOSS, seed: `${home.name} ${seed}`, ...(seed % 6 === 0 ? SHAKY : {}) }, seed % 4 === 0 ? AT_HOME : undefined);
      confusion.add(truth, expected, played, faults(home, expected, played).map((fault) => `seed ${seed}: ${fault}`));
    }
  }
  console.log(confusion.print(`${server.name}, ${LOSS * 100} % loss`));
  return confusion;
}
