/** Our seed-udp with the original client of seed 001, on the simulated internet: two of them, and one with one of ours. */
import { describe, expect, test } from 'vitest';
import { type World, world } from '../../adapters/sim/index.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { fromUtf8, utf8 } from '../../effects/wire/bytes.ts';
import { seedUdp } from '../../machines/seed-udp/index.ts';
import { OriginalClient } from './original-client.ts';

const CONES = ['open', 'full-cone', 'restricted', 'port-restricted'] as const;
const PAIRS = CONES.flatMap((a) => CONES.map((b) => [a, b] as const));
const PAUSES = [2, 3, 4, 5] as const;

/** The scenario for some of its hosts; the others run programs that are not ours. */
const only = (...hosts: readonly string[]): Scenario => ({ ...seedUdp, part: (host, stage) => (hosts.includes(host) ? seedUdp.part(host, stage) : undefined) });

function original(w: World, host: string, pauseS: number, startMs: number): OriginalClient {
  const client = new OriginalClient(w.host(host), w.address('s'), { pauseS });
  w.clock.setTimeout(() => client.start(), startMs);
  return client;
}

const heardFrom = (client: OriginalClient, host: string): string[] => client.printed.filter((line) => line.includes(` from ${host}:`));

describe('two original clients meet through our server', () => {
  test.each(PAIRS)('%s and %s, whatever pauses they draw', (a, b) => {
    for (const pauseA of PAUSES) {
      for (const pauseB of PAUSES) {
        const w = world({ a, b }, { keep: false });
        const [one, other] = [original(w, 'a', pauseA, 100), original(w, 'b', pauseB, 900)];
        w.run(only('s'), { settleMs: 20_000 });
        expect(heardFrom(one, w.address('b')).some((line) => line.startsWith('abcdefgh: '))).toBe(true);
        expect(heardFrom(other, w.address('a')).some((line) => line.startsWith('abcdefgh: '))).toBe(true);
        w.stop();
      }
    }
  });

  test('behind symmetric NATs they do not', () => {
    const w = world({ a: 'symmetric', b: 'symmetric' });
    const clients = [original(w, 'a', 2, 100), original(w, 'b', 5, 900)];
    w.run(only('s'), { settleMs: 30_000 });
    expect(clients.flatMap(({ printed }) => printed)).toEqual([]);
    w.stop();
  });
});

describe('an original client meets ours', () => {
  test.each(PAIRS)('ours behind %s, the original behind %s, either one first', (a, b) => {
    for (const pause of PAUSES) {
      for (const startMs of [100, 3_000]) {
        const w = world({ a, b }, { keep: false, startMs: { a: 1_000 } });
        const client = original(w, 'b', pause, startMs);
        w.run(only('s', 'a'), { settleMs: 8_000 });
        expect(w.outcome('a')).toMatchObject({ kind: 'connected', peer: { host: w.address('b') } });
        expect(w.running('a').actor.getSnapshot().hasTag('confirmed')).toBe(true);
        expect(heardFrom(client, w.address('a'))).toContainEqual(expect.stringMatching(/^KNOCK from /));
        w.stop();
      }
    }
  });

  test('and they talk: its chat is our payload, and ours is printed', () => {
    const w = world({ a: 'port-restricted', b: 'port-restricted' });
    const client = original(w, 'b', 3, 100);
    w.run(only('s', 'a'));
    const heard: string[] = [];
    w.running('a').messages.subscribe((data) => heard.push(fromUtf8(data)));
    w.running('a').send(utf8('hello'));
    w.advance(30_000);
    expect(heardFrom(client, w.address('a')).map((line) => line.split(' ')[0])).toContain('hello');
    expect(heard.slice(0, 3)).toEqual(['abcdefgh: 0', 'abcdefgh: 1', 'abcdefgh: 2']);
    w.stop();
  });

  test('and stays for as long as the other chats', () => {
    const w = world({ a: 'restricted', b: 'port-restricted' }, { keep: false });
    original(w, 'b', 3, 100);
    w.run(only('s', 'a')).advance(600_000);
    expect(w.running('a').actor.getSnapshot().status).toBe('active');
    w.stop();
    expect(w.leaks().filter((leak) => leak.startsWith('a:'))).toEqual([]);
  });

  test('a lost KNOCK of the original is no harm, for ours knocks again', () => {
    const w = world({ a: 'port-restricted', b: 'full-cone' });
    original(w, 'b', 4, 100);
    w.clock.setTimeout(() => w.lose('b -> a', 1), 3_900);
    w.run(only('s', 'a'), { settleMs: 10_000 });
    expect(w.outcome('a')).toMatchObject({ kind: 'connected' });
    w.stop();
  });
});

test('two of ours meet through our server, in every order of NATs', () => {
  for (const [a, b] of PAIRS) {
    const w = world({ a, b }, { keep: false }).run(seedUdp);
    expect(w.outcome('a')).toMatchObject({ kind: 'connected', peer: { host: w.address('b') } });
    expect(w.outcome('b')).toMatchObject({ kind: 'connected', peer: { host: w.address('a') } });
    expect(w.stop().leaks()).toEqual([]);
  }
});
