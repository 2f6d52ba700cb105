/** The contract on this computer's loopback, and what only real sockets can show. */
import { existsSync, readFileSync } from 'node:fs';
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import type { NetEffect } from '../../effects/net.ts';
import { describeNet } from './contract.ts';
import { Party } from './party.ts';
import { until } from './real-time.ts';

const LOOPBACK = '127.0.0.1';

describeNet('node, loopback', () => ({
  a: { net: nodeNet(), address: LOOPBACK },
  b: { net: nodeNet(), address: LOOPBACK },
  until,
}), { icmp: false });

describe('the node network', () => {
  test('stamps events with the clock it is given', async () => {
    const party = new Party(nodeNet({ now: () => 42 }), until);
    await party.open('main', LOOPBACK);
    party.ask({ type: 'udp.open', socket: 'main' });
    await party.next('net.failed');
    expect(party.events.map(({ at }) => at)).toEqual([42, 42]);
    party.stop();
  });

  test('leads with an address of the outside when there is one, and never mixes loopback in', async () => {
    const party = new Party(nodeNet(), until);
    party.ask({ type: 'udp.open', socket: 'any' });
    const hosts = (await party.next('udp.opened')).addresses.map(({ host }) => host);
    if (hosts.length > 1) expect(hosts).not.toContain(LOOPBACK);
    expect(new Set(hosts).size).toBe(hosts.length);
    party.stop();
  });

  test('opens two wildcard sockets, IPv4 and IPv6, on one port', async () => {
    const party = new Party(nodeNet(), until);
    const { port } = await party.open('four', '0.0.0.0');
    party.ask({ type: 'udp.open', socket: 'six', local: { host: '::', port } });
    await until(() => party.events.length === 2, 'an answer for IPv6');
    const answer = party.events[1];
    // A host without IPv6 says so.
    if (answer?.type === 'net.failed') expect(answer.code).toMatch(/unsupported|address-not-available/);
    else expect(answer).toMatchObject({ type: 'udp.opened', local: { host: '::', port } });
    party.stop();
  });

  test('says that a low port needs permission, or opens it', async () => {
    const party = new Party(nodeNet(), until);
    party.ask({ type: 'udp.open', socket: 'low', local: { host: LOOPBACK, port: 1 } });
    await until(() => party.events.length === 1, 'an answer');
    expect(party.events[0]).toMatchObject(party.heard('net.failed').length === 1 ? { code: 'not-permitted' } : { local: { port: 1 } });
    party.stop();
  });

  test('reports an unreachable destination with where it was, and keeps the socket', async () => {
    const party = new Party(nodeNet(), until);
    const home = await party.open('bound', LOOPBACK);
    const to = { host: '198.51.100.1', port: 9 };
    party.send('bound', to, 1);
    expect(await party.next('net.failed')).toMatchObject({ effect: 'udp.send', socket: 'bound', code: 'unreachable', to });
    party.send('bound', home, 1);
    await party.next('udp.received');
    party.stop();
  });

  test('holds a burst of 2,000 datagrams that nobody had time to read', async () => {
    const party = new Party(nodeNet(), until);
    const home = await party.open('main', LOOPBACK);
    for (let n = 0; n < 2_000; n += 1) party.send('main', home, n & 255);
    // How many are held is the system's to say; without asking for more it would be 256 where the usual limit stands.
    await party.next('udp.received', { nth: systemLimit() >= 4_194_304 ? 2_000 : 200 });
    party.stop();
  });

  test('refuses a ttl that is none', async () => {
    const party = new Party(nodeNet(), until);
    const to = await party.open('main', LOOPBACK);
    for (const ttl of [0, 256, 1.5, Number.NaN]) party.ask({ type: 'udp.send', socket: 'main', to, data: Uint8Array.of(1), ttl });
    await party.next('net.failed', { nth: 4 });
    expect(party.heard('net.failed').map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'unsupported'));
    party.stop();
  });

  test('a label of ICMP that was never opened is no socket', async () => {
    const party = new Party(nodeNet(), until);
    party.ask({ type: 'icmp.send', socket: 'hole', to: '127.0.0.1', data: Uint8Array.of(8, 0) });
    expect(await party.next('net.failed')).toMatchObject({ effect: 'icmp.send', code: 'no-such-socket' });
    party.stop();
  });

  test('throws nothing at an effect that is not one', async () => {
    const party = new Party(nodeNet(), until);
    const to = await party.open('main', LOOPBACK);
    const broken = [{ type: 'udp.send', socket: 'main', to }, { type: 'udp.send', socket: 'main', data: Uint8Array.of(1) }] as unknown as NetEffect[];
    party.ask(...broken);
    await party.next('net.failed', { nth: 2 });
    party.send('main', to, 1);
    await party.next('udp.received');
    party.stop();
  });

  test('goes on hearing after the last effect, until it is unsubscribed', async () => {
    const effects = new Subject<NetEffect>();
    const heard: string[] = [];
    const subscription = nodeNet()(effects).subscribe({ next: ({ type }) => heard.push(type), complete: () => heard.push('complete') });
    effects.next({ type: 'udp.open', socket: 'main' });
    effects.complete();
    await until(() => heard.length > 0, 'udp.opened');
    expect(heard).toEqual(['udp.opened']);
    subscription.unsubscribe();
  });
});

describe('the node clock', () => {
  test('fires in order, not early, and not what was cleared', async () => {
    const clock = nodeClock();
    const began = clock.now();
    const fired: number[] = [];
    clock.setTimeout(() => fired.push(2), 20);
    clock.setTimeout(() => fired.push(1), 5);
    clock.clearTimeout(clock.setTimeout(() => fired.push(0), 1));
    await until(() => fired.length === 2, 'two timers');
    expect(fired).toEqual([1, 2]);
    expect(clock.now() - began).toBeGreaterThanOrEqual(19);
  });
});

/** Bytes that Linux lets a receive buffer have; 0 where that is not known. */
function systemLimit(): number {
  const file = '/proc/sys/net/core/rmem_max';
  return existsSync(file) ? Number(readFileSync(file, 'ascii')) : 0;
}
