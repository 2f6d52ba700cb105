/** The contract through a recorder: what is written down passes unchanged, and what was written is a log. */
import { Subject } from 'rxjs';
import { afterEach, describe, expect, test } from 'vitest';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { isBadLog, readLog } from '../../adapters/replay/log.ts';
import { record } from '../../adapters/replay/record.ts';
import { replay, type Stage } from '../../adapters/replay/replay.ts';
import { world } from '../../adapters/sim/index.ts';
import type { Clock } from '../../effects/clock.ts';
import type { Net, NetEffect } from '../../effects/net.ts';
import { describeNet } from './contract.ts';
import { until } from './real-time.ts';

let logs: string[][] = [];

afterEach(() => {
  const written = logs;
  logs = [];
  for (const lines of written) {
    const log = readLog(lines.join('\n'));
    expect(isBadLog(log) ? log.message : 'a log').toBe('a log');
  }
});

describeNet('simulated internet, recorded', () => {
  const internet = world({ a: 'open', b: 'open' }, { latencyMs: 20 });
  const host = (name: string) => ({ net: recorded(internet.host(name).net(), internet.clock), address: internet.address(name) });
  return {
    a: host('a'),
    b: host('b'),
    until: async (met, what) => {
      for (let ms = 0; !met() && ms < 60_000; ms += 1) internet.advance(1);
      if (!met()) throw new Error(`${what} did not happen`);
    },
  };
}, { icmp: true });

describeNet('node, loopback, recorded', () => {
  const host = () => ({ net: recorded(nodeNet(), nodeClock()), address: '127.0.0.1' });
  return { a: host(), b: host(), until };
}, { icmp: false });

describe('a TCP conversation, recorded', () => {
  test('replays to its end, with its limits and bytes, and not as another', async () => {
    const lines: string[] = [];
    const header = { machine: 'none', input: null, id: 'a' };
    const real = record({ net: nodeNet(), clock: nodeClock(), write: (line) => lines.push(line), header, redact: (data) => data });
    const live = converse(real.net, 7);
    await until(() => live.heard.includes('net.failed'), 'the last answer');
    live.stop();
    expect(live.heard.toSorted()).toEqual(['net.failed', 'tcp.accepted', 'tcp.closed', 'tcp.connected', 'tcp.listening', 'tcp.received']);

    const log = lines.join('\n');
    let again: readonly string[] = [];
    const start = (byte: number) => (stage: Stage) => {
      const replayed = converse(stage.net, byte);
      again = replayed.heard;
      return replayed;
    };
    expect(replay(log, start(7))).toBeUndefined();
    expect(again).toEqual(live.heard);
    expect(log).toContain('"idleMs":60000,"lifeMs":90000,"limit":3,"perHost":2');
    expect(replay(log, start(8))).toMatchObject({ kind: 'divergence', message: expect.stringContaining('(data)') });
  });
});

/** Calls itself, says one byte, ends, and says one more: each kind of TCP event but for what breaks. */
function converse(net: Net, byte: number): { readonly heard: readonly string[]; stop(): void } {
  const effects = new Subject<NetEffect>();
  const heard: string[] = [];
  const host = '127.0.0.1';
  const subscription = net(effects).subscribe((event) => {
    heard.push(event.type);
    switch (event.type) {
      case 'tcp.listening':
        return effects.next({ type: 'tcp.connect', socket: 'c', to: event.local, local: { host, port: 0 } });
      case 'tcp.connected':
        return effects.next({ type: 'tcp.send', socket: 'c', data: Uint8Array.of(byte) });
      case 'tcp.received':
        return effects.next({ type: 'close', socket: 'c' });
      case 'tcp.closed':
        return effects.next({ type: 'tcp.send', socket: event.socket, data: Uint8Array.of(0) });
      default:
    }
  });
  effects.next({ type: 'tcp.listen', socket: 's', local: { host, port: 0 }, idleMs: 60_000, lifeMs: 90_000, limit: 3, perHost: 2 });
  return { heard, stop: () => subscription.unsubscribe() };
}

/** A recording is of one machine, so each subscription has its own. */
function recorded(net: Net, clock: Clock): Net {
  return (effects) => {
    const lines: string[] = [];
    logs.push(lines);
    const header = { machine: 'none', input: null, id: 'a' };
    return record({ net, clock, write: (line) => lines.push(line), header, redact: (data) => data }).net(effects);
  };
}
