/** A second attempt of the tcp-open peer: when it comes, what it takes along, and what is said when it cannot begin. */
import { describe, expect, test } from 'vitest';
import { attemptMs, PUNCH_DEADLINE_MS } from '../../machines/tcp-open/timing.ts';
import { FIRST, LAST, OpenBench, PEER, SERVER, TXID } from './open-peer.ts';

/** Each side is 20 ms from the rendezvous and back. */
const AGED_MS = attemptMs(40);

describe('what nothing came of for some seconds', () => {
  /** In the second attempt, connecting to the rendezvous again. */
  function begunAnew(more: ConstructorParameters<typeof OpenBench>[0] = {}): OpenBench {
    const bench = new OpenBench(more).punching();
    bench.advance(AGED_MS);
    return bench;
  }

  test('is closed as a whole, and begins anew from a port that the system chooses', () => {
    const bench = begunAnew();
    expect([bench.state, bench.context.attempt]).toEqual(['connecting', 1]);
    expect(bench.asked.filter((words) => words.startsWith('close'))).toEqual(expect.arrayContaining(['close server', expect.stringMatching(/^close l/), expect.stringMatching(/^close c/)]));
    expect(bench.asked.at(-1)).toBe('connect server 198.18.0.2:3478 from 0');
    bench.connected();
    expect(bench.last.net).toMatchObject([{ type: 'tcp.send', socket: 'server', message: { type: 'register', attempt: 1, rttMs: undefined } }]);
  });

  test('goes on as it is from a port that was given, and while somebody who may be the peer is there', () => {
    expect(begunAnew({ local: { port: 5000 } }).state).toMatch(/^punching/);
    const bench = new OpenBench().punching();
    bench.advance(AGED_MS - 10);
    bench.accepted('l1/1');
    bench.advance(500);
    expect(bench.state).toMatch(/^punching/);
    bench.advance(5_000);
    expect(bench.state).toBe('connecting');
  });

  test('goes on as it is where the peer was told which port to use', () => {
    const bench = new OpenBench().connected().answered().answered();
    bench.send({ type: 'introduced', txid: TXID, to: bench.context.self, round: 0, mapped: { host: '198.18.1.2', port: 5000 }, peer: { id: LAST, rttMs: 20, keepsPort: true, endpoints: [PEER], round: 0, forecast: { kind: 'unknown' }, ageMs: 0 }, socket: 'server', from: SERVER, at: bench.now });
    bench.elapse('startDelay');
    bench.advance(11_000);
    expect([bench.state.startsWith('punching'), bench.context.attempt]).toEqual([true, 0]);
  });

  test('goes to no host that the first introduction did not name', () => {
    const bench = begunAnew().connected().answered().answered().introduced({ endpoints: [PEER, { host: '203.0.113.1', port: 80 }, { host: '203.0.113.2', port: 80 }] });
    bench.elapse('startDelay');
    expect(bench.asked.filter((words) => words.startsWith('connect'))).toEqual([`connect c${bench.context.round}/0 198.18.2.2:6000 from 5000`]);
  });

  test('tells its rounds alone', () => {
    const bench = begunAnew().connected().answered().answered().introduced();
    bench.elapse('startDelay');
    bench.advance(PUNCH_DEADLINE_MS);
    const { roundsBefore, round, outcome } = bench.context;
    expect([roundsBefore > 0, outcome]).toMatchObject([true, { detail: expect.stringContaining(`In ${round - roundsBefore} rounds`) }]);
  });

  test('is begun anew once, with the same peer at the same host only', () => {
    const stranger = begunAnew().connected().answered().answered().introduced({ id: FIRST });
    const moved = begunAnew().connected().answered().answered().introduced({ endpoints: [{ host: '203.0.113.7', port: 80 }] });
    expect([stranger.state, moved.state]).toEqual(['meeting.waiting.resting', 'meeting.waiting.resting']);
    const again = begunAnew().connected().answered().answered().introduced();
    again.elapse('startDelay');
    again.advance(PUNCH_DEADLINE_MS);
    expect([again.context.attempt, again.context.outcome]).toMatchObject([1, { kind: 'failed', reason: 'no-reply' }]);
  });

  test('is told as it was when the rendezvous or the peer is not there again', () => {
    const unconnected = begunAnew();
    unconnected.elapse('connectDeadline');
    const refused = begunAnew().failed('server');
    const alone = begunAnew().connected().answered().answered();
    alone.elapse('waitDeadline');
    const silent = begunAnew().connected();
    silent.elapse('answerDeadline');
    for (const bench of [unconnected, refused, alone, silent]) expect(bench.context.outcome).toMatchObject({ reason: 'no-reply', detail: expect.stringContaining('was silent') });
  });
});
