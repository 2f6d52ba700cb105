/** Our listener and caller with the stand-ins for pwnat's own programs at the other end, on the simulated internet. */
import { expect, test } from 'vitest';
import { fakeSocket } from '../../adapters/sim/index.ts';
import { OriginalClient, type Stream } from '../pwnat/original-client.ts';
import { OriginalServer } from '../pwnat/original-server.ts';
import { noise, TunnelWorld, type TunnelOptions } from './pwnat-world.ts';

/** As the original client forges it, but for the sum of the quoted header, at which nobody looks. */
const ERROR = Buffer.from('0b00f4ff000000004500001c0100000001010000c6120102030303030800f7ff00000000', 'hex');

interface WithServer {
  readonly t: TunnelWorld;
  readonly server: OriginalServer;
  /** What each of its TCP targets has got, and the way back. */
  readonly targets: { readonly got: Buffer[]; readonly say: (data: Buffer) => void; ended: boolean }[];
}

function withServer(options: TunnelOptions = {}, allow = ['web:80']): WithServer {
  const t = new TunnelWorld({ a: 'open', b: 'open' }, { latencyMs: 10, without: 'a', ...options });
  const targets: WithServer['targets'] = [];
  const server = new OriginalServer({
    timers: t.w.clock,
    socket: fakeSocket(t.w.host('a')).bind(2222),
    allow,
    connect: (_host, _port, { received }) => {
      const target = { got: [] as Buffer[], say: received, ended: false };
      targets.push(target);
      return { write: (data) => void target.got.push(data), end: () => void (target.ended = true) };
    },
  });
  return { t: t.run(), server, targets };
}

interface Client {
  readonly stream: Stream;
  readonly got: Buffer[];
  readonly why: () => string | undefined;
}

function withClient(options: TunnelOptions = {}): { readonly t: TunnelWorld; readonly connect: (host?: string) => Client } {
  const t = new TunnelWorld({ a: 'open', b: 'open', c: 'open', d: 'open' }, { latencyMs: 10, without: 'b', ...options }).start();
  const connect = (host = 'b'): Client => {
    const client = new OriginalClient({ timers: t.w.clock, socket: () => fakeSocket(t.w.host(host)), server: { host: t.w.address('a'), port: 2222 }, to: { host: 'web', port: 80 } });
    const got: Buffer[] = [];
    let why: string | undefined;
    const stream = client.connect({ received: (data) => got.push(data), closed: (reason) => (why = reason) });
    return { stream, got, why: () => why };
  };
  return { t, connect };
}

test('our caller finds the original server, and leaves it no client that it does not need', () => {
  const { t, server } = withServer();
  t.w.advance(1_000);
  expect(t.w.outcome('b')).toMatchObject({ kind: 'connected' });
  expect(server.clients).toBe(0);
  server.stop();
  expect(t.stop()).toEqual([]);
});

test.each([['on a good line', {}], ['on a line that loses and reorders', { loss: 0.05, reorder: 0.05, seed: 4 }]])('three TCP connections through the original server carry 20 kB each way, %s', async (_, line) => {
  const { t, server, targets } = withServer(line);
  for (let n = 0; n < 3; n += 1) {
    await t.visit(`g${n}`);
    t.guests.ask({ type: 'tcp.send', socket: `g${n}`, data: noise(20_000, n) });
    await t.until(() => targets.length > n, `target ${n}`);
    targets[n]?.say(Buffer.from(noise(20_000, n + 10)));
  }
  await t.until(() => targets.every(({ got }, n) => Buffer.concat(got).length === 20_000 && t.got(t.guests, `g${n}`).length === 20_000), 'all bytes');
  for (const [n, { got }] of targets.entries()) {
    expect(Buffer.concat(got).equals(noise(20_000, n))).toBe(true);
    expect(t.got(t.guests, `g${n}`).equals(noise(20_000, n + 10))).toBe(true);
  }
  for (let n = 0; n < 3; n += 1) t.guests.ask({ type: 'close', socket: `g${n}` });
  await t.until(() => targets.every(({ ended }) => ended), 'goodbyes');
  server.stop();
  t.stop();
});

test('a HELLOACK of ours that is lost loses no byte of what follows', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { t, server, targets } = withServer({ loss: 0.2, seed });
    if (t.w.outcome<{ kind: string }>('b')?.kind !== 'connected') continue;
    await t.visit('g');
    t.guests.ask({ type: 'tcp.send', socket: 'g', data: noise(3_000, seed) });
    await t.until(() => targets.reduce((sum, { got }) => sum + Buffer.concat(got).length, 0) >= 3_000 || t.guests.heard('tcp.closed').length > 0, 'all bytes');
    const [heard] = targets.filter(({ got }) => got.length > 0);
    expect(Buffer.concat(heard?.got ?? []).equals(noise(3_000, seed))).toBe(true);
    server.stop();
    t.stop();
  }
});

test('the destination that the original server denies is told as such', () => {
  const { t, server } = withServer({}, ['elsewhere:80']);
  expect(t.w.outcome('b')).toMatchObject({ kind: 'failed', reason: 'no-path', detail: expect.stringContaining('--allow web:80') });
  server.stop();
  t.stop();
});

test('the empty datagrams of the original server end nothing', async () => {
  const { t, server, targets } = withServer();
  await t.visit('g');
  for (let n = 0; n < 5; n += 1) {
    server.knock(t.w.address('b'));
    t.guests.write('g', n);
    t.w.advance(500);
  }
  expect(Buffer.concat(targets[0]?.got ?? [])).toEqual(Buffer.of(0, 1, 2, 3, 4));
  server.stop();
  t.stop();
});

test.each([['on a good line', {}], ['on a line that loses', { loss: 0.03, seed: 2 }]])('the original client reaches the destination through our listener, carries 20 kB each way, and hears the end, %s', async (_, line) => {
  const { t, connect } = withClient(line);
  const one = connect();
  one.stream.write(Buffer.from(noise(20_000)));
  await t.until(() => t.web.heard('tcp.accepted').length === 1 || one.why() !== undefined, 'a connection');
  t.web.ask({ type: 'tcp.send', socket: 'web/1', data: noise(20_000, 2) });
  await t.until(() => (Buffer.concat(one.got).length === 20_000 && t.got(t.web, 'web/1').length === 20_000) || one.why() !== undefined, 'all bytes');
  expect(one.why()).toBeUndefined();
  expect([t.got(t.web, 'web/1').equals(noise(20_000)), Buffer.concat(one.got).equals(noise(20_000, 2))]).toEqual([true, true]);
  t.web.ask({ type: 'close', socket: 'web/1' });
  await t.until(() => one.why() !== undefined, 'the end');
  expect(one.why()).toBe('goodbye');
  t.stop();
});

test('three original clients at once hear nothing that would end them, while their ICMP errors go on coming', async () => {
  const { t, connect } = withClient();
  const clients = [connect('b'), connect('c'), connect('d')];
  for (const { stream } of clients) stream.write(Buffer.from('hello'));
  await t.until(() => t.web.heard('tcp.received').length === 3, 'three hellos');
  const knock = t.guests;
  knock.ask({ type: 'icmp.open', socket: 'raw' });
  for (let n = 0; n < 10; n += 1) {
    // As the originals do for the whole of their life.
    knock.ask({ type: 'icmp.send', socket: 'raw', to: t.w.address('a'), data: ERROR });
    t.w.advance(5_000);
  }
  expect(clients.map(({ why }) => why())).toEqual([undefined, undefined, undefined]);
  for (const { socket } of t.web.heard('tcp.accepted')) t.web.ask({ type: 'tcp.send', socket, data: Buffer.from('back') });
  await t.until(() => clients.every(({ got }) => Buffer.concat(got).toString() === 'back'), 'three answers');
  // Once they have gone, the same error is answered.
  for (const { stream } of clients) stream.end();
  t.w.advance(1_000);
  await knock.open('main', t.w.address('b'), 2222);
  knock.ask({ type: 'icmp.send', socket: 'raw', to: t.w.address('a'), data: ERROR });
  expect(await knock.next('udp.received', { socket: 'main' })).toMatchObject({ data: new Uint8Array(0) });
  t.stop();
});

test('a client that says goodbye, or falls silent for 421 s, takes its TCP connection with it', async () => {
  const { t, connect } = withClient();
  const one = connect();
  one.stream.write(Buffer.from('x'));
  await t.web.next('tcp.received');
  one.stream.end();
  expect(await t.web.ended('web/1')).toEqual(['closed']);
  const other = connect();
  other.stream.write(Buffer.from('y'));
  await t.web.next('tcp.accepted', { nth: 2 });
  t.w.advance(400_000);
  expect(t.web.heard('tcp.closed')).toHaveLength(1);
  t.w.partition('b').advance(422_000);
  expect(await t.web.ended('web/2')).toEqual(['closed']);
  t.stop();
});

test('a destination that refuses is told to the original client, and one that is not allowed too', async () => {
  const { t, connect } = withClient();
  t.web.ask({ type: 'close', socket: 'web' });
  const one = connect();
  await t.until(() => one.why() !== undefined, 'the end');
  expect(one.why()).toBe('goodbye');
  t.stop();
  const denied = withClient({ listener: { allow: [] } });
  const other = denied.connect();
  await denied.t.until(() => other.why() !== undefined, 'the end');
  expect(other.why()).toBe('goodbye');
  denied.t.stop();
});

test('an original client that ends as its target does hears no GOODBYE, which would end its next connection on that port', async () => {
  const { t, connect } = withClient({ keep: true });
  const one = connect();
  one.stream.write(Buffer.from('request'));
  await t.web.next('tcp.received');
  t.web.ask({ type: 'tcp.send', socket: 'web/1', data: noise(100) });
  t.web.ask({ type: 'close', socket: 'web/1' });
  await t.until(() => one.got.length > 0, 'the answer');
  one.stream.end();
  const other = connect();
  other.stream.write(Buffer.from('request'));
  await t.web.next('tcp.accepted', { nth: 2 });
  t.w.advance(2_000);
  expect(other.why()).toBeUndefined();
  t.stop();
});
