/** What a UDP punch does in one particular world each. Traces are golden: a change of one datagram shows here. */
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Connected, Outcome } from '../../machines/outcome.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';

const connectedTo = (host: string, elapsedMs: number): unknown => expect.objectContaining({ kind: 'connected', elapsedMs, peer: expect.objectContaining({ host }) });

test('two port-restricted peers with equal links are connected after exactly 1.5 round trips', () => {
  const w = world({ a: 'port-restricted', b: 'port-restricted' }, { seed: 7, latencyMs: 20 }).run(udpPunch);
  expect(w.outcome('a')).toEqual(connectedTo('198.18.2.2', 60));
  expect(w.outcome('b')).toEqual(connectedTo('198.18.1.2', 60));
  const untilConnected = w.trace().filter((line) => Number.parseFloat(line) <= 60 && /^\d+ [abs]:/.test(line) && !/observe|alternate|3478 > 198.18.1.2:40000 mapped/.test(line));
  expect(untilConnected).toMatchInlineSnapshot(`
    [
      "0 a:r1 192.168.1.2:40000 > 198.18.0.2:3478 register",
      "0 b:r1 192.168.2.2:40000 > 198.18.0.2:3478 register",
      "20 s:main got 198.18.1.2:40000 > 198.18.0.2:3478 register",
      "20 s:main got 198.18.2.2:40000 > 198.18.0.2:3478 register",
      "20 s:main 198.18.0.2:3478 > 198.18.2.2:40000 introduced",
      "20 s:main 198.18.0.2:3478 > 198.18.1.2:40000 introduced",
      "40 a:r1 got 198.18.0.2:3478 > 192.168.1.2:40000 mapped",
      "40 b:r1 got 198.18.0.2:3478 > 192.168.2.2:40000 introduced",
      "40 b:r1 192.168.2.2:40000 > 198.18.1.2:40000 probe",
      "40 b:r1 192.168.2.2:40000 > 192.168.1.2:40000 probe",
      "40 a:r1 got 198.18.0.2:3478 > 192.168.1.2:40000 introduced",
      "40 a:r1 192.168.1.2:40000 > 198.18.2.2:40000 probe",
      "40 a:r1 192.168.1.2:40000 > 192.168.2.2:40000 probe",
      "60 a:r1 got 198.18.2.2:40000 > 192.168.1.2:40000 probe",
      "60 a:r1 192.168.1.2:40000 > 198.18.2.2:40000 confirm",
      "60 a:r1 192.168.1.2:40000 > 198.18.2.2:40000 probe",
      "60 b:r1 got 198.18.1.2:40000 > 192.168.2.2:40000 probe",
      "60 b:r1 192.168.2.2:40000 > 198.18.1.2:40000 confirm",
      "60 b:r1 192.168.2.2:40000 > 198.18.1.2:40000 probe",
    ]
  `);
  expect(w.stop().leaks()).toEqual([]);
});

test('restricted × symmetric connects by answering the source that was observed, not the one that was signalled', () => {
  const w = world({ a: 'restricted', b: 'symmetric' }, { seed: 3, latencyMs: 20 }).run(udpPunch);
  const peer = w.outcome<Connected>('a')?.peer;
  const signalled = w.journeys().find(({ host, dst }) => host === 'b' && dst.port === 3478)?.hops.find(({ after }) => after)?.after?.src.port;
  expect(peer?.host).toBe('198.18.2.2');
  expect(peer?.port).not.toBe(signalled);
  expect(w.outcome('b')).toEqual(connectedTo('198.18.1.2', 80));
});

test.each([0, 20])('two NATs whose INPUT accepts still meet at %i ms, where an early probe would move their ports', (latencyMs) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const w = world({ a: 'port-restricted+linux-open', b: 'port-restricted+linux-open' }, { seed, latencyMs, jitterMs: latencyMs / 4 }).run(udpPunch);
    expect([w.outcome<Outcome>('a')?.kind, w.outcome<Outcome>('b')?.kind]).toEqual(['connected', 'connected']);
  }
});

test('an early probe that does clash costs one round: the next uses a fresh port', () => {
  const w = world({ a: 'port-restricted+linux-open', b: 'port-restricted+linux-open' }, { seed: 1, latencyMs: 20 });
  // b hears of a 30 ms late, so a's probe is at b's NAT before b's own has left.
  w.lose('s -> b', 1).run(udpPunch);
  expect([w.outcome<Outcome>('a')?.kind, w.outcome<Outcome>('b')?.kind]).toEqual(['connected', 'connected']);
});

test.each([
  ['port-restricted+cgn', 'port-restricted'],
  ['port-restricted+cgn', 'port-restricted+cgn'],
  ['restricted+cgn', 'full-cone'],
])('a home NAT under a carrier NAT meets: %s × %s', (a, b) => {
  const w = world({ a, b }, { seed: 5, latencyMs: 0 }).run(udpPunch);
  expect([w.outcome<Outcome>('a')?.kind, w.outcome<Outcome>('b')?.kind]).toEqual(['connected', 'connected']);
});

test('two hosts on one LAN meet by their own addresses although the NAT has no hairpin', () => {
  const w = world({ a: 'symmetric', b: 'behind a' }, { seed: 2, latencyMs: 20 }).run(udpPunch);
  expect(w.outcome<Connected>('a')?.peer.host).toBe('192.168.1.3');
  expect(w.outcome<Connected>('b')?.peer.host).toBe('192.168.1.2');
});

test('a lost introduction is repeated before the round is over', () => {
  const w = world({ a: 'port-restricted', b: 'port-restricted' }, { seed: 4, latencyMs: 20, startMs: { a: 0, b: 200 } });
  // To a: the answer to its registration passes, the introduction after it does not.
  w.lose('s -> a', 0).run(udpPunch);
  expect(w.outcome<Connected>('a')?.elapsedMs).toBeLessThan(1_000);
});

test('a peer that loses its NAT mapping is found again at its new address', () => {
  const w = world({ a: 'full-cone', b: 'port-restricted+randport' }, { seed: 9, latencyMs: 20 }).run(udpPunch);
  const before = w.outcome<Connected>('a')?.peer.port;
  w.reboot('nat-b').advance(40_000);
  const received: string[] = [];
  w.running('a').messages.subscribe((data) => received.push(new TextDecoder().decode(data)));
  w.running('b').send(new TextEncoder().encode('still here'));
  w.advance(1_000);
  expect(received).toEqual(['still here']);
  expect(before).toBeDefined();
});

test('datagrams wait for a subscriber, 256 of them; what comes beyond is lost, as in a full socket buffer', () => {
  const w = world({ a: 'open', b: 'open' }, { seed: 9, latencyMs: 20 }).run(udpPunch);
  for (let n = 0; n < 300; n += 1) w.running('b').send(Uint8Array.of(n & 255));
  w.advance(1_000);
  const received: number[] = [];
  w.running('a').messages.subscribe(([first = -1]) => received.push(first));
  expect(received).toEqual(Array.from({ length: 256 }, (_, n) => n));
});

test('payload passes both ways and never reaches the machine', () => {
  const v = world({ a: 'port-restricted', b: 'restricted' }, { seed: 1, latencyMs: 20 }).run(udpPunch);
  const heard = { a: [] as string[], b: [] as string[] };
  for (const host of ['a', 'b'] as const) v.running(host).messages.subscribe((data) => heard[host].push(new TextDecoder().decode(data)));
  v.running('a').send(new TextEncoder().encode('from a'));
  v.running('b').send(new TextEncoder().encode('from b'));
  v.advance(100);
  expect(heard).toEqual({ a: ['from b'], b: ['from a'] });
});

test('a mapping of 30 s is kept alive for an hour', () => {
  const w = world({ a: 'port-restricted', b: 'port-restricted' }, { seed: 6, latencyMs: 20 }).run(udpPunch);
  w.advance(3_600_000);
  const received: number[] = [];
  w.running('b').messages.subscribe((data) => received.push(data.length));
  w.running('a').send(new Uint8Array(9));
  w.advance(100);
  expect(received).toEqual([9]);
});

test('a dead peer is noticed within half a minute', () => {
  const w = world({ a: 'port-restricted', b: 'port-restricted' }, { seed: 6, latencyMs: 20 }).run(udpPunch);
  w.partition('b').advance(35_000);
  expect(w.outcome('a')).toEqual(expect.objectContaining({ kind: 'failed', reason: 'peer-lost' }));
});

test('both explanations say why two symmetric NATs cannot meet', () => {
  const w = world({ a: 'symmetric', b: 'symmetric' }, { seed: 1, latencyMs: 20 }).run(udpPunch);
  for (const host of ['a', 'b']) {
    expect(w.outcome(host)).toEqual({ kind: 'failed', reason: 'no-path', detail: expect.stringContaining('Both NATs give every destination a new port') });
  }
});

test('a close is told to the peer, and both end at once', () => {
  const w = world({ a: 'port-restricted', b: 'port-restricted' }, { seed: 1, latencyMs: 20 }).run(udpPunch);
  w.running('a').actor.send({ type: 'close' });
  w.advance(200);
  expect(w.running('a').actor.getSnapshot().value).toBe('closed');
  expect(w.running('b').actor.getSnapshot().value).toBe('closedByPeer');
  expect(w.leaks().filter((leak) => !leak.startsWith('s:'))).toEqual([]);
});

test('the same seed gives the same run, datagram by datagram', () => {
  const trace = (): string[] => world({ a: 'symmetric', b: 'restricted' }, { seed: 11, latencyMs: 20, loss: 0.1, jitterMs: 10 }).run(udpPunch).trace();
  expect(trace()).toEqual(trace());
});
