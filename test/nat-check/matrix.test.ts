/** A slice of the confusion matrix: a share of the homes, each once at 10 % loss, and the servers that cannot tell. All of it: `full.matrix.ts`. */
import { expect, test } from 'vitest';
import { runs } from '../runs.ts';
import { Confusion } from './confusion.ts';
import { FEW_HOMES, type Home, HOMES } from './homes.ts';
import { WHOLE } from './oracle.ts';
import { faults, playCheck } from './play.ts';
import { checkWith, DEFICIENT_SERVERS, type ServerKind, WHOLE_SERVER } from './servers.ts';

/** A share that has no divisor in common with how homes are listed, so that each of their traits is met. */
const SOME = HOMES.filter((_, n) => n % runs(1, 23) === 0);

test('a home is called what it is, at 10 % loss', { timeout: 60_000 }, () => {
  const confusion = sliceOf(SOME, WHOLE_SERVER);
  expect(confusion.faults).toEqual([]);
  expect(confusion.count('verdict', 'right')).toBe(SOME.length);
});

test.each(DEFICIENT_SERVERS.map((server) => [server.name, server] as const))('%s: what it cannot tell is unknown, and nothing else', { timeout: 60_000 }, (_, server) => {
  expect(sliceOf(FEW_HOMES.filter((__, n) => n % runs(1, 11) === 0), server).faults).toEqual([]);
});

function sliceOf(homes: readonly Home[], server: ServerKind): Confusion {
  const confusion = new Confusion();
  const scenario = checkWith(server);
  homes.forEach((home, i) => {
    const expected = home.expected(server.sight);
    const played = playCheck(home, scenario, { latencyMs: i % 60, loss: 0.1, seed: home.name });
    confusion.add(home.expected(WHOLE), expected, played, faults(home, expected, played));
  });
  return confusion;
}
