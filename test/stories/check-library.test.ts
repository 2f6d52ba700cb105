/** `check()` of the library on real sockets of 127.0.0.1, against our own server: what it resolves with, how it is stopped, what it leaves. */
import { createSocket } from 'node:dgram';
import { getEventListeners, once } from 'node:events';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { run } from '../../effects/run.ts';
import { check } from '../../index.ts';
import { stunServer, stunServerCodec, type StunServerInput } from '../../machines/nat-check/index.ts';

const stops: (() => void)[] = [];
let whole = '';
let single = '';

beforeAll(async () => {
  const any = (host: string): Endpoint => ({ host, port: 0 });
  [whole, single] = await Promise.all([serving({ listen: any('127.0.0.1'), alternate: any('127.0.0.2') }), serving({ listen: any('127.0.0.1') })]);
});
afterAll(() => {
  for (const stop of stops) stop();
});

test('a behaviour with its evidence, and no trace of the machine that found it', async () => {
  const behaviour = await check({ stun: [whole], local: { host: '127.0.0.1' } });
  expect(behaviour).toMatchObject({ verdict: 'open', udp: true, nat: false, mapping: 'endpoint-independent', filtering: 'endpoint-independent', reflexive: { host: '127.0.0.1' } });
  expect(behaviour.local).toEqual(behaviour.reflexive);
  expect(behaviour.evidence.map(({ claim }) => claim)).toEqual(['udp', 'nat', 'mapping', 'filtering', 'hairpin', 'portPreserved', 'allocation']);
  expect(Object.keys(behaviour)).not.toContain('kind');
  expect(Object.keys(behaviour)).not.toContain('lifetime');
});

test('from a port of one’s own, which is free again afterwards', async () => {
  const port = await freePort();
  expect((await check({ stun: [whole], local: { host: '127.0.0.1', port } })).local).toEqual({ host: '127.0.0.1', port });
  await isFree(port);
});

test('a server with one address: null where it cannot tell, and a name without an address is left out', async () => {
  const behaviour = await check({ stun: ['nobody.invalid:3478', single] });
  expect(behaviour).toMatchObject({ verdict: null, udp: true, nat: false, mapping: null, filtering: null });
  expect(behaviour.evidence.filter(({ value }) => value === null).map(({ claim }) => claim)).toContain('filtering');
});

test('a lifetime, when asked for', async () => {
  expect(await check({ stun: [whole], lifetimeMs: 50 })).toMatchObject({ verdict: 'open', lifetime: { aliveMs: 50, deadMs: null } });
});

test('the same server twice is one server: two of its answers prove nothing about the mapping', async () => {
  expect(await check({ stun: [single, single] })).toMatchObject({ mapping: null, verdict: null });
});

test('blocked UDP, or a server that is dead, is a verdict', async () => {
  const { address } = await silentServer();
  const behaviour = await check({ stun: [address] });
  expect(behaviour).toMatchObject({ verdict: 'udp-blocked', udp: false, nat: null, mapping: null, reflexive: null });
});

test('options that make no sense are a TypeError', async () => {
  for (const stun of [[], ['127.0.0.1'], ['127.0.0.1:0'], [whole, '::1']]) {
    await expect(check({ stun })).rejects.toThrow(new TypeError(`stun must be a list of host:port, not '${stun.join(', ')}'`));
  }
  await expect(check({ stun: whole as unknown as string[] })).rejects.toThrow(new TypeError(`stun must be a list of host:port, not '${whole}'`));
});

test('a host that cannot ask rejects with a stable reason', async () => {
  await expect(check({ stun: ['nobody.invalid:3478'] })).rejects.toMatchObject({ name: 'ConnectionFailed', reason: 'no-server', message: 'no host is named nobody.invalid' });
  await expect(check({ stun: [whole], local: { host: '203.0.113.1' } })).rejects.toMatchObject({ reason: 'address-not-available' });
  const { port } = await silentServer();
  await expect(check({ stun: [whole], local: { host: '127.0.0.1', port } })).rejects.toMatchObject({ reason: 'address-in-use' });
});

test('aborted before it begins, while a name is resolved, or as soon as it asks: rejects with the reason of the signal', async () => {
  const reason = new Error('enough');
  await expect(check({ stun: [whole], signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

  for (const server of ['localhost:9', (await silentServer()).address]) {
    const aborting = new AbortController();
    const checking = check({ stun: [server], signal: aborting.signal });
    aborting.abort(reason);
    await expect(checking).rejects.toBe(reason);
    expect(getEventListeners(aborting.signal, 'abort')).toEqual([]);
  }
});

test('aborted while it waits for answers: the socket is closed, nothing listens to the signal', async () => {
  const reason = new Error('enough');
  const port = await freePort();
  const { asked, address } = await silentServer();
  const aborting = new AbortController();
  const checking = check({ stun: [address], local: { host: '127.0.0.1', port }, signal: aborting.signal });
  await asked;
  aborting.abort(reason);
  await expect(checking).rejects.toBe(reason);
  await isFree(port);
  expect(getEventListeners(aborting.signal, 'abort')).toEqual([]);
});

test('a signal that is never used is left as it was', async () => {
  const { signal } = new AbortController();
  await check({ stun: [whole], signal });
  await expect(check({ stun: ['nobody.invalid:1'], signal })).rejects.toMatchObject({ reason: 'no-server' });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

/** Its first address. */
async function serving(input: StunServerInput): Promise<string> {
  const { actor, stop } = run(stunServer, { net: nodeNet(), codec: stunServerCodec(), clock: nodeClock(), id: 'server', input });
  stops.push(stop);
  const count = input.alternate ? 8 : 2;
  const places: string[] = [];
  await new Promise<void>((resolve, reject) => {
    actor.on('server', ({ what, local }) => {
      if (what === 'listening' && local && places.push(`${local.host}:${local.port}`) === count) resolve();
    });
    actor.subscribe({ complete: () => reject(new Error('the server has ended')), error: reject });
    actor.start();
  });
  return places[0] ?? '';
}

/** Hears and never answers. */
async function silentServer(): Promise<{ readonly address: string; readonly port: number; readonly asked: Promise<unknown> }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const { port } = socket.address();
  return { address: `127.0.0.1:${port}`, port, asked: once(socket, 'message') };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function isFree(port: number): Promise<void> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
}
