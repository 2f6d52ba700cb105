/** What ports that were seen say of the next: NATs that count, NATs that draw, and everything that looks like the other. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chance } from '../../effects/seed.ts';
import { FIRST_PORT, forecastOf, LAST_PORT, type Sighting, USABLE_PORTS } from '../../machines/port-forecast.ts';
import { forecastToTell, NO_FLOWS, ownForecast, sightings, withFlows, withSighting } from '../../machines/udp-punch/own-ports.ts';
import { newContext, type PeerContext } from '../../machines/udp-punch/session.ts';

/** `port@ms` or `port@ms#made`, one after the other; a mapping each unless said. */
function seen(text: string): Sighting[] {
  return text.split(' ').map((word, i) => {
    const [, port, at, made] = /^(\d+)@(\d+)(?:#(\d+))?$/.exec(word) ?? [];
    return { port: Number(port), at: Number(at), made: made === undefined ? i + 1 : Number(made) };
  });
}

const QUIET = { kind: 'counting', perSecond: 0, rttMs: 40 };

describe('a NAT that counts', () => {
  test.each([
    ['up', '5000@0 5001@40 5004@200#5', { ...QUIET, step: 1 }],
    ['down', '5000@0 4999@40 4996@200#5', { ...QUIET, step: -1 }],
    ['by two', '5000@0 5002@40 5008@200#5', { ...QUIET, step: 2 }],
    ['down by two', '5000@0 4998@40 4992@200#5', { ...QUIET, step: -2 }],
    ['across the end', '65534@0 65535@40 1024@80 1026@200#5', { ...QUIET, step: 1 }],
    ['down across the beginning', '1025@0 1024@40 65535@80', { ...QUIET, step: -1 }],
    ['while 100 others a second come', '5000@0 5005@40 5024@200#5', { ...QUIET, step: 1, perSecond: 100 }],
    ['by two, while 100 others a second come', '5000@0 5010@40 5048@200#5', { ...QUIET, step: 2, perSecond: 100 }],
    ['and one datagram is overtaken', '5000@0 5002@40 5001@40 5003@40 5004@40', { ...QUIET, step: 1 }],
    ['and is always seen by the fourth mapping of ours', '5000@0 5004@40#5 5008@80#9', { ...QUIET, step: 1 }],
    ['by two, and is always seen by the fourth mapping of ours', '5000@0 5008@40#5 5016@80#9', { ...QUIET, step: 2 }],
    ['and our own count is too high by one, for a host that nobody reaches', '5000@0 5001@40 5003@200#5', { ...QUIET, step: 1 }],
  ])('%s', (_, text, forecast) => {
    expect(forecastOf(seen(text), 40)).toEqual(forecast);
  });

  test('with any step up to four, from any port, in quiet', () => {
    const steps = fc.constantFrom(-4, -3, -2, -1, 1, 2, 3, 4);
    fc.assert(fc.property(fc.integer({ min: FIRST_PORT, max: LAST_PORT }), steps, fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 9 }), (first, step, gaps) => {
      // Were all gaps multiples of one number, that times the step would be as good an answer.
      const made = [1, 2, ...gaps.map((_, i) => 2 + gaps.slice(0, i + 1).reduce((sum, gap) => sum + gap, 0))];
      const rows = made.map((n) => ({ port: wrapped(first + step * n), at: 10 * n, made: n }));
      expect(forecastOf(rows, 40)).toEqual({ ...QUIET, step });
    }));
  });

  test.each([100, 300, 1_000, 3_000])('among %d foreign flows a second: the rate is right within four deviations', (rate) => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const forecast = forecastOf(busy(seed, rate), 40);
      const taken = rate * 0.19;
      expect(forecast).toMatchObject({ kind: 'counting', step: 1 });
      if (forecast.kind === 'counting') expect(Math.abs(forecast.perSecond * 0.19 - taken)).toBeLessThan(4 * Math.sqrt(taken) + 2);
    }
  });
});

describe('a NAT that draws', () => {
  const whole = { kind: 'random', first: FIRST_PORT, last: LAST_PORT };

  test('from all ports is said to, by eight sightings of any seed but one in a thousand', () => {
    let others = 0;
    for (let seed = 1; seed <= 5_000; seed += 1) if (JSON.stringify(forecastOf(drawn(seed, 8, FIRST_PORT, LAST_PORT), 40)) !== JSON.stringify(whole)) others += 1;
    expect(others).toBeLessThanOrEqual(5);
  });

  test('two sightings far apart are no count, and no block either', () => {
    expect(forecastOf(seen('5000@0 9000@40'), 40)).toEqual(whole);
  });

  test.each([64, 256, 2_048, 4_096])('from a block of %d: nearly all of it is in the range that is told, which is no more than two of it', (size) => {
    let [missed, blocks] = [0, 0];
    for (let seed = 1; seed <= 500; seed += 1) {
      const first = 20_000;
      const forecast = forecastOf(drawn(seed, 8, first, first + size - 1), 40);
      if (forecast.kind !== 'random') continue;
      blocks += 1;
      missed += Math.max(0, forecast.first - first) + Math.max(0, first + size - 1 - forecast.last);
      expect(forecast.last - forecast.first).toBeLessThan(2 * size);
    }
    expect(blocks).toBeGreaterThan(490);
    expect(missed / (blocks * size)).toBeLessThan(0.025);
  });

  test('never reaches below 1024 or above 65535', () => {
    const ends = seen('1030@0 1100@1 1041@2 1090@3 1035@4 1099@5');
    expect(forecastOf(ends, 40)).toMatchObject({ kind: 'random', first: FIRST_PORT });
    expect(forecastOf(ends.map((one) => ({ ...one, port: one.port + 64_430 })), 40)).toMatchObject({ kind: 'random', last: LAST_PORT });
  });

  test('the same port twice is no count', () => {
    expect(forecastOf(seen('5000@0 5000@40 5001@80'), 40).kind).toBe('random');
  });
});

test('one sighting says nothing, and none', () => {
  for (const text of ['5000@0']) expect(forecastOf(seen(text), 40)).toEqual({ kind: 'unknown' });
  expect(forecastOf([], 40)).toEqual({ kind: 'unknown' });
});

test('whatever a rendezvous claims to have seen, the forecast is one that can be said', () => {
  const sighting = fc.record({ port: fc.nat(65_535), at: fc.oneof(fc.integer({ min: -10, max: 10 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })), made: fc.integer({ min: 0, max: 50 }) });
  fc.assert(fc.property(fc.array(sighting, { maxLength: 12 }), fc.double({ min: 0, max: 1e6, noNaN: true }), (rows, rttMs) => {
    const forecast = forecastOf(rows, rttMs);
    if (forecast.kind === 'counting') {
      expect(Math.abs(forecast.step)).toBeGreaterThanOrEqual(1);
      expect(Math.abs(forecast.step)).toBeLessThanOrEqual(4);
      expect(forecast.perSecond).toBeGreaterThanOrEqual(0);
      expect(forecast.perSecond).toBeLessThanOrEqual(4_000);
    }
    if (forecast.kind === 'random') {
      expect(forecast.first).toBeGreaterThanOrEqual(FIRST_PORT);
      expect(forecast.last).toBeLessThanOrEqual(LAST_PORT);
      expect(forecast.first).toBeLessThanOrEqual(forecast.last);
    }
  }), { numRuns: 1_000 });
});

describe('our own ports', () => {
  const at = (port: number) => ({ host: '198.18.0.2', port });
  const context = (more: Partial<PeerContext>): PeerContext => ({ ...newContext(undefined), mapping: 'varies', ...more });

  test('a destination of a socket is counted once, another socket to it again', () => {
    const flows = withFlows({ flows: NO_FLOWS, mapping: 'unknown' }, [{ socket: 'r1', to: at(1) }, { socket: 'r1', to: at(2) }, { socket: 'r1', to: at(1) }]);
    expect(flows.count).toBe(2);
    expect(withFlows({ flows, mapping: 'varies' }, [{ socket: 'r1', to: at(2) }])).toBe(flows);
    expect(withFlows({ flows, mapping: 'varies' }, [{ socket: 'r2', to: at(2) }]).count).toBe(3);
    expect(withFlows({ flows, mapping: 'same' }, [{ socket: 'r2', to: at(2) }])).toBe(flows);
  });

  test('are put in the order of their making, and the first sight of each counts', () => {
    const flows = withFlows({ flows: NO_FLOWS, mapping: 'varies' }, [{ socket: 'r1', to: at(1) }, { socket: 'r1', to: at(9) }, { socket: 'r1', to: at(2) }]);
    let seenSoFar = withSighting({ seen: {} }, 'r1', at(2), at(5002), 50);
    seenSoFar = withSighting({ seen: seenSoFar }, 'r1', at(1), at(5000), 60);
    expect(withSighting({ seen: seenSoFar }, 'r1', at(1), at(7777), 70)).toBe(seenSoFar);
    expect(sightings({ flows, seen: seenSoFar })).toEqual([{ port: 5000, at: 60, made: 1 }, { port: 5002, at: 50, made: 3 }]);
  });

  test('what is told in a round holds for all of it, whatever is seen later', () => {
    const flows = withFlows({ flows: NO_FLOWS, mapping: 'varies' }, [1, 2, 3].map((port) => ({ socket: 'r1', to: at(port) })));
    const early = context({ round: 2, flows, seen: { 'r1>198.18.0.2:1': { port: 5000, at: 0 }, 'r1>198.18.0.2:2': { port: 5001, at: 40 } } });
    const told = forecastToTell(early);
    expect(told).toMatchObject({ round: 2, forecast: { kind: 'counting', step: 1 } });
    const late = { ...early, told, seen: { ...early.seen, 'r1>198.18.0.2:3': { port: 40_000, at: 80 } } };
    expect(forecastToTell(late)).toBe(told);
    expect(ownForecast(late)).toEqual(told.forecast);
    expect(ownForecast({ ...late, round: 3 })).toEqual({ kind: 'unknown' });
    expect(forecastToTell({ ...late, round: 3 }).forecast.kind).toBe('random');
  });

  test('in the first round nothing is told of a varying mapping; one that stays is steady in any', () => {
    expect(forecastToTell(context({ round: 1 })).round).toBe(0);
    expect(ownForecast(context({ mapping: 'same' }))).toEqual({ kind: 'steady' });
    expect(ownForecast(context({ mapping: 'unknown', round: 2 }))).toEqual({ kind: 'unknown' });
  });
});

function wrapped(port: number): number {
  return FIRST_PORT + ((((port - FIRST_PORT) % USABLE_PORTS) + USABLE_PORTS) % USABLE_PORTS);
}

function drawn(seed: number, count: number, first: number, last: number): Sighting[] {
  return Array.from({ length: count }, (_, i) => ({ port: first + Math.floor(chance(seed, i) * (last - first + 1)), at: i < 2 ? 40 * i : 190, made: i + 1 }));
}

/** Two sightings 40 ms apart and six at 190 ms, among a Poisson number of others. */
function busy(seed: number, rate: number): Sighting[] {
  let [port, next, draws] = [20_000, 0, 0];
  const gap = (): number => (-Math.log(1 - chance(seed, draws++)) * 1000) / rate;
  next = gap();
  return [0, 40, 190, 190, 190, 190, 190, 190].map((at, i) => {
    for (; next <= at; next += gap()) port += 1;
    port += 1;
    return { port, at, made: i + 1 };
  });
}
