/**
 * The contract on ICMP, on raw sockets of the kernel, and what only they can show. On loopback: nothing leaves the machine.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeNet } from '../../adapters/node/net.ts';
import type { NetEffect } from '../../effects/net.ts';
import { encodeIcmp } from '../../effects/wire/icmp.ts';
import { describeNet } from '../adapters/contract.ts';
import { Party } from '../adapters/party.ts';
import { until } from '../adapters/real-time.ts';
import { script } from './scripts.ts';

const LOOPBACK = '127.0.0.1';
const MESSAGE = encodeIcmp({ kind: 'echo-reply', id: 1, sequence: 1, data: Uint8Array.of(7) });

describeNet('node, loopback, as root', () => ({
  a: { net: nodeNet(), address: LOOPBACK },
  b: { net: nodeNet(), address: LOOPBACK },
  until,
}), { icmp: true });

describe('raw ICMP of node', () => {
  const send = (data: Uint8Array, ttl?: number): NetEffect => ({ type: 'icmp.send', socket: 'i', to: LOOPBACK, data, ...(ttl === undefined ? {} : { ttl }) });
  const opened = async (): Promise<Party> => {
    const party = new Party(nodeNet(), until);
    party.ask({ type: 'icmp.open', socket: 'i' });
    await party.next('icmp.opened');
    return party;
  };

  test('refuses a ttl that is none, and keeps each to its message', async () => {
    const party = await opened();
    party.ask(...[0, 256, 1.5, Number.NaN].map((ttl) => send(MESSAGE, ttl)), send(MESSAGE, 1), send(MESSAGE, 255), send(MESSAGE));
    await party.next('net.failed', { nth: 4 });
    expect(new Set(party.heard('net.failed').map(({ code }) => code))).toEqual(new Set(['unsupported']));
    await party.next('icmp.received', { nth: 3 });
    party.stop();
  });

  test('says what the system says of a destination', async () => {
    const party = await opened();
    party.ask({ type: 'icmp.send', socket: 'i', to: '255.255.255.255', data: MESSAGE });
    expect(await party.next('net.failed')).toMatchObject({ effect: 'icmp.send', socket: 'i', code: 'not-permitted', to: { host: '255.255.255.255', port: 0 } });
    party.stop();
  });

  test('has sent what it was asked before its close', async () => {
    const [party, other] = [await opened(), await opened()];
    party.ask(send(MESSAGE), { type: 'close', socket: 'i' });
    await other.next('icmp.received');
    party.stop();
    other.stop();
  });

  test('refuses more than can wait, and sends the others', async () => {
    const party = await opened();
    party.ask(...Array.from({ length: 1030 }, () => send(MESSAGE)));
    await party.next('net.failed', { nth: 6 });
    expect(party.heard('net.failed').map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => 'exhausted'));
    party.ask(send(MESSAGE));
    await party.next('icmp.received', { nth: 100 });
    party.stop();
  });

  test('leaves no file open, however it ends', async () => {
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    const cycle = async (n: number): Promise<void> => {
      const party = await opened();
      party.ask(send(MESSAGE), ...(n % 2 === 0 ? [{ type: 'close', socket: 'i' } as const] : []));
      party.stop();
    };
    await cycle(0);
    const before = openFiles();
    for (let n = 0; n < 100; n += 1) await cycle(n);
    await until(() => openFiles() <= before, `${openFiles()} open files, ${before} before,`);
  });
});

describe('without the right to it', () => {
  test('raw ICMP is not permitted, and says what would help', () => {
    const file = script('test/lab/icmp-opener.ts');
    const command = ['--bounding-set=-net_raw', '--inh-caps=-net_raw', process.execPath, file];
    const { code, detail } = JSON.parse(execFileSync('setpriv', command, { encoding: 'utf8' })) as { code: string; detail: string };
    expect(code).toBe('not-permitted');
    expect(detail).toBe(`cannot open a raw ICMP socket: permission denied; it needs root, or once: sudo setcap cap_net_raw+ep ${process.execPath}`);
  });
});
