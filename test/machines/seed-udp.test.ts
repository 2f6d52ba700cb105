/** Seed 001's client and server as machines: REGISTER once, KNOCK until heard, chat is proof, silence the end. Pure transitions. */
import { describe, expect, test } from 'vitest';
import { ELSEWHERE, LOCAL, SeedPeer, SeedServer, THEIRS } from './seed-peer.ts';

const ONE = { host: '198.18.1.2', port: 5000 };
const TWO = { host: '198.18.2.2', port: 6000 };
const THREE = { host: '198.18.3.2', port: 7000 };
const FOUR = { host: '198.18.4.2', port: 8000 };
const chat = { type: 'chat', size: 11 } as const;

describe('the server', () => {
  test('says nothing to the first, then tells the second, then the first', () => {
    const server = new SeedServer().register(ONE);
    expect(server.sent).toEqual([]);
    expect(server.register(TWO).sent).toEqual(['introduced 198.18.1.2:5000 > 198.18.2.2:6000', 'introduced 198.18.2.2:6000 > 198.18.1.2:5000']);
  });

  test('serves pair after pair', () => {
    const server = new SeedServer().register(ONE).register(TWO).register(THREE);
    expect(server.sent).toEqual([]);
    expect(server.register(FOUR).sent).toEqual(['introduced 198.18.3.2:7000 > 198.18.4.2:8000', 'introduced 198.18.4.2:8000 > 198.18.3.2:7000']);
    expect(server.emitted.map((event) => (event as unknown as { what: string }).what)).toEqual(['listening', 'room-opened', 'paired', 'room-opened', 'paired']);
  });

  test('never pairs a client with itself, however often it registers', () => {
    const server = new SeedServer().register(ONE).register(ONE).register(ONE);
    expect(server.everSent).toEqual([]);
    expect(server.register(TWO).sent).toHaveLength(2);
  });

  test('answers a repeated REGISTER of a pair again, to the one that asked', () => {
    const server = new SeedServer().register(ONE).register(TWO);
    server.now += 9_000;
    expect(server.register(ONE).sent).toEqual(['introduced 198.18.2.2:6000 > 198.18.1.2:5000']);
    expect(server.register(TWO).sent).toEqual(['introduced 198.18.1.2:5000 > 198.18.2.2:6000']);
  });

  test('takes a REGISTER after 10 s for a new wish', () => {
    const server = new SeedServer().register(ONE).register(TWO);
    server.now += 10_000;
    expect(server.register(ONE).sent).toEqual([]);
    expect(server.register(THREE).sent).toEqual(['introduced 198.18.1.2:5000 > 198.18.3.2:7000', 'introduced 198.18.3.2:7000 > 198.18.1.2:5000']);
  });

  test('forgets a client that has waited for more than two minutes', () => {
    const server = new SeedServer().register(ONE);
    server.now += 120_001;
    expect(server.register(TWO).sent).toEqual([]);
    expect(server.register(THREE).sent[0]).toBe('introduced 198.18.2.2:6000 > 198.18.3.2:7000');
  });

  test('takes nothing but REGISTER for a client', () => {
    const server = new SeedServer();
    for (const junk of [chat, { type: 'knock' }, { type: 'introduced', peer: TWO }] as const) server.hear(junk, ONE);
    expect(server.context.memory.waiting).toBeUndefined();
    expect(server.register(TWO).sent).toEqual([]);
  });

  test('remembers the last 128 pairs and no more', () => {
    const server = new SeedServer();
    for (let n = 0; n < 1_000; n += 1) server.register({ host: `10.0.${n >> 8}.${n & 255}`, port: 9 });
    expect(server.context.memory.pairs).toHaveLength(256);
  });

  test('ends when told to, and when its port is taken', () => {
    expect(new SeedServer().close().state).toBe('closed');
    const server = new SeedServer().notOpened();
    expect([server.state, server.snapshot.output]).toEqual(['failed', { kind: 'failed', reason: 'address-in-use', detail: 'taken' }]);
  });
});

describe('the client', () => {
  test('sends REGISTER exactly once, however long it waits', () => {
    const peer = new SeedPeer().opened();
    peer.advance(60_000);
    expect(peer.everSent).toEqual(['register > 198.18.0.2:1024']);
    expect([peer.state, peer.verdict]).toEqual(['failed', 'no-peer']);
  });

  test('believes an introduction by the server only', () => {
    const peer = new SeedPeer().opened().hear({ type: 'introduced', peer: ELSEWHERE }, ELSEWHERE);
    expect([peer.state, peer.sent]).toEqual(['registering', []]);
    expect(peer.hear({ type: 'introduced', peer: THEIRS }, { host: '198.18.0.2', port: 1025 }).state).toBe('registering');
  });

  test('knocks at once, every 500 ms, for 15 s', () => {
    const peer = new SeedPeer().knocking();
    expect([peer.state, peer.sent]).toEqual(['knocking.asking', ['knock > 198.18.2.2:6000']]);
    const start = peer.now;
    while (peer.snapshot.status === 'active') peer.next();
    expect(peer.everSent.filter((text) => text.startsWith('knock'))).toHaveLength(30);
    expect([peer.now - start, peer.verdict]).toEqual([15_000, 'no-reply']);
  });

  test('is connected by a knock, at the source it came from, and knocks on until it is answered by chat', () => {
    const peer = new SeedPeer().knocking();
    peer.now += 70;
    peer.hear({ type: 'knock' }, { ...THEIRS, port: 6001 });
    expect(peer.state).toBe('connected.confirming');
    expect(peer.outcomes).toEqual([{ kind: 'connected', socket: 'main', local: LOCAL, peer: { ...THEIRS, port: 6001 }, elapsedMs: 70 }]);
    expect(peer.sent).toEqual(['knock > 198.18.2.2:6001']);
    expect(peer.last.net[0]).toEqual({ type: 'payload.route', socket: 'main', to: { ...THEIRS, port: 6001 }, from: [{ ...THEIRS, port: 6001 }] });
    expect(peer.elapse('confirmInterval').net).toHaveLength(1);
    expect(peer.hear(chat, { ...THEIRS, port: 6001 }).snapshot.hasTag('confirmed')).toBe(true);
  });

  test('is confirmed by chat at once: the peer has heard us', () => {
    const peer = new SeedPeer().knocking().hear(chat, THEIRS);
    expect([peer.state, peer.verdict]).toEqual(['connected.confirmed.idle', 'connected']);
  });

  test('without chat knocks five times in five seconds and then takes it for granted', () => {
    const peer = new SeedPeer().knocking().hear({ type: 'knock' }, THEIRS);
    const before = peer.everSent.length;
    peer.advance(5_000);
    expect([peer.state, peer.everSent.length - before]).toEqual(['connected.confirmed.idle', 4]);
  });

  test('does not listen to another host', () => {
    const peer = new SeedPeer().knocking().hear({ type: 'knock' }, ELSEWHERE).hear(chat, ELSEWHERE);
    expect(peer.state).toBe('knocking.asking');
    const connected = new SeedPeer().knocking().hear(chat, THEIRS).hear(chat, ELSEWHERE);
    expect(connected.context.peer).toEqual(THEIRS);
  });

  test('follows the peer to another port, and payload with it', () => {
    const peer = new SeedPeer().knocking().hear(chat, THEIRS).hear(chat, { ...THEIRS, port: 6001 });
    expect(peer.last.net).toEqual([{ type: 'payload.route', socket: 'main', to: { ...THEIRS, port: 6001 }, from: [{ ...THEIRS, port: 6001 }] }]);
  });

  test('knocks every 15 s to keep its hole, and ends after a minute and a quarter of silence', () => {
    const peer = new SeedPeer().knocking().hear(chat, THEIRS);
    const start = peer.now;
    const times: number[] = [];
    while (peer.snapshot.status === 'active') if (peer.next().net.some(({ type }) => type === 'udp.send')) times.push((peer.now - start) / 1000);
    expect(times).toEqual([15, 30, 45, 60]);
    expect([peer.now - start, peer.verdict]).toEqual([75_000, 'peer-lost']);
  });

  test('anything that is heard is the end of the silence', () => {
    const peer = new SeedPeer().knocking().hear(chat, THEIRS);
    for (let n = 0; n < 10; n += 1) {
      peer.advance(59_000);
      peer.hear(n % 2 === 0 ? chat : { type: 'knock' }, THEIRS);
    }
    expect(peer.state).toBe('connected.confirmed.idle');
  });

  test('ends when told to: as interrupted before a hole is open, as closed after', () => {
    const states = [new SeedPeer(), new SeedPeer().opened(), new SeedPeer().knocking()];
    for (const peer of states) expect([peer.close().state, peer.verdict]).toEqual(['failed', 'interrupted']);
    expect(new SeedPeer().knocking().hear(chat, THEIRS).close().state).toBe('closed');
  });

  test('ends when its socket does', () => {
    expect(new SeedPeer().notOpened().verdict).toBe('address-in-use');
    const peer = new SeedPeer();
    peer.advance(5_000);
    expect(peer.verdict).toBe('socket-failed');
  });
});
