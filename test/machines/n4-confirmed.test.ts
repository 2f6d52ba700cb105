/** The n4 peer once its partner is heard: how it knows that it is heard too, which path both take, and how it stays. Pure transitions. */
import { describe, expect, test } from 'vitest';
import { PEER, PeerBench, TARGET } from './n4-peer.ts';

const ANSWER = 'p1/2: punch > 198.18.2.2:5002';
const heard = (): PeerBench => new PeerBench().sweeping().punched();

/** Answers of ours in what was asked from `start` on. */
const answers = (peer: PeerBench, start: number): number => peer.net.slice(start).filter(({ type }) => type === 'udp.send').length;

describe('a partner that is heard', () => {
  test('is answered at its observed source six times at once, and payload takes that way', () => {
    const peer = new PeerBench().sweeping();
    peer.now += 30;
    peer.punched({ from: { ...PEER, port: 5_077 } });
    expect(peer.asked).toEqual(['route p1/2 > 198.18.2.2:5077 from 5077', ...Array.from({ length: 6 }, () => 'p1/2: punch > 198.18.2.2:5077')]);
    expect(peer.outcomes).toEqual([{ kind: 'connected', socket: 'p1/2', local: { host: '192.168.1.2', port: 30_002 }, peer: { ...PEER, port: 5_077 }, elapsedMs: 30 }]);
    expect(peer.isConfirmed).toBe(false);
  });

  test('hears us when it says more than a burst holds', () => {
    const peer = heard().punched({ times: 4 });
    expect(peer.isConfirmed).toBe(false);
    expect(peer.punched().isConfirmed).toBe(true);
    expect(peer.asked).toEqual(['route p1/2 > 198.18.2.2:5002 from 5002', 'close p1/0', 'close p1/1', 'close p1/3', ANSWER]);
    expect(peer.outcomes).toHaveLength(1);
  });

  test('hears us when it still speaks after its burst, as n4.py does every 0.2 s', () => {
    const peer = heard();
    peer.now += 149;
    expect(peer.punched().isConfirmed).toBe(false);
    peer.now += 1;
    expect(peer.punched().isConfirmed).toBe(true);
  });

  test('does not hear us only because others speak', () => {
    const peer = heard();
    peer.now += 500;
    peer.punched({ ident: 'other', times: 9 }).punched({ from: { host: '203.0.113.9', port: 5_002 }, times: 9 });
    expect(peer.isConfirmed).toBe(false);
  });

  test('is answered every 0.2 s for six seconds, and then the round counts as lost', () => {
    const peer = heard();
    const before = peer.net.length;
    peer.advance(5_999);
    expect([peer.state, answers(peer, before)]).toEqual(['connected.confirming.answering', 29]);
    peer.advance(1);
    expect([peer.state, peer.context.round]).toEqual(['opening', 2]);
  });

  test('that never hears us is told apart from one that is never heard', () => {
    const peer = new PeerBench();
    for (let round = 1; round <= 10; round += 1) {
      peer.sweeping().punched();
      peer.advance(6_000);
    }
    expect([peer.verdict, peer.detail]).toEqual(['no-reply', expect.stringMatching(/was heard at 198\.18\.2\.2:5002, but never showed that it hears this side/)]);
  });
});

describe('which path', () => {
  const first = { ...PEER, port: 5_000 };

  test('the one where the peer sends from where we aim is taken instead of the first that was heard', () => {
    const peer = new PeerBench().sweeping().punched({ n: 2, from: first }).punched({ n: 2, from: TARGET });
    expect(peer.asked[0]).toBe('route p1/2 > 198.18.2.2:5002 from 5002 5000');
    expect(peer.last.net).toHaveLength(7);
    expect(peer.outcomes.map((outcome) => outcome.kind === 'connected' && outcome.peer.port)).toEqual([5_000, 5_002]);
  });

  test('many words on another path are no reason to leave it: the peer may be about to come', () => {
    const peer = heard().punched({ n: 0, times: 20 });
    expect([peer.isConfirmed, peer.context.path?.socket]).toEqual([false, 'p1/2']);
  });

  test('n4.py stays where it heard us first, and is followed there', () => {
    const peer = heard().punched({ n: 0 });
    peer.now += 200;
    expect(peer.punched({ n: 0 }).isConfirmed).toBe(false);
    peer.now += 200;
    peer.punched({ n: 0 });
    expect([peer.isConfirmed, peer.context.path]).toEqual([true, { socket: 'p1/0', peer: TARGET }]);
    expect(peer.asked).toEqual(['route p1/0 > 198.18.2.2:5002 from 5002', 'close p1/1', 'close p1/3', 'p1/0: punch > 198.18.2.2:5002']);
    expect(peer.outcomes.at(-1)).toMatchObject({ socket: 'p1/0', local: { port: 30_000 } });
  });

  test('a partner of many sockets is heard from all of them, and on the path that counts', () => {
    const peer = new PeerBench({ count: 400, offset: 300 }).sweeping();
    for (let n = 0; n < 400; n += 1) peer.punched({ n: 300, from: { ...PEER, port: 5_000 + n } });
    expect(peer.context.path).toEqual({ socket: 'p1/300', peer: { ...PEER, port: 5_300 } });
    // Its last pass may be half a second behind its first, so lateness says nothing yet.
    peer.now += 400;
    expect(peer.punched({ n: 300, from: { ...PEER, port: 5_000 } }).isConfirmed).toBe(false);
    expect(peer.punched({ n: 300, from: { ...PEER, port: 5_300 }, times: 5 }).isConfirmed).toBe(true);
  });

  test('a flood of sources of the peer’s address is remembered up to a limit', () => {
    const peer = heard();
    for (let port = 10_000; port < 11_000; port += 1) peer.punched({ from: { ...PEER, port } });
    expect(peer.context.heard).toHaveLength(4 + 64);
  });
});

describe('a confirmed hole', () => {
  const confirmed = (): PeerBench => heard().punched({ times: 5 });

  test('is spoken through for more than two seconds more, because the peer may not be sure yet', () => {
    const peer = confirmed();
    const before = peer.net.length;
    peer.advance(2_200);
    expect([peer.state, answers(peer, before)]).toEqual(['connected.confirmed.keeping.settling', 10]);
  });

  test('that is closed at once still speaks for as long', () => {
    const peer = confirmed();
    const before = peer.net.length;
    peer.send({ type: 'close' });
    peer.send({ type: 'close' });
    expect([peer.state, peer.isConfirmed]).toEqual(['connected.closing', true]);
    peer.advance(2_200);
    expect([peer.state, answers(peer, before)]).toEqual(['closed', 10]);
  });

  test('later is closed at once', () => {
    const peer = confirmed();
    peer.advance(3_000);
    peer.send({ type: 'close' });
    expect(peer.state).toBe('closed');
  });

  test('is kept alive every 15 s, for ever beside a program that does not know PUNCH', () => {
    const peer = confirmed();
    peer.advance(5_200);
    const before = peer.net.length;
    peer.advance(300_000);
    expect([peer.state.split('.')[0], answers(peer, before)]).toEqual(['connected', 18]);
  });

  test('with a peer that answers is lost after a minute of silence', () => {
    const peer = confirmed();
    peer.advance(5_200 + 15_000);
    peer.punched();
    expect([peer.context.silences, peer.asked]).toEqual([0, []]);
    peer.advance(100_000);
    expect([peer.state, peer.verdict]).toEqual(['failed', 'peer-lost']);
  });

  test('answers a PUNCH once, and not the answer to its own', () => {
    const peer = confirmed();
    peer.advance(6_000);
    expect(peer.punched().asked).toEqual([ANSWER]);
    expect(peer.punched().asked).toEqual([]);
    peer.advance(1_500);
  });

  test('follows a partner whose NAT has forgotten it and shows it at another port', () => {
    const peer = confirmed();
    peer.advance(6_000);
    expect(peer.punched({ from: { ...PEER, port: 5_077 } }).asked).toEqual(['route p1/2 > 198.18.2.2:5077 from 5077 5002', 'p1/2: punch > 198.18.2.2:5077']);
    expect(peer.outcomes.at(-1)).toMatchObject({ kind: 'connected', peer: { ...PEER, port: 5_077 } });
    expect(peer.punched({ from: { ...PEER, port: 5_078 } }).asked).toEqual(['route p1/2 > 198.18.2.2:5078 from 5078 5002 5077']);
    peer.advance(1_500);
    const before = peer.net.length;
    peer.advance(15_000);
    expect(answers(peer, before)).toBe(1);
    expect(peer.context.path?.peer.port).toBe(5_078);
  });

  test('does not follow another, on a host that is not the partner\'s', () => {
    const peer = confirmed();
    peer.advance(6_000);
    expect(peer.punched({ from: { host: '203.0.113.9', port: 5_077 } }).asked).toEqual([]);
  });

  test('ends when its socket breaks', () => {
    expect(confirmed().refused('p1/2', 'unknown').verdict).toBe('socket-failed');
  });
});
