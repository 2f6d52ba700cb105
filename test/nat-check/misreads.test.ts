/** The wrong verdicts that NAT checkers are known for, each with the right one. */
import { describe, expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import { formatEndpoint } from '../../effects/endpoint.ts';
import type { Behaviour, Evidence } from '../../machines/nat-check/behaviour.ts';
import { stunCheck } from '../../machines/nat-check/stun-scenario.ts';
import { runs } from '../runs.ts';
import { FEW_HOMES, HOMES } from './homes.ts';
import { datagramsOf, faults, losing, playCheck, type Played } from './play.ts';
import { checkWith, DEFICIENT_SERVERS, saying, type ServerKind, WHOLE_SERVER } from './servers.ts';

const WITH_NAT = FEW_HOMES.filter(({ built }) => built.some(({ allocation }) => allocation.kind !== 'none'));
const A1P1 = '198.18.0.2:3478';

describe('a kept port is not "no NAT"', () => {
  test.each(WITH_NAT.filter(({ name }) => name.includes('preserve')).map((home) => [home.name, home] as const))('%s', (_, home) => {
    const said = checked(playCheck(home, stunCheck));
    expect(said.reflexive?.port).toBe(said.local.port);
    expect(said).toMatchObject({ nat: true, portPreserved: true });
    expect(['open', 'firewalled']).not.toContain(said.verdict);
    expect(evidence(said, 'nat').because).toMatch(/which is none of this host's own/);
  });
});

describe('a server that ignores CHANGE-REQUEST, or drops it, is not "full cone", and not "port-restricted"', () => {
  const servers = DEFICIENT_SERVERS.filter(({ name }) => /^(ignores|drops) CHANGE-REQUEST$/.test(name));
  test.each(servers.flatMap((server) => FEW_HOMES.filter(({ name }) => name !== 'udp-blocked').map((home) => [server.name, home.name, server, home] as const)))('%s: %s', (_, __, server, home) => {
    const said = checked(playCheck(home, checkWith(server)));
    expect(said.filtering).toBeNull();
    expect(said.verdict === null || said.verdict === 'symmetric').toBe(true);
    expect(evidence(said, 'filtering').because).toMatch(/ignores CHANGE-REQUEST|was not seen to answer from/);
  });
});

describe('no test opens the way that another tests', () => {
  test.each(FEW_HOMES.map((home) => [home.name, home] as const))('%s: the socket of the filter tests sends to one endpoint, and only `map` to others', (_, home) => {
    const w = world({ a: home.built.length === 0 ? 'open' : home.built }, { seed: home.name }).run(stunCheck);
    const sent = w.journeys().filter(({ host }) => host === 'a');
    const targets = (socket: RegExp): string[] => [...new Set(sent.filter((one) => socket.test(one.socket)).map(({ dst }) => formatEndpoint(dst)))];
    const said = w.outcome<Behaviour>('a');
    w.stop();
    if (said?.udp) expect(targets(/^filter$/)).toEqual([A1P1]);
    if (said?.udp) expect(targets(/^fresh/)).toEqual([A1P1]);
    // Nothing of this host's but `map` knows the other addresses, and nothing sends to the mapping of `filter`.
    expect(targets(/^(?!map)/).filter((to) => to.startsWith('198.18.0.') && to !== A1P1)).toEqual([]);
    const seenAs = sent.filter(({ socket }) => socket === 'filter').flatMap(({ hops }) => hops.flatMap(({ after }) => (after ? [formatEndpoint(after.src)] : [])));
    expect(targets(/./).filter((to) => seenAs.includes(to))).toEqual([]);
  });
});

describe('a firewall is not "open"', () => {
  test.each(HOMES.filter(({ name }) => name.startsWith('firewall')).map((home) => [home.name, home] as const))('%s', (_, home) => {
    const said = checked(playCheck(home, stunCheck));
    expect(said).toMatchObject({ nat: false, verdict: home.name.includes('endpoint-independent') ? 'open' : 'firewalled' });
  });
});

describe('one lost datagram, whichever it is, changes nothing', () => {
  const once = FEW_HOMES.filter(({ name }) => /preserve, hairpin|firewall|^open|blocked/.test(name));
  test.each(once.map((home) => [home.name, home] as const))('%s', { timeout: 60_000 }, (_, home) => {
    const all = datagramsOf(home);
    expect(all).toBeGreaterThan(10);
    for (let lost = 0; lost < all; lost += runs(1, 29)) expect(faults(home, home.expected(WHOLE_SERVER.sight), losing(home, lost)), `datagram ${lost} of ${all}`).toEqual([]);
  });
});

describe('a box that rewrites addresses inside packets', () => {
  const INSIDE = '192.168.1.2';
  const rewriting: ServerKind = {
    ...WHOLE_SERVER,
    bend: ({ ask, event }, serve) => {
      const said = serve(ask);
      return said && saying(said, { rewritten: { host: INSIDE, port: event.from.port } });
    },
  };
  test.each(WITH_NAT.map((home) => [home.name, home] as const))('%s: XOR-MAPPED-ADDRESS counts, and the rewriting is told', (_, home) => {
    const played = playCheck(home, checkWith(rewriting));
    expect(faults(home, home.expected(WHOLE_SERVER.sight), played)).toEqual([]);
    expect(evidence(checked(played), 'mapping').because).toMatch(/something on the path rewrites addresses inside packets, to 192\.168\.1\.2:/);
  });
});

function checked({ outcome }: Played): Behaviour {
  if (outcome?.kind !== 'checked') throw new Error(`no check: ${JSON.stringify(outcome)}`);
  return outcome;
}

function evidence(said: Behaviour, claim: Evidence['claim']): Evidence {
  const found = said.evidence.find((one) => one.claim === claim);
  if (!found) throw new Error(`no evidence for ${claim}`);
  return found;
}
