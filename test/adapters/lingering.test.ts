/** Who was shown out and does not go, on real sockets and on simulated ones: strangers hold few sockets, and no goodbye is cut short. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { nodeNet } from '../../adapters/node/net.ts';
import { type ReleasedStream, world } from '../../adapters/sim/index.ts';
import { type Net, TCP_LINGERING } from '../../effects/net.ts';
import { type Await, Party } from './party.ts';
import { until } from './real-time.ts';

interface Ground {
  /** Of a host that connects and keeps its side open whatever comes, and of one that listens. */
  readonly nets: readonly [Net, Net];
  readonly address: string;
  readonly until: Await;
}

const stubborn: (Socket | ReleasedStream)[] = [];
const keep = (stream: Socket | ReleasedStream): void => void stubborn.push(stream);

function onNode(): Ground {
  return { nets: [nodeNet({ onRelease: (socket) => keep(socket.on('error', () => undefined)) }), nodeNet()], address: '127.0.0.1', until };
}

function onSim(): Ground {
  const w = world({ a: 'open', b: 'open' });
  const deadlineMs = 5_000;
  return {
    nets: [w.host('a').net({ onRelease: keep }), w.host('b').net()],
    address: w.address('b'),
    until: async (met, what) => {
      for (let ms = 0; ms < deadlineMs && !met(); ms += 1) w.advance(1);
      if (!met()) throw new Error(`${what} did not happen`);
    },
  };
}

describe.each([
  ['node', onNode],
  ['simulated', onSim],
])('of accepted connections that are closed and whose peers never end (%s)', (_, makeGround) => {
  let parties: Party[] = [];
  afterEach(() => {
    parties.forEach((party) => party.stop());
    stubborn.splice(0).forEach((stream) => void stream.destroy());
    parties = [];
  });

  /** Closes two more than may linger, and tells how many of three who come next are let in where there was no place left. */
  async function placesAfter(words: readonly number[]): Promise<number> {
    const ground = makeGround();
    const [a, b] = ground.nets.map((net) => new Party(net, ground.until));
    if (!a || !b) throw new Error('two parties');
    parties = [a, b];
    const limit = TCP_LINGERING + 2;
    const to = await b.listen('s', ground.address, { limit });
    for (let n = 1; n <= limit; n += 1) {
      await a.connect(`c${n}`, to);
      a.ask({ type: 'tcp.release', socket: `c${n}` });
    }
    await b.next('tcp.accepted', { nth: limit });
    for (let n = 1; n <= limit; n += 1) {
      b.write(`s/${n}`, ...words);
      b.ask({ type: 'close', socket: `s/${n}` });
    }
    // A place is free a moment after its holder has gone: whoever comes first may come a little too early.
    for (let n = 1; n <= 5 && b.heard('tcp.accepted').length < limit + 3; n += 1) {
      const before = b.heard('tcp.accepted').length;
      await a.connect(`late${n}`, to);
      const isOver = (): boolean => b.heard('tcp.accepted').length > before || [...a.heard('tcp.closed'), ...a.heard('net.failed')].some(({ socket }) => socket === `late${n}`);
      await ground.until(isOver, 'an answer');
    }
    return b.heard('tcp.accepted').length - limit;
  }

  test('who was told nothing makes room, but for the newest few', async () => {
    expect(await placesAfter([])).toBe(2);
  });

  test('who was told something is waited for', async () => {
    expect(await placesAfter([1])).toBe(0);
  });
});
