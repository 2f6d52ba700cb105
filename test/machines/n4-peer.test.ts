/** The n4 peer until its partner is heard: the bytes' order, the sweep, the next round, and every way it ends. Pure transitions. */
import { describe, expect, test } from 'vitest';
import { sourcePort, targetOf } from '../../machines/n4/session.ts';
import { PEER, PeerBench, SERVER, TARGET } from './n4-peer.ts';

const READY = { type: 'ready' } as const;

describe('meeting', () => {
  test('opens every socket, connects, says HELLO, and EXCHANGE three times from the first socket', () => {
    const peer = new PeerBench();
    expect(peer.asked).toEqual(['open p1/0 30000', 'open p1/1 30001', 'open p1/2 30002', 'open p1/3 30003']);
    expect(peer.opened().asked).toEqual(['connect server/1 198.18.0.2:1721']);
    expect(peer.connected().asked).toEqual(['server/1: hello']);
    expect(peer.told(READY).asked).toEqual(Array.from({ length: 3 }, () => 'p1/0: exchange > 198.18.0.2:1721'));
    expect(peer.elapse('exchangeInterval').net).toHaveLength(1);
  });

  test('takes the next range when a port is in use, and closes what it had', () => {
    const peer = new PeerBench().openedOne('p1/0', 30_000).refused('p1/1').refused('p1/2');
    expect(peer.net.slice(4).map((command) => command.type)).toEqual(['close', 'close', 'close', 'close', 'udp.open', 'udp.open', 'udp.open', 'udp.open']);
    expect(peer.context.range).toBe(2);
    expect(peer.openedOne('p1/3', 30_003).opened().state).toBe('meeting.connecting');
  });

  test('gives up after ten ranges in use, and at once when it may not', () => {
    const peer = new PeerBench();
    while (peer.snapshot.status === 'active') peer.refused(`p${peer.context.range}/0`);
    expect([peer.context.range, peer.verdict]).toEqual([11, 'address-in-use']);
    expect(new PeerBench().refused('p1/0', 'not-permitted').verdict).toBe('not-permitted');
  });

  test('with source port 0 takes any ports, in every round', () => {
    const peer = new PeerBench({ sourcePort: 0 });
    expect(peer.asked).toContain('open p1/3 0');
    peer.sweeping().advance(5_000);
    expect(peer.asked).toContain('open p2/3 0');
  });

  test('comes again when the server ends the connection: n4.py opens its port anew for every pair', () => {
    const peer = new PeerBench().opened().notConnected();
    expect(peer.timers()).toContain('retryInterval in 250');
    expect(peer.elapse('retryInterval').net).toEqual([{ type: 'tcp.connect', socket: 'server/2', to: SERVER }]);
    peer.connected().told(READY).closed();
    expect([peer.state, peer.timers()]).toEqual(['meeting.retrying', expect.arrayContaining(['retryInterval in 500'])]);
  });

  test.each([
    ['nobody listens', (peer: PeerBench) => peer.notConnected(), /refused/],
    ['it ends every connection', (peer: PeerBench) => peer.connected().closed(), /named no peer in 4 connections.*another ident than 'n4n4n4'/],
  ])('where %s, gives up after four tries, with words', (_, meet, words) => {
    const peer = new PeerBench().opened();
    for (;;) {
      meet(peer);
      if (peer.snapshot.status !== 'active') break;
      peer.elapse('retryInterval');
    }
    expect([peer.verdict, peer.context.connections, peer.detail]).toEqual(['no-rendezvous', 4, expect.stringMatching(words)]);
  });

  test('a server that does not answer is given up at the deadline of each try, and of the whole', () => {
    const peer = new PeerBench().opened();
    peer.advance(60_000);
    expect(peer.verdict).toBe('no-rendezvous');
  });

  test('waits for a partner as long as told', () => {
    const peer = new PeerBench({ waitMs: 7_000 }).opened().connected();
    peer.advance(6_999);
    expect(peer.state).toBe('meeting.waiting');
    peer.advance(1);
    expect([peer.verdict, peer.detail]).toEqual(['no-peer', expect.stringContaining("ident 'n4n4n4'")]);
  });

  test('a server that never names the partner is asked again', () => {
    const peer = new PeerBench().opened().connected().told(READY);
    peer.advance(12_000);
    expect([peer.state, peer.net.at(-1)]).toEqual(['meeting.retrying', { type: 'close', socket: 'server/1' }]);
  });
});

describe('the sweep', () => {
  test('goes through the pool in the order of its ports, five times, 20 ms apart, toward the port and the offset', () => {
    const peer = new PeerBench().sweeping();
    const pass = ['p1/0', 'p1/1', 'p1/2', 'p1/3'].map((socket) => `${socket}: punch > 198.18.2.2:5002`);
    expect(peer.asked).toEqual(['close server/1', ...pass]);
    for (let n = 1; n < 5; n += 1) {
      expect(peer.timers()).toEqual(['sweepInterval in 20']);
      peer.next();
      expect(peer.asked).toEqual(pass);
    }
    peer.next();
    expect([peer.state, peer.asked]).toEqual(['sweeping.listening', []]);
  });

  test('of many sockets leaves 64 at a time, a millisecond apart', () => {
    const peer = new PeerBench({ count: 150 }).sweeping();
    expect(peer.last.net).toHaveLength(65);
    expect(peer.timers()).toEqual(['sweepInterval in 1']);
    expect([peer.next().net.length, peer.next().net.length, peer.timers()]).toEqual([64, 22, ['sweepInterval in 20']]);
  });

  test.each([
    ['another ident', { ident: 'other' }],
    ['another host', { from: { host: '203.0.113.9', port: TARGET.port } }],
  ])('is not ended by a PUNCH of %s', (_, punch) => {
    expect(new PeerBench().sweeping().punched(punch).state).toBe('sweeping.bursting');
  });

  test('is ended by a PUNCH from any port of the peer, on any socket', () => {
    const peer = new PeerBench().sweeping().punched({ n: 3, from: { ...PEER, port: 61_000 } });
    expect([peer.state, peer.verdict]).toEqual(['connected.confirming.answering', 'connected']);
  });

  test('that is lost is played again from the next ports after three seconds', () => {
    const peer = new PeerBench().sweeping();
    peer.advance(80 + 20 + 3_000);
    expect(peer.asked).toEqual([...['p1/0', 'p1/1', 'p1/2', 'p1/3'].map((socket) => `close ${socket}`), ...[0, 1, 2, 3].map((n) => `open p2/${n} ${30_004 + n}`)]);
  });

  test('is lost for good after ten rounds, with the ports that were seen', () => {
    const peer = new PeerBench();
    for (let round = 1; round <= 10; round += 1) {
      peer.opened().connected().told(READY).told({ type: 'peerinfo', peer: { ...PEER, port: 5_000 + round } });
      peer.advance(3_100);
    }
    expect([peer.state, peer.verdict, peer.detail]).toEqual(['failed', 'no-reply', expect.stringMatching(/10 rounds of 4 ports\. Its ports were 5001, .*5010\..*random ports/)]);
  });

  test('of a later round does not wait for a partner that went away', () => {
    const peer = new PeerBench({ waitMs: 600_000 }).sweeping();
    peer.advance(3_100);
    peer.opened().connected();
    peer.advance(15_000);
    expect([peer.verdict, peer.detail]).toEqual(['no-peer', expect.stringContaining('round 2')]);
  });
});

describe('ports', () => {
  const input = { server: SERVER, ident: '', sourcePort: 65_400, count: 50, offset: 20 };

  test('of ranges follow each other, start over at 1024 and never leave 1024 to 65535', () => {
    expect([1, 2, 3, 4].map((range) => sourcePort({ input, range }, 0))).toEqual([65_400, 65_450, 1_024, 1_074]);
    for (let range = 1; range < 5_000; range += 1) {
      for (const n of [0, 49]) {
        const port = sourcePort({ input, range }, n);
        expect(port >= 1_024 && port <= 65_535).toBe(true);
      }
    }
  });

  test.each([
    [5_000, 20, 5_020],
    [65_530, 20, 1_038],
    [5, -20, 65_520],
    [65_535, 10_000, 11_023],
    [500, 20, 520],
  ])('a peer at %i with offset %i is expected at %i', (port, offset, expected) => {
    const context = { ...new PeerBench({ offset }).context };
    expect(targetOf(context, { host: PEER.host, port }).port).toBe(expected);
  });
});

test.each(['opening', 'meeting', 'sweeping'])('a close while %s is an interruption', (state) => {
  const peer = new PeerBench();
  if (state !== 'opening') peer.opened();
  if (state === 'sweeping') peer.connected().told(READY).told({ type: 'peerinfo', peer: PEER });
  expect(peer.state.split('.')[0]).toBe(state);
  peer.send({ type: 'close' });
  expect([peer.state, peer.verdict]).toEqual(['failed', 'interrupted']);
});

test('the first socket breaking ends it before there is a path, another one does not', () => {
  const peer = new PeerBench().sweeping().refused('p1/3', 'unknown');
  expect(peer.state).toBe('sweeping.bursting');
  expect(peer.refused('p1/0', 'unknown').verdict).toBe('socket-failed');
});

test('a peer that is paired with what is left of itself does not take its own sockets for the partner', () => {
  const own = { host: '192.168.1.2', port: 30_002 };
  const peer = new PeerBench().opened().connected().told(READY).told({ type: 'peerinfo', peer: { ...own, port: 30_000 } });
  peer.punched({ from: own, times: 10 });
  expect(peer.state).toMatch(/^sweeping/);
});
