/** TCP in whole worlds: what lines and faults do to it, how ports are shared, what is left behind, and how it is told. */
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { LINUX_NAT, LINUX_TCP, type World, world } from '../../adapters/sim/index.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect, NetEvent } from '../../effects/net.ts';
import { Port } from './port.ts';

const SERVER = { host: '198.18.0.2', port: 80 };
const text = (event: NetEvent): string => (event.type === 'tcp.received' ? new TextDecoder().decode(event.data) : event.type === 'net.failed' ? event.code : '');

/** What a port heard of TCP: `40 connected c`, `60 received c hello`, `failed c refused`. */
const told = (port: Port): string[] => port.heard.map((event) => `${event.at} ${event.type.replace(/^\w+\./, '')} ${event.socket} ${text(event)}`.trim());

/** a connected to s from port 5000, on both sides called `c` and `l/1`. */
function connected(w: World): { a: Port; s: Port } {
  const [a, s] = [new Port(w.host('a')), new Port(w.host('s'))];
  s.ask({ type: 'tcp.listen', socket: 'l', local: SERVER });
  a.ask({ type: 'tcp.connect', socket: 'c', to: SERVER, local: { host: '0.0.0.0', port: 5000 } });
  w.advance(100);
  expect([told(a).length, told(s).length]).toEqual([1, 2]);
  return { a, s };
}

const write = (port: Port, socket: string, words: string): Port => port.ask({ type: 'tcp.send', socket, data: new TextEncoder().encode(words) });

describe('a line', () => {
  test('that loses a SYN costs a second, and one that loses the answer two more; one that loses data costs a round trip and 200 ms', () => {
    const w = world({ a: 'open' }, { latencyMs: 20 }).lose('a -> s', 1).lose('s -> a', 1);
    const [a, s] = [new Port(w.host('a')), new Port(w.host('s'))];
    s.ask({ type: 'tcp.listen', socket: 'l', local: SERVER });
    a.ask({ type: 'tcp.connect', socket: 'c', to: SERVER });
    w.advance(3_000);
    expect([told(a), told(s)]).toEqual([['2040 connected c'], ['0 listening l', '2060 accepted l/1']]);
    const other = world({ a: 'open' }, { latencyMs: 20 });
    const ends = connected(other);
    other.lose('a -> s', 1);
    write(ends.a, 'c', 'hello');
    other.advance(1_000);
    expect(told(ends.s).at(-1)).toBe('360 received l/1 hello');
  });

  test('that loses, doubles and disorders carries a stream whole and in order all the same, both ways', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const w = world({ a: 'port-restricted' }, { seed, latencyMs: 10, jitterMs: 10, loss: 0.05, duplicate: 0.05, reorder: 0.1 });
      const [a, s] = [new Port(w.host('a')), new Port(w.host('s'))];
      s.ask({ type: 'tcp.listen', socket: 'l', local: SERVER });
      a.ask({ type: 'tcp.connect', socket: 'c', to: SERVER });
      const there = Array.from({ length: 20_000 }, (_, n) => `${n} `).join('');
      write(a, 'c', there);
      w.advance(20_000);
      write(s, 'l/1', there).ask({ type: 'close', socket: 'l/1' });
      w.advance(60_000);
      const stream = (port: Port): string => port.heard.map((event) => (event.type === 'tcp.received' ? text(event) : '')).join('');
      expect([stream(s) === there, stream(a) === there, told(a).at(-1)?.replace(/^\S+ /, '')]).toEqual([true, true, 'closed c']);
    }
  });

  test('that is cut for a while only delays, and cut for good ends what is sent as timed out', () => {
    const w = world({ a: 'open' }, { latencyMs: 20 });
    const { a, s } = connected(w);
    w.partition('a');
    write(a, 'c', 'hello');
    w.advance(5_000);
    w.heal('a').advance(5_000);
    expect(told(s).at(-1)).toMatch(/received l\/1 hello$/);
    w.partition('a');
    write(a, 'c', 'lost');
    w.advance(1_500_000);
    expect(a.heard.at(-1)).toMatchObject({ type: 'net.failed', effect: 'tcp.connect', socket: 'c', code: 'timed-out', to: SERVER, detail: expect.stringContaining('broke') });
    // The other end never hears of it, for it sends nothing.
    expect(told(s).at(-1)).toMatch(/received l\/1 hello$/);
    expect(w.host('s').openSockets().map(({ label }) => label)).toEqual(['l', 'l/1']);
  });
});

describe('a connection', () => {
  test('to nobody times out after 127 s, to a port that nobody has is refused after one round trip', () => {
    const w = world({ a: 'port-restricted' }, { latencyMs: 20 });
    const a = new Port(w.host('a')).ask({ type: 'tcp.connect', socket: 'n', to: { host: '198.18.77.1', port: 1 } }).ask({ type: 'tcp.connect', socket: 'r', to: { ...SERVER, port: 81 } });
    w.advance(200_000);
    expect(told(a)).toEqual(['40 failed r refused', '127000 failed n timed-out']);
    expect(w.drops().filter(({ reason }) => reason === 'unroutable')).toHaveLength(7);
    expect(w.leaks()).toEqual([]);
  });

  test('of a process that ends at once with bytes unsent is reset, and one with none is closed', () => {
    for (const [bytes, end] of [[500_000, 'failed l/1 reset'], [3, 'closed l/1']] as const) {
      const w = world({ a: 'open' });
      const { a, s } = connected(w);
      write(a, 'c', 'x'.repeat(bytes));
      a.unsubscribe();
      w.advance(1_000);
      expect(told(s).at(-1)).toContain(end);
      expect(w.host('a').openSockets()).toEqual([]);
    }
  });

  test('that is closed sends what waits, for ten seconds at most', () => {
    const w = world({ a: 'open' }, { latencyMs: 20 });
    const { a, s } = connected(w);
    write(a, 'c', 'x'.repeat(500_000)).ask({ type: 'close', socket: 'c' });
    w.partition('a').advance(9_000);
    expect(w.host('a').openSockets()).toHaveLength(1);
    w.advance(1_000);
    expect(w.host('a').openSockets()).toEqual([]);
    w.heal('a').advance(1_000);
    expect([told(a).length, w.host('s').openSockets().length]).toEqual([1, 2]);
    write(s, 'l/1', 'are you there?');
    w.advance(1_000);
    expect(told(s).at(-1)).toMatch(/failed l\/1 reset$/);
  });

  test('through a NAT that reboots goes on when the inside speaks, not when the outside does', () => {
    const w = world({ a: 'port-restricted' });
    const { a, s } = connected(w);
    w.reboot('nat-a');
    write(s, 'l/1', 'out');
    w.advance(100);
    expect(told(a)).toHaveLength(1);
    write(a, 'c', 'in');
    w.advance(5_000);
    expect([told(a).at(-1), told(s).at(-1)]).toEqual([expect.stringMatching(/received c out$/), expect.stringMatching(/received l\/1 in$/)]);
  });

  test('that was idle for too long is lost to a NAT in the same way', () => {
    const w = world({ a: { ...LINUX_NAT, tcp: { ...LINUX_TCP, establishedMs: 5_000 } } });
    const { a, s } = connected(w);
    w.advance(5_000);
    write(s, 'l/1', 'x');
    w.advance(100);
    expect([told(a).length, w.drops().at(-1)?.reason]).toEqual([1, 'no-mapping']);
  });

  test('that opens to itself is one', () => {
    const w = world({ a: 'open' });
    const own = { host: w.address('a'), port: 7 };
    const a = new Port(w.host('a')).ask({ type: 'tcp.connect', socket: 'c', to: own, local: own });
    write(a, 'c', 'echo');
    w.advance(100);
    expect(told(a)).toEqual(['0 connected c', '0 received c echo']);
  });
});

describe('a port', () => {
  const ask = (...effects: NetEffect[]): string[] => {
    const w = world({ a: 'open' }, { latencyMs: 0 });
    new Port(w.host('a')).ask({ type: 'tcp.listen', socket: 'x', local: { host: '0.0.0.0', port: 9 } }).ask({ type: 'tcp.listen', socket: 'y', local: { host: '0.0.0.0', port: 10 } });
    const s = new Port(w.host('s'));
    for (const effect of effects) s.ask(effect);
    w.advance(10);
    return told(s).map((line) => line.replace(/^\S+ /, ''));
  };
  const listen = (socket: string, host: string, port = 5000): NetEffect => ({ type: 'tcp.listen', socket, local: { host, port } });
  const connect = (socket: string, host?: string, port = 9, from = 5000): NetEffect => ({ type: 'tcp.connect', socket, to: { host: '198.18.1.2', port }, ...(host === undefined ? {} : { local: { host, port: from } }) });

  test.each([
    ['two listeners', [listen('1', '0.0.0.0'), listen('2', '198.18.0.2')], ['listening 1', 'failed 2 address-in-use']],
    ['listeners on two addresses', [listen('1', '198.18.0.2'), listen('2', '198.18.0.3')], ['listening 1', 'listening 2']],
    ['a listener, then a connection', [listen('1', '0.0.0.0'), connect('2', '198.18.0.2')], ['listening 1', 'failed 2 address-in-use']],
    ['a listener on another address, then a connection', [listen('1', '198.18.0.3'), connect('2', '198.18.0.2')], ['listening 1', 'connected 2']],
    ['connections, then a listener', [connect('1', '0.0.0.0'), connect('2', '198.18.0.2', 10), listen('3', '0.0.0.0')], ['listening 3', 'connected 1', 'connected 2']],
    ['two connections between the same ends', [connect('1', '0.0.0.0'), connect('2', '198.18.0.2')], ['failed 2 address-in-use', 'connected 1']],
    ['the same from two addresses', [connect('1', '198.18.0.3'), connect('2', '198.18.0.2')], ['connected 1', 'connected 2']],
    ['a connection that named no port, which is then 40000, and a listener there', [connect('1'), listen('2', '0.0.0.0', 40_000)], ['failed 2 address-in-use', 'connected 1']],
    ['from loopback to elsewhere', [connect('1', '127.0.0.1')], ['failed 1 unreachable']],
    ['UDP and TCP', [{ type: 'udp.open', socket: '1', local: { port: 5000 } }, listen('2', '0.0.0.0')], ['opened 1', 'listening 2']],
  ] satisfies [string, NetEffect[], string[]][])('for %s', (_, effects, expected) => expect(ask(...effects)).toEqual(expected));

  test('of a listener that closes is free at once, though its connections go on and others wait to end', () => {
    const w = world({ a: 'open' });
    const { a, s } = connected(w);
    s.ask({ type: 'close', socket: 'l' }).ask(listen('again', SERVER.host, SERVER.port));
    write(a, 'c', 'x');
    w.advance(100);
    expect(told(s).slice(2).map((line) => line.replace(/^\S+ /, ''))).toEqual(['listening again', 'received l/1 x']);
  });

  test('may connect again to where it was connected a moment ago', () => {
    const w = world({ a: 'open' });
    const { a } = connected(w);
    a.ask({ type: 'close', socket: 'c' });
    w.advance(100);
    a.ask({ type: 'tcp.connect', socket: 'c', to: SERVER, local: { host: '0.0.0.0', port: 5000 } });
    w.advance(100);
    expect(told(a).map((line) => line.replace(/^\S+ /, ''))).toEqual(['connected c', 'connected c']);
  });

  test('runs out in the end', () => {
    const w = world({ a: 'open' }, { keep: false });
    const a = new Port(w.host('a'));
    const from = (n: number): Endpoint => ({ host: '0.0.0.0', port: n });
    for (let n = 0; n <= 21_000; n += 1) a.ask({ type: 'tcp.listen', socket: `l${n}`, local: from(0) });
    w.advance(10);
    expect(told(a).filter((line) => line.includes('listening'))).toHaveLength(21_000);
    expect(told(a).filter((line) => line.includes('failed'))).toEqual(['0 failed l21000 exhausted']);
  });
});

test('the trace names every segment, and who refused', () => {
  const w = world({ a: 'open', b: 'port-restricted+rst' }, { latencyMs: 20 });
  const a = new Port(w.host('a')).ask({ type: 'tcp.connect', socket: 'c', to: { host: w.address('b'), port: 80 } });
  w.advance(100);
  expect(w.trace()).toEqual([
    '0 a:c 198.18.1.2:40000 > 198.18.2.2:80 SYN',
    '20 nat-b dropped 198.18.1.2:40000 > 198.18.2.2:80 SYN: no-mapping',
    '20 nat-b:kernel 198.18.2.2:80 > 198.18.1.2:40000 RST',
    '40 a:c got 198.18.2.2:80 > 198.18.1.2:40000 RST',
  ]);
  expect(told(a)).toEqual(['40 failed c refused']);
  expect(w.journeys().map(({ host, socket, segment, deliveredTo }) => [host, socket, segment?.rst, deliveredTo])).toEqual([
    ['a', 'c', false, undefined],
    ['nat-b', 'kernel', true, 'a:c'],
  ]);
});

describe('what is done in the midst of being told', () => {
  const listening = () => {
    const w = world({ a: 'open' });
    const s = new Port(w.host('s')).ask({ type: 'tcp.listen', socket: 'l', local: { host: '198.18.0.2', port: 80 } });
    w.advance(1);
    return { w, s };
  };
  const to = { host: '198.18.0.2', port: 80 };

  test('a port that is dropped as its connection comes up takes what waits with it, with a reset', () => {
    const { w, s } = listening();
    const effects = new Subject<NetEffect>();
    const subscription = w.host('a').net()(effects).subscribe(({ type }) => {
      if (type === 'tcp.connected') subscription.unsubscribe();
    });
    effects.next({ type: 'tcp.connect', socket: 'c', to });
    effects.next({ type: 'tcp.send', socket: 'c', data: new Uint8Array(10) });
    w.advance(1_000);
    expect(s.heard.map(({ type }) => type).filter((type) => type !== 'tcp.listening')).not.toContain('tcp.received');
    expect(w.trace().filter((line) => / a:c 198/.test(line)).map((line) => line.split(' ').at(-1))).toEqual(['SYN', 'RST']);
  });

  test('a host whose power fails as it is told of bytes acknowledges none', () => {
    const { w, s } = listening();
    const effects = new Subject<NetEffect>();
    w.host('a').net()(effects).subscribe(({ type }) => {
      if (type === 'tcp.received') w.host('a').fail();
    });
    effects.next({ type: 'tcp.connect', socket: 'c', to });
    w.advance(100);
    const before = w.journeys().filter(({ host }) => host === 'a').length;
    s.ask({ type: 'tcp.send', socket: 'l/1', data: new Uint8Array(10) });
    w.advance(100);
    expect(w.journeys().filter(({ host }) => host === 'a')).toHaveLength(before);
  });

  test('a connection that is closed in the breath in which too much was sent on it says nothing more', () => {
    const { w } = listening();
    const a = new Port(w.host('a')).ask({ type: 'tcp.connect', socket: 'c', to });
    w.advance(100);
    a.ask({ type: 'tcp.send', socket: 'c', data: new Uint8Array(64 * 1024 * 1024) }).ask({ type: 'close', socket: 'c' });
    w.advance(100);
    expect(a.heard.map(({ type }) => type)).toEqual(['tcp.connected']);
  });
});
