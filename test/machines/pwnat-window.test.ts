/** The numbered packets between two of our own ends, as values: whatever the line does, the stream arrives whole, in order and once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chance } from '../../effects/seed.ts';
import { type Incoming, isWorthTelling, NEW_INCOMING, receipted, taken } from '../../machines/pwnat/incoming.ts';
import { acknowledged, type Departure, expired, isDelivered, newOutgoing, offered, type Outgoing, pumped, type Sending } from '../../machines/pwnat/outgoing.ts';
import * as timing from '../../machines/pwnat/timing.ts';
import { called, dueAt, type LinkStream, ticked } from '../../machines/pwnat/link-stream.ts';
import { newSide } from '../../machines/pwnat/tcp-side.ts';
import { Turn } from '../../machines/pwnat/turn.ts';
import { noise } from '../stories/pwnat-world.ts';

interface Line {
  readonly loss: number;
  readonly duplicate: number;
  readonly jitterMs: number;
}

interface Travelling {
  readonly at: number;
  readonly act: () => void;
}

/** One direction over a line, ms by ms. The end is what arrived, and when; undefined when the sender gave up. */
function carried(stream: Uint8Array, line: Line, seed: number, latencyMs = 10): { readonly data: Buffer; readonly ms: number; readonly largest: number } | undefined {
  let [outgoing, incoming]: [Outgoing, Incoming] = [{ ...offered(newOutgoing(), stream), isEnding: true }, NEW_INCOMING];
  let [now, drawn, largest] = [0, 0, 0];
  let travelling: Travelling[] = [];
  const arrived: Uint8Array[] = [];
  const send = (act: () => void): void => {
    const copies = chance(seed, (drawn += 1)) < line.loss ? 0 : chance(seed, (drawn += 1)) < line.duplicate ? 2 : 1;
    for (let n = 0; n < copies; n += 1) travelling.push({ at: now + latencyMs + chance(seed, (drawn += 1)) * line.jitterMs, act });
  };
  const tell = (): void => {
    const { incoming: after, receipt } = receipted(incoming, false);
    incoming = after;
    send(() => leave({ outgoing: acknowledged(outgoing, receipt, now), departures: [] }));
  };
  const arrive = (departure: Departure): void => {
    const came = taken(incoming, departure, now);
    incoming = came.incoming;
    if (came.data) arrived.push(came.data);
    largest = Math.max(largest, incoming.early.size);
    if (came.isUrgent) tell();
  };
  const leave = ({ outgoing: before }: Sending): void => {
    const { outgoing: after, departures } = pumped(before, now);
    outgoing = after;
    for (const departure of departures) send(() => arrive(departure));
  };
  leave({ outgoing, departures: [] });
  for (; now < 600_000; now += 1) {
    const due = travelling.filter(({ at }) => at <= now);
    travelling = travelling.filter(({ at }) => at > now);
    for (const { act } of due) act();
    if (incoming.dueAt <= now) tell();
    if (isDelivered(outgoing)) return { data: Buffer.concat(arrived), ms: now, largest };
    if (outgoing.dueAt > now) continue;
    const again = expired(outgoing, now);
    if (!again) return undefined;
    leave({ outgoing: again, departures: [] });
  }
  throw new Error('neither delivered nor given up within ten minutes');
}

const GOOD: Line = { loss: 0, duplicate: 0, jitterMs: 0 };

test('whatever is lost, doubled and overtaken, the stream arrives whole, in order and once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30_000 }), fc.double({ min: 0, max: 0.3, noNaN: true }), fc.double({ min: 0, max: 0.3, noNaN: true }), fc.integer({ min: 0, max: 40 }), fc.integer(), (size, loss, duplicate, jitterMs, seed) => {
      const stream = noise(size, seed);
      const got = carried(stream, { loss, duplicate, jitterMs }, seed);
      expect(got?.data.equals(stream)).toBe(true);
      expect(got?.largest ?? 0).toBeLessThanOrEqual(timing.WINDOW);
    }),
    { numRuns: 60 },
  );
});

test('on a good line the window opens: a megabyte takes a few round trips, not a thousand', () => {
  const got = carried(noise(1_000_000), GOOD, 1);
  expect(got?.ms).toBeLessThan(20 * 20);
});

test('a lost packet costs about a round trip, and a lost last one a short time-out', () => {
  const good = carried(noise(60_000), GOOD, 1)?.ms ?? 0;
  for (let seed = 1; seed <= 20; seed += 1) expect(carried(noise(60_000), { ...GOOD, loss: 0.02 }, seed)?.ms).toBeLessThan(good + 12 * 20);
});

test('a line that carries nothing is given up after half a minute or so', () => {
  let [outgoing, now] = [pumped(offered(newOutgoing(), noise(5_000)), 0).outgoing, 0];
  for (let again: Outgoing | undefined = outgoing; again; again = expired(outgoing, now)) {
    outgoing = pumped(again, now).outgoing;
    now = outgoing.dueAt;
  }
  expect(now).toBeGreaterThan(25_000);
  expect(now).toBeLessThan(60_000);
});

describe('the sender', () => {
  const sent = (count: number): Outgoing => {
    const { outgoing, departures } = pumped({ ...offered(newOutgoing(), noise(count * 1200)), window: count }, 0);
    expect(departures.map(({ sequence }) => sequence)).toEqual(Array.from({ length: count }, (_, n) => n));
    return outgoing;
  };
  const NONE = { limit: 256, seen: new Uint8Array(0) };

  test('sends again what three later ones have overtaken, once, and makes its window smaller once for all of them', () => {
    const after = acknowledged(sent(10), { next: 0, limit: 256, seen: Uint8Array.of(0b0011_1110, 0) }, 20);
    const { outgoing, departures } = pumped(after, 20);
    expect(departures.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(outgoing.window).toBeCloseTo(7);
    expect(pumped(acknowledged(outgoing, { next: 0, limit: 256, seen: Uint8Array.of(0b0011_1110, 0) }, 21), 21).departures).toEqual([]);
  });

  test('believes no receipt for what it has not sent, nor an old one', () => {
    const outgoing = sent(4);
    for (const next of [5, 300, 2 ** 32 - 1]) expect(acknowledged(outgoing, { next, ...NONE }, 20)).toEqual(outgoing);
    const later = acknowledged(outgoing, { next: 3, ...NONE }, 20);
    expect(acknowledged(later, { next: 1, ...NONE }, 21)).toEqual(later);
    const bits = acknowledged(outgoing, { next: 0, limit: 256, seen: new Uint8Array(32).fill(255) }, 20);
    expect(bits.flight.map(({ state }) => state)).toEqual(['flying', 'seen', 'seen', 'seen'].map((state, n) => (n === 0 ? expect.any(String) : state)));
  });

  test('stops at the receiver\'s limit, asks beyond it with one packet when nothing is under way, and goes on with the next word', () => {
    const full = { ...offered(newOutgoing(), noise(100 * 1200)), window: 200 };
    const { outgoing, departures } = pumped(full, 0);
    expect(departures).toHaveLength(timing.FIRST_LIMIT);
    const all = acknowledged(outgoing, { next: 64, limit: 64, seen: new Uint8Array(0) }, 20);
    const probe = pumped(all, 20);
    expect(probe.departures.map(({ sequence }) => sequence)).toEqual([64]);
    expect(pumped(probe.outgoing, 21).departures).toEqual([]);
    const more = pumped(acknowledged(probe.outgoing, { next: 64, limit: 300, seen: new Uint8Array(0) }, 40), 40);
    expect(more.departures[0]?.sequence).toBe(65);
  });

  test('is patient with a receiver that answers, however long it takes nothing', () => {
    let outgoing: Outgoing | undefined = pumped({ ...offered(newOutgoing(), noise(5_000)), limit: 0, window: 4 }, 0).outgoing;
    for (let now = 0; outgoing && now < 3_600_000; now = outgoing?.dueAt ?? now) {
      const again = expired(outgoing, outgoing.dueAt);
      outgoing = again && acknowledged(pumped(again, again.dueAt).outgoing, { next: 0, limit: 0, seen: new Uint8Array(0) }, now);
    }
    expect(outgoing).toBeDefined();
  });
});

describe('the receiver', () => {
  const packet = (sequence: number, body: Uint8Array = Uint8Array.of(sequence)) => ({ sequence, kind: 'data', body }) as const;

  test('tells at once of a gap and of its end, and of packets in order by fours', () => {
    const first = taken({ ...NEW_INCOMING, next: 1 }, packet(1), 0);
    expect([first.isUrgent, first.incoming.dueAt]).toEqual([false, timing.RECEIPT_MS]);
    const gap = taken(first.incoming, packet(4), 1);
    expect([gap.isUrgent, gap.data]).toEqual([true, undefined]);
    const { receipt, incoming } = receipted(gap.incoming, false);
    expect([receipt.next, [...receipt.seen]]).toEqual([2, [0b0100_0000]]);
    const more = taken(taken(incoming, packet(2), 2).incoming, packet(3), 3);
    expect([more.isUrgent, [...(more.data ?? [])]]).toEqual([true, [3, 4]]);
  });

  test('takes nothing beyond the limit that it has told, nor anything twice, and says so', () => {
    const { incoming } = receipted(NEW_INCOMING, true);
    for (const sequence of [timing.FIRST_LIMIT, 2 ** 32 - 1]) expect(taken(incoming, packet(sequence), 0)).toMatchObject({ incoming, data: undefined, isUrgent: true });
    const once = taken(incoming, packet(0), 0).incoming;
    expect(taken(once, packet(0), 1)).toMatchObject({ incoming: once, data: undefined, isUrgent: true });
  });

  test('never takes back what it has allowed, allows no more while the TCP side is full, and says when there is room', () => {
    const some = Array.from({ length: 60 }, (_, n) => n).reduce((incoming, n) => taken(incoming, packet(n), 0).incoming, NEW_INCOMING);
    const full = receipted(some, true);
    expect(full.receipt.limit).toBe(timing.FIRST_LIMIT);
    expect([isWorthTelling(full.incoming), receipted(full.incoming, false).receipt.limit]).toEqual([true, 60 + timing.WINDOW]);
  });

  test('hears where to connect to in the first packet only', () => {
    const open = (sequence: number) => ({ sequence, kind: 'open', body: Uint8Array.of(7) }) as const;
    const first = taken(NEW_INCOMING, open(0), 0);
    expect(first.open).toEqual(Uint8Array.of(7));
    expect(taken(first.incoming, open(1), 1)).toMatchObject({ open: undefined, data: undefined, incoming: { next: 2 } });
  });

  test('hears of nothing behind the end', () => {
    const end = taken(NEW_INCOMING, { sequence: 0, kind: 'end', body: new Uint8Array(0) }, 0);
    expect([end.incoming.isEnded, end.isUrgent]).toEqual([true, true]);
    expect(taken(end.incoming, packet(1), 1).data).toBeUndefined();
  });
});

test('a stream of which nothing more is received ends its TCP connection, though its link may live: large packets alone are lost', () => {
  const given = { tcp: newSide('web/1'), peer: { host: '198.18.2.2', port: 2222 }, pair: '1'.repeat(32), id: 1 };
  let stream: LinkStream | undefined = called(new Turn(0), given, '127.0.0.1', '80', 40);
  let asked = 0;
  let last = new Turn(0);
  while (stream && asked < 100) {
    last = new Turn(dueAt(stream));
    stream = ticked(last, stream);
    asked += 1;
  }
  expect(asked).toBe(timing.SILENCES + 1);
  expect(last.commands).toEqual([{ type: 'close', socket: 'web/1' }]);
});
