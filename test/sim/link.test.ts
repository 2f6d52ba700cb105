/** What links do to packets, by the statistics of seeded chance. */
import { describe, expect, test } from 'vitest';
import { Internet, type LinkBehaviour } from '../../adapters/sim/index.ts';

interface Arrival {
  readonly n: number;
  readonly at: number;
}

interface Run {
  readonly link: Partial<LinkBehaviour>;
  readonly count: number;
  readonly everyMs?: number;
  readonly seed?: string;
  /** Packets that another host sends at the same time, over a link like this one. */
  readonly bystander?: number;
}

/** One host sends numbered datagrams over `link` to a server on a perfect one. */
function arrivals({ link, count, everyMs = 1, seed = 'links', bystander = 0 }: Run): Arrival[] {
  const internet = new Internet({ seed });
  const { clock } = internet;
  const to = { host: '198.18.0.2', port: 9 };
  const heard: Arrival[] = [];
  const server = internet.host({ name: 's', addresses: [to.host] });
  server.bind('sink', { port: to.port }, (from, data) => from.host === '198.18.1.2' && heard.push({ n: (data[0]! << 8) | data[1]!, at: clock.now() }));
  const sending = (name: string, address: string, packets: number): void => {
    const socket = internet.host({ name, addresses: [address], link }).bind('main', {}, () => {});
    if ('code' in socket) throw new Error(socket.detail);
    for (let n = 0; n < packets; n += 1) clock.setTimeout(() => socket.send(to, new Uint8Array([n >> 8, n & 255])), n * everyMs);
  };
  sending('a', '198.18.1.2', count);
  sending('b', '198.18.2.2', bystander);
  clock.runUntil(Infinity);
  return heard;
}

const numbers = (list: readonly Arrival[]): number[] => list.map(({ n }) => n);

test('a perfect link delivers everything in order, at once', () => {
  const heard = arrivals({ link: {}, count: 100 });
  expect(heard).toEqual(Array.from({ length: 100 }, (_, n) => ({ n, at: n })));
});

test('latency is the same for every packet', () => {
  expect(arrivals({ link: { latencyMs: 12.5 }, count: 3, everyMs: 10 }).map(({ at }) => at)).toEqual([12.5, 22.5, 32.5]);
});

test('jitter delays by up to so much, evenly, and never lets a packet overtake another', () => {
  const slow = arrivals({ link: { latencyMs: 10, jitterMs: 8 }, count: 4000, everyMs: 20 });
  const delays = slow.map(({ n, at }) => at - n * 20);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...delays)).toBeLessThan(18);
  expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeCloseTo(14, 0);
  const burst = numbers(arrivals({ link: { latencyMs: 10, jitterMs: 8 }, count: 4000, everyMs: 0.1 }));
  expect(burst).toEqual(burst.toSorted((one, other) => one - other));
});

test('loss takes the share it was given', () => {
  const heard = arrivals({ link: { loss: 0.2 }, count: 10_000 });
  expect(heard.length).toBeGreaterThan(7_850);
  expect(heard.length).toBeLessThan(8_150);
});

test('duplication delivers the share it was given twice', () => {
  const heard = numbers(arrivals({ link: { duplicate: 0.1 }, count: 10_000 }));
  expect(new Set(heard).size).toBe(10_000);
  expect(heard.length).toBeGreaterThan(10_870);
  expect(heard.length).toBeLessThan(11_130);
});

test('reordering lets later packets overtake the share it was given', () => {
  const heard = numbers(arrivals({ link: { latencyMs: 5, reorder: 0.1, reorderMs: 20 }, count: 10_000 }));
  expect(heard).toHaveLength(10_000);
  const overtaken = heard.filter((n, i) => heard.slice(Math.max(0, i - 30), i).some((earlier) => earlier > n));
  expect(overtaken.length).toBeGreaterThan(700);
  expect(overtaken.length).toBeLessThan(1_100);
});

describe('chance', () => {
  const lossy = { latencyMs: 5, jitterMs: 3, loss: 0.1, duplicate: 0.1, reorder: 0.1 };

  test('is the same for the same seed, and another for another', () => {
    const one = arrivals({ link: lossy, count: 200 });
    expect(arrivals({ link: lossy, count: 200 })).toEqual(one);
    expect(arrivals({ link: lossy, count: 200, seed: 'other' })).not.toEqual(one);
  });

  test('on one link does not depend on the traffic of another', () => {
    expect(arrivals({ link: lossy, count: 200, bystander: 57 })).toEqual(arrivals({ link: lossy, count: 200 }));
  });

  test('takes the same packets whatever else the link does to them', () => {
    const survivors = (link: Partial<LinkBehaviour>): Set<number> => new Set(numbers(arrivals({ link, count: 500 })));
    expect(survivors(lossy)).toEqual(survivors({ loss: 0.1 }));
  });

  test('is drawn apart for the two directions and for every link', () => {
    const internet = new Internet({ seed: 'links' });
    for (const name of ['a', 'b']) internet.host({ name, addresses: [name], link: { loss: 0.5 } });
    const lanes = [...internet.links.values()].flatMap(({ up, down }) => [up, down]);
    const fates = lanes.map((lane) => {
      let text = '';
      const stop = internet.observe((seen) => (text += seen.type === 'dropped' && seen.reason === 'loss' ? '-' : ''));
      for (let n = 0; n < 40; n += 1) {
        const before = text.length;
        lane.carry({ protocol: 'udp', id: n, host: 'a', socket: 'main', src: { host: 'a', port: 1 }, dst: { host: 'a', port: 1 }, ttl: 9, data: new Uint8Array() }, true);
        if (text.length === before) text += '+';
      }
      stop();
      return text;
    });
    expect(new Set(fates).size).toBe(4);
  });
});
