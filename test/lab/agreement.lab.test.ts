/**
 * The pairs of n4, seed-udp and pwnat that no other lab file plays, through real Linux NATs: each by the cast that the simulator
 * plays too, both sides connected or neither. docs/agreement.md is made of them and of what other files tell.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cellsOf, type Contest, CONTESTS, MEET } from '../grid/contests.ts';
import { tellRuns } from './agreement.ts';
import type { Agent } from './agent.ts';
import { buildLab, type Lab } from './lab.ts';
import { Pool } from './pool.ts';

const AGENT = new URL('agreement-agent.ts', import.meta.url);
/** Who can meet has met after one. */
const PATIENCE_MS = 8_000;
/** Most of the time is patience, so a few labs disturb each other little. Vitest starts five tests at once. */
const LABS = 4;
/** Sockets of each server; pwnat has none. */
const SERVERS: Readonly<Record<string, number>> = { n4: 2, 'seed-udp': 1 };

interface Standing {
  readonly lab: Lab;
  readonly agents: Readonly<Record<'a' | 'b' | 's', Agent>>;
}

const all: Standing[] = [];
const pool = new Pool<Standing>();

beforeAll(async () => {
  for (let n = 0; n < LABS; n += 1) {
    const lab = await buildLab({ a: 'open' });
    const [a, b, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT), lab.agent('s', AGENT)]);
    const standing = { lab, agents: { a, b, s } };
    all.push(standing);
    pool.add(standing);
  }
});
afterAll(async () => {
  await Promise.all(all.map(({ lab }) => lab.dispose()));
});

const contest = (name: string): Contest => {
  const found = CONTESTS.find((one) => one.name === name);
  if (!found) throw new Error(`no contest '${name}'`);
  return found;
};

/** Whether each of the two sides is connected, in a network built anew. */
async function play({ lab, agents }: Standing, cast: string, a: string, b: string): Promise<readonly boolean[]> {
  // What is sent while there is no network makes the kernel wait a second for the next one's gateway.
  await Promise.all(Object.values(agents).map((agent) => agent.call('rest')));
  await lab.rebuild({ a, b });
  const sockets = SERVERS[cast];
  if (sockets !== undefined) await agents.s.call('serve', [cast, 's', sockets]);
  return Promise.all((['a', 'b'] as const).map((host) => agents[host].call<boolean>('play', [cast, host, PATIENCE_MS], { timeoutMs: PATIENCE_MS + 20_000 })));
}

describe.concurrent.each(['n4', 'seed-udp', 'pwnat'])('%s', (cast) => {
  const { byDefinition } = contest(cast);
  // The patient ones first, so that no lab waits alone at the end.
  const cells = cellsOf(contest(cast)).toSorted((one, other) => Number(byDefinition(...one) === MEET) - Number(byDefinition(...other) === MEET));
  test.each(cells)('%s × %s', async (a, b) => {
    const connected = await pool.lend((standing) => play(standing, cast, a, b));
    tellRuns(cast, a, b, connected.filter(Boolean).length, connected.length);
    expect(connected).toEqual(byDefinition(a, b) === MEET ? [true, true] : [false, false]);
  });
});
