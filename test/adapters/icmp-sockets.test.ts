/** Raw ICMP sockets by label over a package that is played: what the real one does in namespaces, without their privileges. */
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { icmpSockets } from '../../adapters/node/icmp.ts';
import type { RawModule, RawSocket } from '../../adapters/node/raw-module.ts';
import type { NetEvent } from '../../effects/net.ts';

/** Sends when it is told to, and may fail then. */
class PlayedSocket extends EventEmitter implements RawSocket {
  readonly did: string[] = [];
  readonly waiting: (() => void)[] = [];
  failure: Error | null = null;

  send(buffer: Buffer, offset: number, length: number, address: string, before: () => void, after: (error: Error | null) => void): void {
    this.waiting.push(() => {
      before();
      this.did.push(`sent ${buffer.subarray(offset, offset + length).toString('hex')} to ${address}`);
      after(this.failure);
    });
  }

  setOption(_level: number, _option: number, value: number): void {
    this.did.push(`ttl ${value}`);
  }

  pauseRecv(): void {
    this.did.push('paused');
  }

  resumeRecv(): void {
    this.did.push('resumed');
  }

  close(): void {
    this.did.push('closed');
  }

  leave(): void {
    for (const one of this.waiting.splice(0)) one();
  }
}

function playing({ create = () => new PlayedSocket() as RawSocket, isTaken = false } = {}) {
  const made: RawSocket[] = [];
  const module: RawModule = {
    Protocol: { ICMP: 1 },
    SocketLevel: { IPPROTO_IP: 0 },
    SocketOption: { IP_TTL: 2 },
    createSocket: () => {
      const socket = create();
      made.push(socket);
      return socket;
    },
  };
  const heard: NetEvent[] = [];
  const sockets = icmpSockets((event) => heard.push(event), () => 7, () => isTaken, () => module);
  const send = (to = '198.51.100.1', data = Uint8Array.of(1, 2), ttl?: number): void => sockets.send({ type: 'icmp.send', socket: 'raw', to, data, ttl });
  /** What was reported since the last time, in words. */
  const told = async (): Promise<string[]> => {
    await Promise.resolve();
    return heard.splice(0).map((event) => (event.type === 'net.failed' ? `${event.effect} ${event.code}: ${event.detail}` : event.type === 'icmp.received' ? `${event.from} ${Buffer.from(event.data).toString('hex')}` : event.type));
  };
  const open = async (): Promise<PlayedSocket> => {
    sockets.open('raw');
    expect(await told()).toEqual(['icmp.opened']);
    return made[0] as PlayedSocket;
  };
  return { sockets, send, told, open };
}

/** An IPv4 header of `words` words, and what is behind it. */
const packet = (words: number, ...data: readonly number[]): Buffer => Buffer.from([0x40 | words, ...Array<number>(4 * words - 1).fill(0), ...data]);

test('a message comes without its header, however long that is; what is no IPv4 does not come', async () => {
  const { told, open } = playing();
  const raw = await open();
  for (const one of [packet(5, 1, 2), packet(7, 3), Buffer.alloc(0), Buffer.from([0x60, 0]), Buffer.from([0x44, ...Array<number>(30).fill(0)]), packet(6).subarray(0, 22)]) raw.emit('message', one, '203.0.113.1');
  expect(await told()).toEqual(['203.0.113.1 0102', '203.0.113.1 03']);
});

test('reading rests while messages wait, which leave with the time to live that they were given, set only where it changes', async () => {
  const { send, told, open } = playing();
  const raw = await open();
  send();
  send('198.51.100.2', Uint8Array.of(3), 9);
  send('198.51.100.2', Uint8Array.of(4), 9);
  raw.leave();
  send();
  raw.leave();
  expect(raw.did).toEqual(['paused', 'sent 0102 to 198.51.100.1', 'ttl 9', 'sent 03 to 198.51.100.2', 'sent 04 to 198.51.100.2', 'resumed', 'paused', `ttl ${0xffffffff}`, 'sent 0102 to 198.51.100.1', 'resumed']);
  expect(await told()).toEqual([]);
});

test('what cannot leave is refused with the reason', async () => {
  const { sockets, send, told, open } = playing();
  const raw = await open();
  send('localhost');
  send(undefined, new Uint8Array(65_516));
  for (const ttl of [0, 256, 1.5]) send(undefined, undefined, ttl);
  sockets.send({ type: 'icmp.send', socket: 'other', to: '198.51.100.1', data: Uint8Array.of(1) });
  expect((await told()).map((words) => words.split(':')[0])).toEqual(['unreachable', 'too-large', 'unsupported', 'unsupported', 'unsupported', 'no-such-socket'].map((code) => `icmp.send ${code}`));
  for (let n = 0; n <= 1_024; n += 1) send();
  expect(await told()).toEqual(['icmp.send exhausted: cannot send 2 bytes of ICMP to 198.51.100.1: the send buffer is full']);
  raw.failure = new Error('Network is unreachable');
  raw.leave();
  expect((await told())[0]).toMatch(/^icmp\.send unreachable/);
});

test('what waits when a socket is closed leaves first, unless all are closed at once; nothing is told of it any more', async () => {
  const { sockets, send, told, open } = playing();
  const raw = await open();
  send();
  sockets.close('raw');
  sockets.close('raw');
  expect([sockets.has('raw'), raw.did]).toEqual([false, ['paused']]);
  raw.failure = new Error('Network is unreachable');
  raw.emit('message', packet(5, 1), '203.0.113.1');
  raw.emit('error', new Error('Network is down'));
  raw.leave();
  expect([raw.did, await told()]).toEqual([['paused', 'sent 0102 to 198.51.100.1', 'closed'], []]);

  const other = playing();
  const last = await other.open();
  other.send();
  other.sockets.closeAll();
  last.leave();
  expect([last.did, await other.told()]).toEqual([['paused', 'closed', 'sent 0102 to 198.51.100.1'], []]);
  const idle = playing();
  const silent = await idle.open();
  idle.sockets.close('raw');
  expect(silent.did).toEqual(['closed']);
});

test('one that is closed before it is open is not told of', async () => {
  const { sockets, told } = playing();
  sockets.open('raw');
  sockets.close('raw');
  expect(await told()).toEqual([]);
});

test('a socket that breaks is closed, with the reason; one that had nothing to read goes on', async () => {
  const { sockets, told, open } = playing();
  const raw = await open();
  raw.emit('error', new Error('Resource temporarily unavailable'));
  expect([sockets.has('raw'), await told()]).toEqual([true, []]);
  raw.emit('error', new Error('Network is down'));
  expect([sockets.has('raw'), raw.did]).toEqual([false, ['closed']]);
  expect((await told())[0]).toMatch(/^icmp\.open \S+: the raw ICMP socket broke: /);
});

test('a label has one socket; who may not have one is told what it needs, and of whatever else is wrong', async () => {
  const { sockets, told, open } = playing();
  await open();
  sockets.open('raw');
  expect((await told())[0]).toMatch(/^icmp\.open address-in-use/);
  const taken = playing({ isTaken: true });
  taken.sockets.open('raw');
  expect((await taken.told())[0]).toMatch(/^icmp\.open address-in-use/);
  for (const [words, said] of [['Operation not permitted', /^icmp\.open not-permitted: .*permission denied; it needs root, or once: sudo setcap/], ['Too many open files', /^icmp\.open exhausted: (?!.*setcap)/]] as const) {
    const refused = playing({
      create: () => {
        throw new Error(words);
      },
    });
    refused.sockets.open('raw');
    expect((await refused.told())[0]).toMatch(said);
  }
});

test('without the package nothing opens, and it is said what would help', async () => {
  const heard: NetEvent[] = [];
  icmpSockets((event) => heard.push(event), () => 0, () => false, () => ({ code: 'unsupported', why: 'not built' })).open('raw');
  await Promise.resolve();
  expect(heard).toMatchObject([{ type: 'net.failed', effect: 'icmp.open', code: 'unsupported', detail: 'cannot open a raw ICMP socket: not built' }]);
});
