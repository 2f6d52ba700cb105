/** The port on a simulated host: sockets, addresses and failures, as a real host has them. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type Host, Internet } from '../../adapters/sim/index.ts';
import { Port } from './port.ts';

let internet: Internet;
let a: Host;
let s: Host;

beforeEach(() => {
  internet = new Internet({ seed: 'hosts' });
  a = internet.host({ name: 'a', addresses: ['198.18.1.2'], link: { latencyMs: 5 } });
  s = internet.host({ name: 's', addresses: ['198.18.0.2', '198.18.0.3'], link: { latencyMs: 5 } });
});

/** Everything that is due now or soon. */
const settle = (): boolean => internet.clock.runUntil(internet.clock.now() + 100);

describe('opening a UDP socket', () => {
  test('gives free ports in order from 40000 and says every address that reaches them', () => {
    const port = new Port(s).open('one').open('two');
    settle();
    const reach = (n: number) => [{ host: '198.18.0.2', port: n }, { host: '198.18.0.3', port: n }];
    expect(port.heard).toEqual([
      { type: 'udp.opened', socket: 'one', local: { host: '0.0.0.0', port: 40_000 }, addresses: reach(40_000), at: 0 },
      { type: 'udp.opened', socket: 'two', local: { host: '0.0.0.0', port: 40_001 }, addresses: reach(40_001), at: 0 },
    ]);
  });

  test('binds the port and the address that were asked for', () => {
    const port = new Port(s).open('main', { host: '198.18.0.3', port: 3478 });
    settle();
    const local = { host: '198.18.0.3', port: 3478 };
    expect(port.heard).toEqual([{ type: 'udp.opened', socket: 'main', local, addresses: [local], at: 0 }]);
  });

  test('is answered later, never inside the effect', () => {
    const port = new Port(a).open('main').send('none', '198.18.0.2:1', 'x');
    expect(port.heard).toEqual([]);
    settle();
    expect(port.heard.map(({ type }) => type)).toEqual(['udp.opened', 'net.failed']);
  });

  test.each([
    [{ port: 3478 }, { port: 3478 }, 'address-in-use'],
    [{ port: 3478 }, { host: '198.18.0.2', port: 3478 }, 'address-in-use'],
    [{ host: '198.18.0.2', port: 3478 }, { port: 3478 }, 'address-in-use'],
    [{ host: '198.18.0.2', port: 3478 }, { host: '198.18.0.3', port: 3478 }, undefined],
    [{ port: 3478 }, { port: 3479 }, undefined],
    [{ port: 1 }, { host: '198.18.1.2', port: 2 }, 'address-not-available'],
  ])('after %j, %j fails with %s', (first, second, code) => {
    const port = new Port(s).open('first', first).open('second', second);
    settle();
    const last = port.heard.at(-1);
    expect(last?.type === 'net.failed' ? last.code : undefined).toBe(code);
    expect(last).toMatchObject({ socket: 'second' });
  });

  test('sees the ports of every machine on the host', () => {
    new Port(s).open('main', { port: 3478 });
    const other = new Port(s).open('main', { port: 3478 });
    settle();
    expect(other.heard).toMatchObject([{ type: 'net.failed', effect: 'udp.open', socket: 'main', code: 'address-in-use' }]);
  });

  test('fails for a label that is open, and leaves that socket alone', () => {
    const port = new Port(a).open('main', { port: 1 }).open('main', { port: 2 });
    settle();
    expect(port.heard).toMatchObject([{ type: 'udp.opened' }, { type: 'net.failed', code: 'address-in-use', detail: expect.stringContaining('main') }]);
    expect(a.openSockets().map(({ local }) => local.port)).toEqual([1]);
  });

  test('runs out of free ports in the end', () => {
    const port = new Port(a);
    for (let n = 0; n <= 21_000; n += 1) port.open(`sweep/${n}`);
    settle();
    expect(port.heard.filter(({ type }) => type === 'udp.opened')).toHaveLength(21_000);
    expect(port.heard.at(-1)).toMatchObject({ type: 'net.failed', code: 'exhausted' });
  });
});

describe('sending', () => {
  test('delivers the bytes with the source as seen from there, after both links', () => {
    const server = new Port(s).open('main', { port: 3478 });
    const client = new Port(a).open('main').send('main', '198.18.0.3:3478', 'hello');
    settle();
    expect(server.received()).toEqual(['main<198.18.1.2:40000 hello']);
    expect(server.heard.at(-1)).toMatchObject({ at: 10 });
    server.send('main', '198.18.1.2:40000', 'answer');
    settle();
    expect(client.received()).toEqual(['main<198.18.0.2:3478 answer']);
  });

  test('comes from the address that the socket is bound to, else from the first of the host', () => {
    const client = new Port(a).open('main', { port: 7 });
    new Port(s).open('any', { port: 1 }).open('second', { host: '198.18.0.3', port: 2 }).send('any', '198.18.1.2:7', 'one').send('second', '198.18.1.2:7', 'two');
    settle();
    expect(client.received()).toEqual(['main<198.18.0.2:1 one', 'main<198.18.0.3:2 two']);
  });

  test('reaches the socket bound to that very address before the one bound to all', () => {
    const server = new Port(s).open('second', { host: '198.18.0.3', port: 9 });
    const client = new Port(a).open('main').send('main', '198.18.0.3:9', 'x').send('main', '198.18.0.2:9', 'y');
    settle();
    expect(server.received()).toEqual(['second<198.18.1.2:40000 x']);
    expect(client.heard.map(({ type }) => type)).toEqual(['udp.opened']);
  });

  test('to an own address stays on the host', () => {
    const port = new Port(a).open('one').open('two').send('one', '198.18.1.2:40001', 'x').send('two', '127.0.0.1:40000', 'y');
    settle();
    expect(port.received()).toEqual(['two<198.18.1.2:40000 x', 'one<198.18.1.2:40001 y']);
  });

  test.each([
    ['none', '198.18.0.2:1', 1, 'no-such-socket'],
    ['main', '198.18.0.2:1', 65_508, 'too-large'],
    ['main', 'example.net:1', 1, 'unreachable'],
    ['main', '198.18.0.2:0', 1, 'unreachable'],
  ])('from %s to %s of %i bytes fails with %s', (socket, to, length, code) => {
    const port = new Port(a).open('main').send(socket, to, 'x'.repeat(length));
    settle();
    expect(port.heard.at(-1)).toMatchObject({ type: 'net.failed', effect: 'udp.send', socket, code });
  });

  test('to a port that nobody has bound is lost there, silently', () => {
    const reasons: unknown[] = [];
    internet.observe((seen) => seen.type === 'dropped' && reasons.push([seen.device, seen.reason]));
    const port = new Port(a).open('main').send('main', '198.18.0.2:9', 'x').send('main', '198.18.77.1:9', 'x');
    settle();
    expect(port.heard).toHaveLength(1);
    expect(reasons).toEqual([['core', 'unroutable'], ['s', 'no-socket']]);
  });
});

describe('closing', () => {
  test('is silent, frees port and label, and makes later effects fail', () => {
    const port = new Port(a).open('main', { port: 5 });
    settle();
    port.ask({ type: 'close', socket: 'main' }).ask({ type: 'close', socket: 'main' }).send('main', '198.18.0.2:1', 'x').open('main', { port: 5 });
    settle();
    expect(port.heard.slice(1)).toMatchObject([{ type: 'net.failed', code: 'no-such-socket' }, { type: 'udp.opened', local: { port: 5 } }]);
  });

  test('before the answer came means that none comes', () => {
    const port = new Port(a).open('main').ask({ type: 'close', socket: 'main' });
    settle();
    expect(port.heard).toEqual([]);
  });

  test('loses what is still on its way', () => {
    const server = new Port(s).open('main', { port: 3478 });
    new Port(a).open('main').send('main', '198.18.0.2:3478', 'x');
    server.ask({ type: 'close', socket: 'main' });
    settle();
    expect(server.received()).toEqual([]);
  });

  test('everything by unsubscribing leaves nothing open, and nothing is heard any more', () => {
    const port = new Port(a).open('one').open('two');
    expect(a.openSockets()).toHaveLength(2);
    port.unsubscribe();
    settle();
    expect(a.openSockets()).toEqual([]);
    expect(port.heard).toEqual([]);
  });
});
