/** What becomes of TCP connections through pwnat's tunnel between two of our own ends, on the simulated internet. */
import { describe, expect, test } from 'vitest';
import { noise, TunnelWorld } from './pwnat-world.ts';

const NATS = { a: 'port-restricted', b: 'port-restricted+icmp-errors' } as const;

describe.each([['without a secret', {}], ['with a secret', { secret: 'a long secret' }]])('%s', (_, options) => {
  test('a TCP connection reaches the allowed destination, carries both ways, and ends for both', async () => {
    const t = new TunnelWorld(NATS, { latencyMs: 20, ...options }).run();
    expect(t.w.outcome('b')).toMatchObject({ kind: 'connected', socket: 'main', peer: { port: 2222 } });
    expect(t.w.outcome('a')).toMatchObject({ kind: 'connected' });
    await t.visit('g');
    t.guests.write('g', 1, 2, 3);
    expect(await t.web.read('web/1', 3)).toEqual(Uint8Array.of(1, 2, 3));
    t.web.write('web/1', 4, 5);
    expect(await t.guests.read('g', 2)).toEqual(Uint8Array.of(4, 5));
    t.web.ask({ type: 'close', socket: 'web/1' });
    expect(await t.guests.ended('g')).toEqual(['closed']);
    expect(t.stop()).toEqual([]);
  });

  test('ten connections at once carry 60 kB each way, whole and in order, on a line that loses, doubles and reorders', async () => {
    const t = new TunnelWorld(NATS, { latencyMs: 5, loss: 0.05, duplicate: 0.02, reorder: 0.05, seed: 3, ...options }).run();
    const names = Array.from({ length: 10 }, (_, n) => `g${n}`);
    for (const name of names) await t.visit(name);
    await t.until(() => t.web.heard('tcp.accepted').length === 10, 'ten connections');
    await Promise.all(names.flatMap((name, n) => [t.pour(t.guests, name, noise(60_000, n)), t.pour(t.web, `web/${n + 1}`, noise(60_000, 100))]));
    await t.until(() => names.every((name, n) => t.count(t.guests, name) === 60_000 && t.count(t.web, `web/${n + 1}`) === 60_000), 'all bytes');
    for (const name of names) expect(t.got(t.guests, name).equals(noise(60_000, 100))).toBe(true);
    const uploads = names.map((_name, n) => t.got(t.web, `web/${n + 1}`).toString('latin1')).toSorted();
    expect(uploads).toEqual(names.map((_name, n) => Buffer.from(noise(60_000, n)).toString('latin1')).toSorted());
    expect(t.stop()).toEqual([]);
  }, 20_000);
});

test('at 25 ms one way it moves twenty times what stop-and-wait could, and more', async () => {
  const t = new TunnelWorld(NATS, { latencyMs: 25 }).run();
  await t.visit('g');
  await t.web.next('tcp.accepted');
  const before = t.w.clock.now();
  const data = noise(1_000_000);
  await t.pour(t.web, 'web/1', data);
  expect(Buffer.from(data).equals(await t.guests.read('g', data.length))).toBe(true);
  const stopAndWait = (data.length / 1024) * 50;
  expect(stopAndWait / (t.w.clock.now() - before)).toBeGreaterThan(20);
  t.stop();
});

test('what a side has sent before it ends arrives before the end', async () => {
  const t = new TunnelWorld(NATS, { latencyMs: 20, loss: 0.1, seed: 5 }).run();
  await t.visit('g');
  await t.web.next('tcp.accepted');
  t.web.ask({ type: 'tcp.send', socket: 'web/1', data: noise(300_000) }, { type: 'close', socket: 'web/1' });
  expect(await t.guests.ended('g')).toEqual(['closed']);
  expect(t.got(t.guests, 'g').equals(noise(300_000))).toBe(true);
  await t.visit('h');
  await t.web.next('tcp.accepted', { nth: 2 });
  t.guests.ask({ type: 'tcp.send', socket: 'h', data: noise(100_000, 2) }, { type: 'close', socket: 'h' });
  expect(await t.web.ended('web/2')).toEqual(['closed']);
  expect(t.got(t.web, 'web/2').equals(noise(100_000, 2))).toBe(true);
  expect(t.stop()).toEqual([]);
});

test('a reader that stops stops the writer at the far end, and nothing is lost when it goes on', async () => {
  const t = new TunnelWorld(NATS, { latencyMs: 5 }).run();
  await t.visit('g');
  await t.web.next('tcp.accepted');
  t.guests.ask({ type: 'tcp.pause', socket: 'g' });
  const data = noise(900_000);
  for (let n = 0; n < 8; n += 1) {
    t.web.ask({ type: 'tcp.send', socket: 'web/1', data });
    t.w.advance(20_000);
    if (t.web.heard('tcp.drained').length <= n) break;
  }
  const sent = t.web.heard('tcp.drained').length + 1;
  expect(sent).toBeLessThan(8);
  t.guests.ask({ type: 'tcp.resume', socket: 'g' });
  const all = await t.guests.read('g', sent * data.length);
  expect(Buffer.from(all).equals(Buffer.concat(Array.from({ length: sent }, () => data)))).toBe(true);
  expect(t.stop()).toEqual([]);
});

test('a destination that refuses ends the connection, and one that is not allowed the caller, with the word for it', async () => {
  const t = new TunnelWorld(NATS, { latencyMs: 5 }).run();
  t.web.ask({ type: 'close', socket: 'web' });
  await t.visit('g');
  expect(await t.guests.ended('g')).toEqual(['closed']);
  t.stop();
  const denied = new TunnelWorld(NATS, { latencyMs: 5, to: { host: 'web', port: '81' } }).run();
  denied.w.advance(1_000);
  expect(denied.w.outcome('b')).toMatchObject({ kind: 'failed', reason: 'no-path', detail: expect.stringContaining('--allow web:81') });
  expect(denied.stop()).toEqual([]);
});

test('with a secret, the caller is told for each TCP connection why there is none', async () => {
  for (const [options, what] of [[{ to: { host: 'web', port: '81' } }, 'denied'], [{}, 'refused']] as const) {
    const t = new TunnelWorld(NATS, { latencyMs: 5, secret: 'a long secret', ...options }).run();
    const heard: string[] = [];
    t.w.running('b').actor.on('server', (event: unknown) => heard.push((event as { what: string }).what));
    t.web.ask({ type: 'close', socket: 'web' });
    await t.visit('g');
    expect([await t.guests.ended('g'), heard]).toEqual([['closed'], [what]]);
    expect(t.stop()).toEqual([]);
  }
});

test('an idle connection stands for an hour, and still ends in order', async () => {
  const t = new TunnelWorld(NATS, { latencyMs: 5 }).run();
  await t.visit('g');
  t.guests.write('g', 1);
  await t.web.read('web/1', 1);
  t.w.advance(3_600_000);
  t.web.write('web/1', 2);
  await t.guests.read('g', 1);
  t.web.ask({ type: 'close', socket: 'web/1' });
  expect(await t.guests.ended('g')).toEqual(['closed']);
  expect(t.stop()).toEqual([]);
});

test('TCP clients that come before the hole is open wait for it', async () => {
  const t = new TunnelWorld(NATS, { latencyMs: 100 }).start();
  await t.visit('g');
  t.guests.ask({ type: 'tcp.send', socket: 'g', data: noise(5_000) });
  expect(Buffer.from(noise(5_000)).equals(await t.web.read('web/1', 5_000))).toBe(true);
  t.stop();
});

test('a listener that stops says so; one that vanishes is noticed, and a new one of the name is found', async () => {
  const t = new TunnelWorld(NATS, { latencyMs: 5 }).run();
  await t.visit('g');
  t.w.running('a').actor.send({ type: 'close' });
  expect(await t.guests.ended('g')).toEqual(['closed']);
  expect(t.w.running('b').actor.getSnapshot().value).toBe('closedByPeer');
  t.stop();
  const u = new TunnelWorld(NATS, { latencyMs: 5 }).run();
  await u.visit('g');
  u.w.partition('a').advance(45_000);
  expect(await u.guests.ended('g')).toEqual(['closed']);
  expect(u.w.outcome('b')).toMatchObject({ kind: 'failed', reason: 'peer-lost' });
  expect(u.stop()).toEqual([]);
});

test.each([
  ['another secret', { secret: 'one', secretOfCaller: 'other' }],
  ['no secret where one is wanted', { secret: 'one', callerWithout: true }],
  ['a secret where none is known', { secretOfCaller: 'one' }],
] as const)('%s: the listener says no word to the caller, who says what it can be', (_, options) => {
  const t = new TunnelWorld({ a: 'open', b: 'open' }, { latencyMs: 5, ...options }).run();
  expect(t.w.outcome('b')).toMatchObject({ kind: 'failed', reason: 'no-reply', detail: expect.stringContaining('secret') });
  expect(t.w.outcomes('a')).toEqual([]);
  expect(t.stop()).toEqual([]);
});
