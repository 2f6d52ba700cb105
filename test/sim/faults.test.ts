/** What a world can do to its hosts while they play: a program that crashes, power that fails, a part played anew, clocks that differ. */
import { tap } from 'rxjs';
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/index.ts';
import type { NetEvent } from '../../effects/net.ts';
import { knock, type KnockOutcome } from './knock.ts';
import { Party } from '../adapters/party.ts';

const never = async (): Promise<void> => undefined;

test('a host that is killed leaves nothing open, and reports nothing', () => {
  const w = world({ a: 'open', b: 'open' }, { startMs: { b: 1_000 } }).run(knock, { settleMs: 0, maxMs: 100 });
  w.crash('a').advance(5_000);
  expect(w.outcomes('a')).toEqual([]);
  expect(w.outcome('b')).toEqual({ kind: 'failed' });
  expect(w.leaks().filter((leak) => leak.startsWith('a:'))).toEqual([]);
});

test('a host that restarts plays its part anew, and only its own timers and sockets are left by stop()', () => {
  const w = world({ a: 'open', b: 'open' }, { startMs: { a: 500, b: 1_000 } }).run(knock, { settleMs: 0, maxMs: 100 });
  w.restart('a').advance(3_000);
  expect(w.outcome<KnockOutcome>('a')).toMatchObject({ kind: 'met' });
  expect(w.stop().leaks()).toEqual([]);
});

test('a restart of a host that plays no part is a mistake', () => {
  expect(() => world({ a: 'open' }).restart('a')).toThrow("host 'a' plays no part");
});

function connected(): { readonly w: ReturnType<typeof world>; readonly client: Party; readonly server: Party } {
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 20 });
  const [client, server] = [new Party(w.host('a').net(), never), new Party(w.host('b').net(), never)];
  server.ask({ type: 'tcp.listen', socket: 'l', local: { host: '0.0.0.0', port: 80 } });
  client.ask({ type: 'tcp.connect', socket: 'c', to: { host: w.address('b'), port: 80 } });
  w.advance(100);
  return { w, client, server };
}

test('a host whose power fails says nothing to whoever was connected, and has every port free', () => {
  const { w, client, server } = connected();
  w.crash('b', 'unplugged').advance(60_000);
  expect(client.heard('tcp.connected')).toHaveLength(1);
  expect(client.heard('tcp.closed')).toEqual([]);
  expect(w.host('b').openSockets()).toEqual([]);
  client.ask({ type: 'tcp.send', socket: 'c', data: Uint8Array.of(1) });
  w.advance(100);
  expect(client.heard('net.failed')).toMatchObject([{ code: 'reset' }]);
  server.stop();
  client.stop();
  w.advance(60_000);
  expect(w.clock.pending).toBe(0);
});

test('a clock that runs fast and ahead sees its own time only', () => {
  const heard: NetEvent[] = [];
  const w = world({ a: 'open', b: 'open' }, {
    clocks: { a: { rate: 2, aheadMs: 500 } },
    decorate: (host, { net, clock }) => {
      if (host !== 'a') return { net, clock };
      return { clock, net: (effects) => net(effects).pipe(tap((event) => heard.push(event))) };
    },
  });
  w.run(knock);
  expect(heard.length).toBeGreaterThan(0);
  expect(heard.every(({ at }) => at >= 500)).toBe(true);
  w.stop();
});

test('by a clock of double pace a host gives up in half the time', () => {
  const waits = [1, 2].map((rate) => world({ a: 'open', b: 'open' }, { clocks: { a: { rate } } }).partition('a').run(knock, { maxMs: 20_000 }).outcomes('a')[0]?.at);
  expect(waits[1]).toBe((waits[0] ?? 0) / 2);
});
