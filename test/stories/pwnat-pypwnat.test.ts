/** The other variant: pypwnat's ICMP and its one word, with the program's behaviour at the other end, and the tunnel between two of ours. */
import { expect, test } from 'vitest';
import { GREETING } from '../../machines/pwnat/variants.ts';
import { echo, NOBODY, PORT, timeExceeded } from '../pwnat/icmp-bytes.ts';
import { noise, TunnelWorld } from './pwnat-world.ts';

const WORD = Buffer.from(GREETING);

test('pypwnat\'s client hears our listener\'s word through a NAT that lets in the exact port only, though it asks once', async () => {
  const t = new TunnelWorld({ a: 'port-restricted', b: 'open' }, { variant: 'pypwnat', latencyMs: 20, without: 'b' }).start();
  const listener = { host: t.w.address('a'), port: PORT.pypwnat };
  await t.guests.open('main', t.w.address('b'), PORT.pypwnat);
  t.guests.ask({ type: 'icmp.open', socket: 'raw' }, { type: 'udp.send', socket: 'main', to: listener, data: WORD });
  t.guests.ask({ type: 'icmp.send', socket: 'raw', to: listener.host, data: timeExceeded('pypwnat', listener.host) });
  const { from, data } = await t.guests.next('udp.received', { socket: 'main' });
  expect([from, Buffer.from(data).equals(WORD)]).toEqual([listener, true]);
  expect(t.stop()).toEqual([]);
});

test('our caller finds pypwnat\'s server, which says one word and reads none', async () => {
  const t = new TunnelWorld({ a: 'port-restricted', b: 'open' }, { variant: 'pypwnat', latencyMs: 20, without: 'a', caller: { listen: undefined } }).start();
  await t.web.open('main', t.at('a', 0).host, PORT.pypwnat);
  t.web.ask({ type: 'icmp.open', socket: 'raw' }, { type: 'icmp.send', socket: 'raw', to: NOBODY.pypwnat, data: echo('pypwnat') });
  const { from } = await t.web.next('icmp.received', { socket: 'raw' });
  t.web.ask({ type: 'udp.send', socket: 'main', to: { host: from, port: PORT.pypwnat }, data: WORD });
  await t.until(() => t.w.outcomes('b').length > 0, 'an outcome');
  expect(t.w.outcome('b')).toMatchObject({ kind: 'connected', peer: { port: PORT.pypwnat } });
  // Known with the word, not with the silence behind it.
  const { elapsedMs = 0 } = t.w.outcome<{ elapsedMs?: number }>('b') ?? {};
  expect([elapsedMs > 40, elapsedMs < 1_000]).toEqual([true, true]);
  t.w.advance(1_000);
  expect(t.w.running('b').actor.getSnapshot()).toMatchObject({ status: 'done', value: 'greetedEnd' });
});

test('between two of ours, TCP goes through the hole all the same', async () => {
  const t = new TunnelWorld({ a: 'port-restricted', b: 'port-restricted+icmp-errors' }, { variant: 'pypwnat', latencyMs: 20 }).run();
  await t.visit('g');
  t.guests.ask({ type: 'tcp.send', socket: 'g', data: noise(50_000) });
  expect(Buffer.from(noise(50_000)).equals(await t.web.read('web/1', 50_000))).toBe(true);
  expect(t.stop()).toEqual([]);
});

test('with a secret, a word that anybody can say is no proof: the caller fails, and says so', () => {
  const t = new TunnelWorld({ a: 'port-restricted', b: 'open' }, { variant: 'pypwnat', latencyMs: 20, secret: 'one', secretOfCaller: 'another' }).run();
  expect(t.w.outcome('b')).toMatchObject({ kind: 'failed', reason: 'no-reply', detail: expect.stringMatching(/does not prove the secret/) });
  expect(t.stop()).toEqual([]);
});
