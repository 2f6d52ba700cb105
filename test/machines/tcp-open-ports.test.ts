/** The tcp-open peer where a NAT gives every destination another port: what it lets be seen, tells, and calls. */
import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../machines/port-forecast.ts';
import { AIM_BUDGET } from '../../machines/tcp-open/aim.ts';
import { OpenBench, PEER, TXID } from './open-peer.ts';

const QUIET: Forecast = { kind: 'counting', step: 1, perSecond: 0, rttMs: 48 };
const STEADY: Forecast = { kind: 'steady' };
const RANDOM: Forecast = { kind: 'random', first: 1024, last: 65_535 };

/** Behind a NAT that counts: its next port is `5001`, and so on. In its first round, with calls to the peer and to its home. */
function varying(): OpenBench {
  const bench = new OpenBench().observed(5001).answered().introduced();
  bench.elapse('startDelay');
  return bench;
}

/** As far as its forecast, which leaves from port 5006: 5002 was that of the first call, 5003 to 5005 were seen. */
function telling(bench = varying()): OpenBench {
  bench.elapse('plainTime');
  for (const n of [1, 2, 3]) bench.connected(`s${n}`).seen(`s${n}`, 5002 + n);
  return bench;
}

describe('whether the mapping varies', () => {
  test('is seen by the rendezvous\'s other port, asked from the one port', () => {
    const bench = new OpenBench().connected();
    bench.send({ type: 'mapped', txid: bench.context.asked?.txid ?? '', to: bench.context.self, mapped: PEER, alternate: { host: '0.0.0.0', port: 3479 }, socket: 'server', from: PEER, at: bench.now });
    expect(bench.asked).toContain('connect alternate 198.18.0.2:3479 from 5000');
    expect(bench.connected('alternate').asked).toEqual(['alternate: observe']);
  });

  test('is told where it does not, at once', () => {
    const bench = new OpenBench().observed(5000);
    expect([bench.asked, bench.context.mapping]).toEqual([['close alternate', 'server: foretell'], 'same']);
  });

  test('stays unknown where nothing answers there, and the calls go on as ever', () => {
    const bench = new OpenBench().punching();
    bench.elapse('plainTime');
    expect([bench.ports, bench.rounds]).toEqual(['idle', 'trying']);
  });
});

describe('a NAT that counts', () => {
  test('is looked at only when calls that need no guess were not answered', () => {
    const bench = varying();
    expect([bench.ports, bench.context.made]).toEqual(['plain', 3]);
    bench.elapse('plainTime');
    expect(bench.asked).toEqual([1, 2, 3].map((n) => `connect s${n} 198.18.0.2:3478 from 0`));
  });

  test('is foretold on a new connection, and then nothing is called that would move it', () => {
    const bench = telling();
    expect([bench.asked, bench.context.told]).toEqual([['close s3', 'connect f1 198.18.0.2:3478 from 0'], { round: 1, forecast: QUIET }]);
    expect(bench.connected('f1').asked).toEqual(['f1: foretell']);
    bench.failed('c1/0').elapse('retryDelay');
    expect(bench.asked).toEqual([]);
  });

  test('calls a row of three, each from a port of its own, a little later than a peer whose ports stay', () => {
    const bench = telling().connected('f1').foretold(STEADY, { ownPort: 5006 });
    expect(bench.timers()).toContain('aimDelay in 8');
    bench.elapse('aimDelay');
    expect(bench.asked).toEqual(['close l1', ...[0, 1, 2].map((n) => `connect c2/${n} 198.18.2.2:6000 from 0`), 'listen l2']);
    expect([bench.context.aim?.sockets, bench.context.spent]).toEqual([3, 3]);
  });

  test('aims at the middle of a row where the peer counts too', () => {
    const bench = telling().connected('f1').foretold({ ...QUIET, step: -1 }, { port: 40_000, ownPort: 5006 });
    bench.elapse('aimDelay');
    expect(bench.asked.slice(1, 4)).toEqual([0, 1, 2].map((n) => `connect c2/${n} 198.18.2.2:39998 from 0`));
  });

  test('never calls one port of a row twice: refused as a whole, the next forecast is told at once', () => {
    const bench = telling().connected('f1').foretold(STEADY, { ownPort: 5006 });
    bench.elapse('aimDelay');
    for (const n of [0, 1, 2]) bench.failed(`c2/${n}`);
    expect([bench.ports, bench.asked]).toEqual(['telling', ['close f1', 'connect f2 198.18.0.2:3478 from 0']]);
  });

  test('is foretold four times without an answer, and then what needs no guess is called again', () => {
    const bench = telling();
    for (let n = 0; n < 4; n += 1) bench.elapse('seeingTime');
    expect([bench.ports, bench.context.told.round, bench.context.calls]).toEqual(['told', 4, 'free']);
  });

  test('is aimed with twelve times at the most, and the end is said soon', () => {
    const bench = telling();
    for (let n = 0; n < 12; n += 1) {
      bench.foretold(STEADY, { ownPort: 5006 + 4 * n }).elapse('aimDelay');
      bench.elapse('aimedTime');
    }
    expect([bench.ports, bench.context.aims, bench.context.spent]).toEqual(['hopeless', 12, 36]);
    bench.advance(6_000);
    expect([bench.state, bench.context.before]).toMatchObject(['connecting', { reason: 'no-reply', detail: expect.stringContaining('12 aims, with 36 calls') }]);
  });
});

describe('whose ports stay', () => {
  const steady = (): OpenBench => {
    const bench = new OpenBench().observed(5000).answered().introduced();
    bench.elapse('startDelay');
    return bench;
  };

  test('calls the two ports that the peer\'s row of three is sure to have one of, from the one port', () => {
    const bench = steady().foretold(QUIET, { port: 40_000 });
    bench.elapse('aimDelay');
    expect(bench.asked).toEqual(['close l1', 'connect c2/0 198.18.2.2:40002 from 5000', 'connect c2/1 198.18.2.2:40003 from 5000', 'listen l2']);
  });

  test('calls them again where they are refused: the row may come later', () => {
    const bench = steady().foretold(QUIET, { port: 40_000 });
    bench.elapse('aimDelay');
    expect(bench.failed('c2/0').asked).toEqual(['close l2', 'connect c3/0 198.18.2.2:40002 from 5000', 'listen l3']);
    expect(bench.context.spent).toBe(2);
  });

  test('follows no more than twelve aims, however busy the peer says it is', () => {
    const bench = steady();
    for (let n = 1; n < 30; n += 1) {
      bench.foretold({ ...QUIET, perSecond: 3_000 }, { port: 40_000, peerRound: n });
      if (bench.rounds === 'aiming') bench.elapse('aimDelay');
    }
    expect(bench.context.aims).toBeLessThanOrEqual(12);
    expect(bench.context.spent).toBeLessThanOrEqual(AIM_BUDGET);
    expect(bench.asked).toEqual([]);
  });

  test('does not leave a connection that is being proved for an aim', () => {
    const bench = steady().connected('c1/0', PEER).foretold(QUIET);
    expect([bench.asked, bench.rounds]).toEqual([[], 'trying']);
  });
});

describe('ports at random', () => {
  test('are told as such on the connection that stands, and the calls go on', () => {
    const bench = varying();
    bench.elapse('plainTime');
    for (const [n, port] of [60_000, 2_000, 33_333].entries()) bench.connected(`s${n + 1}`).seen(`s${n + 1}`, port);
    expect([bench.asked, bench.context.told.forecast.kind, bench.context.calls]).toEqual([['close s3', 'server: foretell'], 'random', 'free']);
  });

  test.each([
    ['on one side', new OpenBench().observed(5000), 'no-reply', 'natpunch udp'],
    ['on the side of a peer of one that counts', undefined, 'no-path', 'Both NATs'],
  ])('%s are said to be so after 6 s, and not tried', (_, cone, reason, words) => {
    const bench = cone ? cone.answered().introduced() : telling();
    if (cone) bench.elapse('startDelay');
    const start = bench.context.startAt;
    bench.foretold(RANDOM, { ownPort: 5006 });
    bench.advance(13_000);
    expect([bench.context.outcome, bench.context.spent]).toMatchObject([{ reason, detail: expect.stringContaining(words) }, 0]);
    expect(start).toBeGreaterThan(0);
  });
});

test('an introduction that answers an older forecast, or comes from elsewhere, moves nothing', () => {
  const bench = telling().foretold(STEADY, { round: 0 });
  expect([bench.ports, bench.rounds]).toEqual(['telling', 'trying']);
  bench.connected('c1/0', PEER);
  bench.send({ type: 'introduced', txid: TXID, to: bench.context.self, round: 1, mapped: PEER, peer: { id: bench.context.peer?.id ?? '', rttMs: 1, round: 1, forecast: STEADY, ageMs: 0, endpoints: [PEER] }, socket: 'c1/0', from: PEER, at: bench.now });
  expect(bench.ports).toBe('telling');
});
