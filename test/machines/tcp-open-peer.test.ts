/** The tcp-open peer, arrow by arrow: registration, rounds, the proof, the choice, and every end. */
import { describe, expect, test } from 'vitest';
import { FIRST, LAST, OpenBench, PEER, TXID } from './open-peer.ts';

const LAN = { host: '192.168.2.2', port: 6000 };

describe('before the introduction', () => {
  test('it connects from a named end, registers, measures, and registers again with the round trip', () => {
    const bench = new OpenBench();
    expect(bench.asked).toEqual(['connect server 198.18.0.2:3478 from 0']);
    expect(bench.connected().asked).toEqual(['server: register']);
    bench.answered(30);
    expect([bench.asked, bench.context.rttMs, bench.state]).toEqual([['server: register'], 30, 'meeting.waiting.asking']);
    expect(bench.answered(20).context.rttMs).toBe(20);
  });

  test('it asks again every 15 s, and a rendezvous without an answer is gone', () => {
    const bench = new OpenBench().connected().answered().answered();
    bench.elapse('refreshInterval');
    expect(bench.asked).toEqual(['server: register']);
    bench.elapse('answerDeadline');
    expect(bench.context.outcome).toMatchObject({ reason: 'no-rendezvous' });
  });

  test.each([
    ['refused', 'no-rendezvous'],
    ['timed-out', 'no-rendezvous'],
    ['address-in-use', 'address-in-use'],
    ['address-not-available', 'address-not-available'],
  ] as const)('a connection to the rendezvous that is %s ends as %s', (code, reason) => {
    expect(new OpenBench().failed('server', code).context.outcome).toMatchObject({ kind: 'failed', reason });
  });

  test('it ends when nobody answers, nobody comes, the room is full, or the rendezvous hangs up', () => {
    const silent = new OpenBench();
    silent.elapse('connectDeadline');
    const alone = new OpenBench().connected().answered();
    alone.elapse('waitDeadline');
    const full = new OpenBench().connected();
    full.send({ type: 'refused', txid: TXID, to: full.context.self, reason: 'room-full', socket: 'server', from: PEER, at: full.now });
    const left = new OpenBench().connected().answered().closed('server');
    expect([silent, alone, full, left].map(({ context }) => context.outcome)).toMatchObject([{ reason: 'no-rendezvous' }, { reason: 'no-peer' }, { reason: 'room-full' }, { reason: 'no-rendezvous' }]);
  });

  test('whoever is nearer to the rendezvous waits for half the difference', () => {
    const wait = (own: number, theirs: number): string[] => new OpenBench().connected().answered(own).answered(own).introduced({ rttMs: theirs }).timers().filter((timer) => timer.startsWith('startDelay'));
    expect([wait(20, 60), wait(60, 20), wait(0, 60_000)]).toEqual([['startDelay in 20'], ['startDelay in 0'], ['startDelay in 2000']]);
  });
});

describe('a round', () => {
  test('calls every endpoint from the one port, and listens there last', () => {
    expect(new OpenBench().punching({ endpoints: [PEER, LAN] }).asked).toEqual(['connect c1/0 198.18.2.2:6000 from 5000', 'connect c1/1 192.168.2.2:6000 from 5000', 'listen l1']);
  });

  test('never calls itself', () => {
    expect(new OpenBench().punching({ endpoints: [PEER, { host: '192.168.1.2', port: 5000 }, { host: '198.18.1.2', port: 5000 }] }).asked).toHaveLength(2);
  });

  test('after a refusal comes at once, the listener closed before it, and leaves alone who has not answered yet', () => {
    const bench = new OpenBench().punching({ endpoints: [PEER, LAN] }).failed('c1/0');
    expect(bench.asked).toEqual(['close l1', 'connect c2/0 198.18.2.2:6000 from 5000', 'listen l2']);
  });

  test('comes at a common moment once a volley is over', () => {
    const bench = new OpenBench().punching();
    for (let round = 1; round <= 4; round += 1) bench.failed(`c${round}/0`);
    expect([bench.asked, bench.rounds]).toEqual([[], 'pausing']);
    const [, wait = ''] = /retryDelay in (\d+)/.exec(bench.timers().join(' ')) ?? [];
    // The next or the one after it, once a round trip of both sides together has passed: the listener stands so long.
    expect([44, 48]).toContain(Number(wait));
  });

  test('takes the place of one that nobody answered, twice, and then leaves it to the system', () => {
    const bench = new OpenBench().punching();
    bench.elapse('silence');
    expect(bench.asked).toEqual(['close c1/0', 'close l1', 'connect c2/0 198.18.2.2:6000 from 5000', 'listen l2']);
    for (let n = 0; n < 3; n += 1) if (bench.timers().some((timer) => timer.startsWith('silence'))) bench.elapse('silence');
    expect(bench.context.round).toBeLessThanOrEqual(4);
  });

  test('waits while a connection with the peer is being proved', () => {
    const bench = new OpenBench().punching({ endpoints: [PEER, LAN] }).connected('c1/0', PEER).failed('c1/1', 'refused');
    bench.elapse('retryDelay');
    expect(bench.asked).toEqual([]);
  });

  test('that leads nowhere is the last, where nobody comes for a second attempt: what was seen is told', () => {
    const bench = new OpenBench().punching({ endpoints: [PEER, LAN] }).failed('c1/1', 'unreachable');
    bench.advance(13_000);
    expect(bench.context.outcome).toMatchObject({ reason: 'no-reply', detail: expect.stringContaining('198.18.2.2:6000 was silent; 192.168.2.2:6000 could not be reached') });
  });
});

describe('the proof', () => {
  test('on a connection of ours begins with our question; on another we are silent until the peer has asked', () => {
    expect(new OpenBench().punching().connected('c1/0', PEER).asked).toEqual(['c1/0: probe']);
    const bench = new OpenBench().punching().accepted('l1/1');
    expect(bench.asked).toEqual([]);
    expect(bench.said('probe', 'l1/1').asked).toEqual(['l1/1: probe', 'l1/1: confirm']);
  });

  test('done, the controlling side hands the first such connection over, and releases it when the other agrees', () => {
    const bench = new OpenBench().punching({ id: LAST }).connected('c1/0', PEER).said('probe', 'c1/0');
    expect(bench.said('confirm', 'c1/0').asked).toEqual(['c1/0: handover']);
    expect(bench.said('handover', 'c1/0').asked).toEqual(['release c1/0', 'close server', 'close l1']);
    expect(bench.context.outcome).toMatchObject({ kind: 'connected', socket: 'c1/0', peer: PEER });
    bench.elapse('leaveTime');
    expect(bench.state).toBe('open');
  });

  test('done, the other side waits to be told, agrees, and releases', () => {
    const bench = new OpenBench().punching({ id: FIRST }).connected('c1/0', PEER).said('probe', 'c1/0').said('confirm', 'c1/0');
    expect(bench.asked).toEqual([]);
    expect(bench.said('handover', 'c1/0').asked).toEqual(['c1/0: handover', 'release c1/0', 'close server', 'close l1']);
  });

  test('on two connections leads to one: the other is closed', () => {
    const bench = new OpenBench().punching({ id: LAST, endpoints: [PEER, LAN] }).connected('c1/0', PEER).connected('c1/1', LAN);
    for (const socket of ['c1/1', 'c1/0']) bench.said('probe', socket);
    bench.said('confirm', 'c1/1').said('confirm', 'c1/0');
    expect([bench.asked, bench.context.nominated]).toEqual([[], 'c1/1']);
    expect(bench.said('handover', 'c1/1').asked).toEqual(['release c1/1', 'close server', 'close l1', 'close c1/0']);
  });

  test('goes on with the next connection when the chosen one breaks before the other has agreed', () => {
    const bench = new OpenBench().punching({ id: LAST, endpoints: [PEER, LAN] }).connected('c1/0', PEER).connected('c1/1', LAN);
    for (const socket of ['c1/1', 'c1/0']) bench.said('probe', socket).said('confirm', socket);
    expect(bench.failed('c1/1', 'reset').asked).toEqual(['c1/0: handover']);
  });
});

describe('a stranger', () => {
  test.each([
    ['says what is not of this protocol', (bench: OpenBench) => bench.junk('l1/1')],
    ['answers a question that was not asked', (bench: OpenBench) => bench.said('confirm', 'l1/1', { txid: TXID })],
    ['hands over what was not proved', (bench: OpenBench) => bench.said('handover', 'l1/1', { txid: TXID })],
    ['asks in the name of another session', (bench: OpenBench) => bench.said('probe', 'l1/1', { sender: '1234567812345678' })],
  ])('who %s is closed', (_, act) => {
    const bench = new OpenBench().punching().accepted('l1/1', { host: '203.0.113.9', port: 1 });
    act(bench);
    expect([bench.asked, bench.context.met, bench.context.strangers]).toEqual([['close l1/1'], [], 1]);
  });

  test('who says nothing is closed after 3 s', () => {
    const bench = new OpenBench().punching().accepted('l1/1', { host: '203.0.113.9', port: 1 });
    bench.advance(3_500);
    expect([bench.context.met, bench.net.some((command) => command.type === 'close' && command.socket === 'l1/1')]).toEqual([[], true]);
  });

  test('who answers our calls three times is called no more', () => {
    const bench = new OpenBench().punching();
    for (let n = 0; n < 3; n += 1) {
      const socket = bench.context.targets[0]?.socket ?? '';
      bench.connected(socket, PEER).junk(socket);
      bench.advance(100);
    }
    expect(bench.context.targets[0]).toMatchObject({ socket: undefined, strangers: 3 });
  });

  test('finds no room beside sixteen others, while the peer still does', () => {
    const bench = new OpenBench().punching();
    for (let n = 1; n <= 16; n += 1) bench.accepted(`l1/${n}`, { host: '203.0.113.9', port: n });
    expect(bench.accepted('l1/17', { host: '203.0.113.9', port: 17 }).asked).toEqual(['close l1/17']);
    expect(bench.accepted('l1/18', PEER).asked).toEqual([]);
  });
});

test('nothing of the rendezvous matters once rounds have begun, and its messages are none on another connection', () => {
  const bench = new OpenBench().punching().closed('server');
  expect(bench.state).toContain('punching');
  const other = new OpenBench().punching().connected('c1/0', PEER);
  other.send({ type: 'mapped', txid: TXID, to: other.context.self, mapped: PEER, socket: 'c1/0', from: PEER, at: other.now });
  expect(other.asked).toEqual(['close c1/0']);
});

test('told to stop in any state, it stops', () => {
  const states = [new OpenBench(), new OpenBench().connected(), new OpenBench().connected().answered(), new OpenBench().punching(), new OpenBench().punching().connected('c1/0', PEER)];
  for (const bench of states) {
    bench.send({ type: 'close' });
    expect([bench.state, bench.context.outcome]).toMatchObject(['failed', { reason: 'interrupted' }]);
  }
});
