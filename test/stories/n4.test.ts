/** What n4 does in one particular world each. Traces are golden: a change of one datagram shows here. */
import { expect, test } from 'vitest';
import { world, type WorldOptions } from '../../adapters/sim/index.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { n4 } from '../../machines/n4/index.ts';
import type { Connected, Outcome } from '../../machines/outcome.ts';

const SEQ = 'symmetric-seq';
const connectedTo = (host: string): unknown => expect.objectContaining({ kind: 'connected', peer: expect.objectContaining({ host }) });
const BOTH = [connectedTo('198.18.2.2'), connectedTo('198.18.1.2')];

/** Both outcomes in `seeds` worlds, nothing left open in any. */
function outcomes(a: string, b: string, options: WorldOptions, seeds = 20, scenario: Scenario = n4): (Outcome | undefined)[][] {
  return Array.from({ length: seeds }, (_, n) => {
    const w = world({ a, b }, { seed: n + 1, keep: false, maxMs: 200_000, ...options }).run(scenario);
    const both = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')];
    expect(w.stop().leaks()).toEqual([]);
    return both;
  });
}

test('two counting NATs meet after one and a half round trips of UDP, by the sockets whose ports were foretold', () => {
  const w = world({ a: SEQ, b: SEQ }, { seed: 7, latencyMs: 20 }).run(n4);
  expect([w.outcome('a'), w.outcome('b')]).toEqual(BOTH);
  // EXCHANGE took port p; the sweep's twentieth socket has p + 20.
  expect(w.outcome<Connected>('a')?.local.port).toBe(30_019);
  const ofA = w.trace().filter((line) => Number.parseFloat(line) <= 160 && /^\d+ a:(server|p1\/(0|19)\b)/.test(line) && !line.endsWith('ACK'));
  expect(ofA).toMatchInlineSnapshot(`
    [
      "0 a:server/1 192.168.1.2:40000 > 198.18.0.2:1721 SYN",
      "40 a:server/1 192.168.1.2:40000 > 198.18.0.2:1721 8 bytes",
      "80 a:server/1 got 198.18.0.2:1721 > 192.168.1.2:40000 8 bytes",
      "80 a:p1/0 192.168.1.2:30000 > 198.18.0.2:1721 exchange",
      "80 a:p1/0 192.168.1.2:30000 > 198.18.0.2:1721 exchange",
      "80 a:p1/0 192.168.1.2:30000 > 198.18.0.2:1721 exchange",
      "120 a:server/1 got 198.18.0.2:1721 > 192.168.1.2:40000 8 bytes",
      "120 a:server/1 192.168.1.2:40000 > 198.18.0.2:1721 FIN",
      "120 a:p1/0 192.168.1.2:30000 > 198.18.2.2:23307 punch",
      "120 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "120 a:server/1 got 198.18.0.2:1721 > 192.168.1.2:40000 FIN",
      "140 a:p1/0 192.168.1.2:30000 > 198.18.2.2:23307 punch",
      "140 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "140 a:p1/19 got 198.18.2.2:23307 > 192.168.1.2:30019 punch",
      "140 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "140 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "140 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "140 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "140 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "140 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "160 a:p1/19 got 198.18.2.2:23307 > 192.168.1.2:30019 punch",
      "160 a:p1/19 got 198.18.2.2:23307 > 192.168.1.2:30019 punch",
      "160 a:p1/19 got 198.18.2.2:23307 > 192.168.1.2:30019 punch",
      "160 a:p1/19 got 198.18.2.2:23307 > 192.168.1.2:30019 punch",
      "160 a:p1/19 got 198.18.2.2:23307 > 192.168.1.2:30019 punch",
      "160 a:p1/19 192.168.1.2:30019 > 198.18.2.2:23307 punch",
      "160 a:p1/19 got 198.18.2.2:23307 > 192.168.1.2:30019 punch",
      "160 a:p1/19 got 198.18.2.2:23307 > 192.168.1.2:30019 punch",
    ]
  `);
  expect(w.stop().leaks()).toEqual([]);
});

test('a hit in the first pass spares the other four', () => {
  const w = world({ a: SEQ, b: SEQ }, { seed: 7, latencyMs: 0 }).run(n4);
  const sent = w.journeys().filter(({ host, dst }) => host === 'a' && dst.host === '198.18.2.2');
  // One pass of 25, six answers at once, and what says goodbye to doubts for two seconds.
  expect(sent.length).toBeLessThanOrEqual(25 + 6 + 12);
});

test.each<[string, WorldOptions]>([
  ['a tenth lost', { loss: 0.1 }],
  ['a fifth lost', { loss: 0.2 }],
  ['much jitter, reordered and doubled', { jitterMs: 50, reorder: 0.1, duplicate: 0.1 }],
  ['no distance', { latencyMs: 0 }],
  ['one comes half a minute late', { startMs: { b: 30_000 } }],
])('two counting NATs meet with %s', (_, options) => {
  for (const both of outcomes(SEQ, SEQ, { latencyMs: 25, ...options })) expect(both).toEqual(BOTH);
});

test.each(['full-cone', 'restricted', 'port-restricted', 'symmetric'])('a full cone and a %s NAT agree on one path although the cone hears many, on a bad line', (b) => {
  for (const [one, other] of outcomes('full-cone', b, { latencyMs: 25, jitterMs: 20, loss: 0.1 })) {
    expect([one, other]).toEqual(BOTH);
    if (b === 'symmetric' || one?.kind !== 'connected' || other?.kind !== 'connected') continue;
    // These keep ports, so each names the other's socket.
    expect([one.peer.port, other.peer.port]).toEqual([other.local.port, one.local.port]);
  }
});

test('foreign flows that are fewer than the offset do no harm, and more make it an honest no', () => {
  for (const both of outcomes(`${SEQ}+noise=200`, `${SEQ}+noise=200`, { latencyMs: 25 }, 5)) expect(both).toEqual(BOTH);
  for (const both of outcomes(`${SEQ}+noise=1000`, `${SEQ}+noise=1000`, { latencyMs: 25 }, 2)) {
    for (const one of both) expect(one).toMatchObject({ kind: 'failed', reason: 'no-reply', detail: expect.stringMatching(/^Nothing came from 198\.18\.\d\.2 in 10 rounds of 25 ports\./) });
  }
});

test('two NATs whose INPUT accepts meet where the distance lets both bursts leave before one arrives', () => {
  const nat = 'port-restricted+linux-open';
  for (const both of outcomes(nat, nat, { latencyMs: 25 })) expect(both).toEqual(BOTH);
});

test('two hosts behind one NAT are told of each other, never of themselves; but a NAT has no way to a port that it has not given yet', () => {
  const apart: Scenario = {
    ...n4,
    part(host, stage) {
      const part = n4.part(host, stage);
      return part && host === 'b' ? { ...part, input: { ...(part.input as object), sourcePort: 31_000 } } : part;
    },
  };
  for (const [a, b] of outcomes('full-cone+hairpin', 'behind a', {}, 3, apart)) {
    expect(a).toMatchObject({ reason: 'no-reply', detail: expect.stringContaining('Nothing came from 198.18.1.2 in 10 rounds of 25 ports. Its ports were 31000, 31025, ') });
    expect(b).toMatchObject({ reason: 'no-reply', detail: expect.stringContaining('Nothing came from 198.18.1.2 in 10 rounds of 25 ports. Its ports were 30000, 30025, ') });
  }
});
