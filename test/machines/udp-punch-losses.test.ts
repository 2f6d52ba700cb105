/** Two udp-punch peers on a bad network: they meet, and where they do not, neither believes that they have. Simulated. */
import { describe, expect, test } from 'vitest';
import { type World, world, type WorldOptions } from '../../adapters/sim/index.ts';
import type { Scenario } from '../../effects/scenario.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';
import type { PeerInput } from '../../machines/udp-punch/session.ts';
import { runs } from '../runs.ts';

const NATS = { a: 'port-restricted', b: 'port-restricted' };

/** What both believe 12 s after the first news: the last outcome of each, with `?` where it is not confirmed. */
function beliefs(w: World): string[] {
  return ['a', 'b'].map((host) => {
    const outcome = w.outcome<Outcome>(host);
    const isOpen = w.running(host).actor.getSnapshot().hasTag('confirmed');
    return outcome?.kind === 'connected' && !isOpen ? 'connected?' : outcome?.kind === 'failed' ? outcome.reason : (outcome?.kind ?? 'nothing');
  });
}

function play(options: WorldOptions, prepare: (w: World) => void = () => undefined): string[] {
  const w = world(NATS, { keep: false, settleMs: 12_000, ...options });
  prepare(w);
  const seen = beliefs(w.run(udpPunch));
  w.stop();
  return seen;
}

const seeds = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

describe('of what is sent', () => {
  test('a tenth is lost: they meet', () => {
    for (const seed of seeds(runs(60, 20))) expect(play({ seed, loss: 0.1 }), `seed ${seed}`).toEqual(['connected', 'connected']);
  });

  // In the named ones somebody waits in its second round for the 5 s that the other lets pass between two registrations.
  test('a fifth is lost: they meet', () => {
    for (const seed of [...seeds(runs(60, 20)), 118, 588]) expect(play({ seed, loss: 0.2 }), `seed ${seed}`).toEqual(['connected', 'connected']);
  });

  test('a third is lost: nobody believes in a connection that the other has given up', () => {
    const oneSided = seeds(runs(120, 40)).filter((seed) => {
      const [a, b] = play({ seed, loss: 0.3 });
      return (a === 'connected') !== (b === 'connected');
    });
    expect(oneSided).toEqual([]);
  });

  // The one that hears nothing is in its second round after 2.3 s, the one that hears asks for confirmation until 6.35 s.
  test.each([5, 20, 100])('everything is lost one way for three seconds: they meet in a later round (%d ms)', (latencyMs) => {
    const seen = play({ latencyMs, settleMs: 20_000 }, (w) => w.lose('b -> a', 20));
    expect(seen).toEqual(['connected', 'connected']);
  });
});

describe('trying again', () => {
  /** Only these hosts; `more` sets their sessions apart from those of an earlier run. */
  const only = (hosts: readonly string[], more: string, waitMs?: number): Scenario => ({
    ...udpPunch,
    part(host, stage) {
      const part = hosts.includes(host) ? udpPunch.part(host, { ...stage, seed: stage.seed + more }) : undefined;
      return part && host !== 's' ? { ...part, input: { ...(part.input as PeerInput), waitMs } } : part;
    },
  });

  test('at once after nobody came: the room has no ghost in it', () => {
    const w = world(NATS, { settleMs: 500 }).run(only(['s', 'a'], '', 2_000));
    expect(w.outcome('a')).toMatchObject({ reason: 'no-peer' });
    expect(beliefs(w.run(only(['a', 'b'], ' again')))).toEqual(['connected', 'connected']);
    w.stop();
  });

  test('at once after a connection was closed', () => {
    const w = world(NATS, { settleMs: 500 }).run(udpPunch);
    w.running('a').actor.send({ type: 'close' });
    w.advance(1_000);
    expect(w.running('b').actor.getSnapshot().value).toBe('closedByPeer');
    expect(beliefs(w.run(only(['a', 'b'], ' again')))).toEqual(['connected', 'connected']);
    expect(w.stop().leaks()).toEqual([]);
  });
});
