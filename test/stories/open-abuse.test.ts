/** TCP opening where somebody is killed, cut off, or not who they say, on the simulated internet: a clear outcome, and nothing left open. */
import { expect, test } from 'vitest';
import { world, type World } from '../../adapters/sim/index.ts';
import type { Scenario } from '../../effects/scenario.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { openCodec, tcpOpen, tcpOpenPeer } from '../../machines/tcp-open/index.ts';
import { Port } from '../sim/port.ts';
import { runs } from '../runs.ts';

const CONES = { a: 'port-restricted', b: 'port-restricted' };
/** From before anything is sent until after all is agreed, which takes 200 ms. */
const MOMENTS = Array.from({ length: runs(53, 18) }, (_, n) => runs(5, 15) * n);

function begin(places: Readonly<Record<string, string>>, scenario: Scenario = tcpOpen): World {
  return world(places, { latencyMs: 20, keep: false }).run(scenario, { maxMs: 0, settleMs: 0 });
}

const outcomeOf = (w: World, host: string): Outcome | undefined => w.outcome<Outcome>(host);
const reasonOf = (w: World, host: string): string | undefined => {
  const outcome = outcomeOf(w, host);
  return outcome?.kind === 'failed' ? outcome.reason : outcome?.kind;
};

test('a peer that is killed at any moment leaves the other with a clear outcome, in time, and nothing open', () => {
  const reasons = MOMENTS.map((at) => {
    const w = begin(CONES);
    w.advance(at);
    w.running('b').stop();
    w.advance(80_000);
    const reason = reasonOf(w, 'a');
    expect([at, w.stop().leaks()]).toEqual([at, []]);
    return reason;
  });
  expect([...new Set(reasons)].filter((reason) => !['no-peer', 'no-reply', 'peer-lost', 'connected'].includes(reason ?? ''))).toEqual([]);
  // Before, while and after the two are proved to each other.
  expect([reasons[0], reasons.includes('peer-lost') || reasons.includes('no-reply'), reasons.at(-1)]).toEqual(['no-peer', true, 'connected']);
});

test('a rendezvous that is cut off at any moment is told, or does not matter any more', () => {
  const pairs = MOMENTS.map((at) => {
    const w = begin(CONES);
    w.advance(at);
    w.partition('s');
    w.advance(80_000);
    const reasons = [reasonOf(w, 'a'), reasonOf(w, 'b')];
    expect([at, w.stop().leaks()]).toEqual([at, []]);
    return reasons.join(', ');
  });
  expect([...new Set(pairs)].toSorted()).toEqual(['connected, connected', 'no-rendezvous, no-rendezvous']);
});

test('two of different rooms, introduced to each other by a rendezvous that lies, get no stream, and are told of a stranger', () => {
  const told = openCodec('the room that b registers in');
  const liar: Scenario = {
    ...tcpOpen,
    part: (host, stage) => {
      const part = tcpOpen.part(host, stage);
      if (part?.machine !== tcpOpenPeer) return part;
      const own = openCodec(`the room of ${host}`);
      // As if the rendezvous had put both into one room.
      const codec = { ...own, encode: (message: Parameters<typeof own.encode>[0]) => (message.type === 'register' ? told : own).encode(message) };
      return { ...part, codec: codec as typeof part.codec };
    },
  };
  for (const b of ['port-restricted', 'open']) {
    const w = begin({ a: 'open', b }, liar);
    w.advance(80_000);
    for (const host of ['a', 'b']) {
      expect(outcomeOf(w, host)).toMatchObject({ kind: 'failed', reason: 'no-reply', detail: expect.stringContaining('somebody else answered') });
      expect(w.released(host)).toEqual([]);
    }
    expect(w.stop().leaks()).toEqual([]);
  }
});

test('a stranger who calls after the agreement is refused, and the stream goes on', () => {
  const w = world({ a: 'open', b: 'port-restricted', c: 'open' }, { latencyMs: 20 }).run(
    { ...tcpOpen, part: (host, stage) => (host === 'c' ? undefined : tcpOpen.part(host, stage)) },
    { maxMs: 0, settleMs: 0 },
  );
  w.advance(1_000);
  const outcome = outcomeOf(w, 'a');
  const port = outcome?.kind === 'connected' ? outcome.local.port : 0;
  const stranger = new Port(w.host('c')).ask({ type: 'tcp.connect', socket: 'x', to: { host: w.address('a'), port } });
  w.released('a')[0]?.write(new TextEncoder().encode('still here'));
  w.advance(1_000);
  expect(stranger.heard).toMatchObject([{ type: 'net.failed', code: 'refused' }]);
  expect(new TextDecoder().decode(w.released('b')[0]?.read())).toBe('still here');
  for (const host of ['a', 'b']) w.released(host)[0]?.end();
  w.advance(100_000);
  expect(w.stop().leaks()).toEqual([]);
});
