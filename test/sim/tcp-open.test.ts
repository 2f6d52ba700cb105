/** Simultaneous open through every pair of NATs, by rounds of connect and listen, against an oracle from definitions. */
import { describe, expect, test } from 'vitest';
import { type NatBehaviour, natFlavour, world, type WorldOptions } from '../../adapters/sim/index.ts';
import { parseEndpoint } from '../../effects/endpoint.ts';
import { Opener, type Opened, tellWhoCalls } from './opener.ts';

const FLAVOURS = ['open', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq'] as const;
const PAIRS = FLAVOURS.flatMap((a) => FLAVOURS.map((b) => [a, b] as const));
const PORT = 3478;

/** Both open, or neither did; `failures` are those of both. */
interface Result {
  readonly a: Opened | undefined;
  readonly b: Opened | undefined;
  readonly failures: readonly string[];
  readonly trace: readonly string[];
}

function play(a: string, b: string, { skewMs = 0, forMs = 8_000, ...options }: WorldOptions & { readonly skewMs?: number; readonly forMs?: number } = {}): Result {
  const w = world({ a, b }, { latencyMs: 20, ...options });
  const stop = tellWhoCalls(w.host('s').net(), { host: '0.0.0.0', port: PORT });
  const opener = (host: 'a' | 'b', seed: number): Opener => new Opener(w.host(host).net(), w.clock, { host: w.host(host).addresses[0] ?? '', port: 5000 }, Number(options.seed ?? 1) * 2 + seed);
  const [one, other] = [opener('a', 0), opener('b', 1)];
  const server = { host: w.address('s'), port: PORT };
  for (const each of [one, other]) each.register(server);
  for (let tries = 0; tries < 30 && [one, other].some(({ seen }) => seen === ''); tries += 1) w.advance(1_000);
  const [first, second] = [one, other].map(({ seen }) => parseEndpoint(seen));
  if (!first || !second) throw new Error('somebody did not reach the server');
  one.open(second);
  w.advance(skewMs);
  other.open(first);
  w.advance(forMs);
  const result = { a: one.opened, b: other.opened, failures: [...one.failures, ...other.failures], trace: w.trace() };
  for (const each of [one, other]) each.stop();
  stop();
  expect(w.leaks()).toEqual([]);
  return result;
}

/**
 * Whether a SYN to the endpoint at which the server saw the other is let in there, RFC 5382's words for mapping and
 * filtering. What is let in is answered, and the answer is let in: it belongs to a session that was begun from inside.
 */
function letsIn(inside: NatBehaviour | undefined, caller: NatBehaviour | undefined): boolean {
  if (inside === undefined || inside.filtering === 'endpoint-independent') return true;
  // Its own SYN left by another mapping than the one that the server saw.
  if (inside.mapping !== 'endpoint-independent') return false;
  return inside.filtering === 'address-dependent' || caller === undefined || caller.mapping === 'endpoint-independent';
}

function canOpen(a: string, b: string): boolean {
  const [one] = natFlavour(a);
  const [other] = natFlavour(b);
  return letsIn(one, other) || letsIn(other, one);
}

test('the oracle allows the 28 ordered pairs that need no prediction', () => {
  expect(PAIRS.filter(([a, b]) => canOpen(a, b))).toHaveLength(28);
});

describe.each([
  ['at once', {}],
  ['with a skew of 1.3 s', { skewMs: 1_300 }],
  ['without latency', { latencyMs: 0, skewMs: 1 }],
  ['with unequal lines', { links: { a: { latencyMs: 2 }, b: { latencyMs: 60 } }, skewMs: 90 }],
] as const)('%s', (_, options) => {
  test.each(PAIRS)('%s and %s open as the oracle says', (a, b) => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { a: one, b: other } = play(a, b, { ...options, seed });
      expect([one !== undefined, other !== undefined]).toEqual([canOpen(a, b), canOpen(a, b)]);
    }
  });
});

describe('NATs that answer an unknown SYN by RST', () => {
  const refusing = (name: string): string => (name === 'open' ? name : `${name}+rst`);

  test.each(PAIRS)('%s and %s open as the oracle says, after some attempts', (a, b) => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { a: one, b: other, failures } = play(refusing(a), refusing(b), { seed, skewMs: 300 });
      expect([one !== undefined, other !== undefined]).toEqual([canOpen(a, b), canOpen(a, b)]);
      expect(failures.filter((code) => code !== 'refused' && code !== 'reset' && code !== 'address-in-use')).toEqual([]);
    }
  });

  test('refuse the first attempt of whoever is early, and no other kind of NAT does', () => {
    expect(play('port-restricted+rst', 'port-restricted+rst', { skewMs: 100 }).failures).toContain('refused');
    expect(play('port-restricted', 'port-restricted', { skewMs: 100 }).failures).toEqual([]);
    expect(play('port-restricted+linux-open', 'port-restricted+linux-open', { skewMs: 100 }).failures).toContain('refused');
  });
});

describe('who hears of it', () => {
  const hows = (a: string, b: string, options: Parameters<typeof play>[2]): unknown => {
    const { a: one, b: other } = play(a, b, options);
    return [one?.how, other?.how];
  };

  test('both connect, as on Linux, while SYNs cross or one waits for the other', () => {
    expect(hows('port-restricted', 'port-restricted', {})).toEqual(['connected', 'connected']);
    expect(hows('port-restricted', 'port-restricted', { skewMs: 1_300 })).toEqual(['connected', 'connected']);
  });

  test('a listener accepts what comes from a port that nobody foresaw', () => {
    expect(hows('restricted', 'symmetric', {})).toEqual(['accepted', 'connected']);
    expect(hows('symmetric-seq', 'full-cone', {})).toEqual(['connected', 'accepted']);
  });

  test('on hosts of the other kind the listener takes the crossing SYN', () => {
    expect(hows('port-restricted', 'port-restricted', { crossing: { a: 'accepted' } })).toEqual(['accepted', 'connected']);
    expect(hows('port-restricted', 'port-restricted', { crossing: { a: 'accepted', b: 'accepted' } })).toEqual(['accepted', 'accepted']);
    expect(play('port-restricted', 'port-restricted', { crossing: { a: 'accepted' } }).failures).toEqual(['address-in-use']);
  });
});

test('below carrier NATs, and on a line that loses, doubles and disorders, pairs open all the same', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { a, b } = play('port-restricted+cgn', 'restricted', { seed, loss: 0.1, duplicate: 0.1, reorder: 0.1, jitterMs: 10, forMs: 30_000 });
    expect([a !== undefined, b !== undefined]).toEqual([true, true]);
  }
});

test('the same seed gives the same trace, another seed another', () => {
  const trace = (seed: number): readonly string[] => play('port-restricted+rst', 'symmetric-seq+noise=50+rst', { seed, loss: 0.1, duplicate: 0.1, reorder: 0.1, jitterMs: 10 }).trace;
  expect(trace(1)).toEqual(trace(1));
  expect(trace(1)).not.toEqual(trace(2));
});
