/** The tracer beside a run: what it keeps when it may not keep all, what it never keeps, and that it stops when told to. */
import { map, merge, Observable, of, Subject } from 'rxjs';
import { afterEach, expect, test } from 'vitest';
import { setup } from 'xstate';
import { world } from '../../adapters/sim/index.ts';
import { watchWorlds } from '../../adapters/sim/watching.ts';
import { plain, plainPort } from '../../cli/inspector/trace/plain.ts';
import { isBadTrace, readTrace, writeTrace } from '../../cli/inspector/trace/format.ts';
import { traceWorld } from '../../cli/inspector/trace/sim.ts';
import { portFields, sayingOf, simulatedContent } from '../../cli/inspector/trace/packets.ts';
import type { Noted, Run } from '../../cli/inspector/trace/sightings.ts';
import { notedClock, notedNet, type RunState } from '../../cli/inspector/trace/surroundings.ts';
import type { Trace } from '../../cli/inspector/trace/trace.ts';
import { Tracer } from '../../cli/inspector/trace/tracer.ts';
import { redactor } from '../../effects/codec.ts';
import type { Net, NetEvent } from '../../effects/net.ts';
import { run, watchRuns } from '../../effects/run.ts';
import { publicPeerCodec, peerCodec, udpPunch, udpPunchPeer } from '../../machines/udp-punch/index.ts';
import { ofKind } from './traced.ts';

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

test('of a run longer than what is kept, the end is kept, with all that it refers to', () => {
  const tracer = new Tracer({ title: '', origin: 'sim', limit: 100 });
  const w = world({ a: 'symmetric', b: 'port-restricted' }, { latencyMs: 20 });
  stops.push(traceWorld(tracer, w));
  w.run(udpPunch).stop();
  const trace = tracer.trace();
  expect(trace.events.length).toBeLessThan(100);
  expect(ofKind(trace, 'machine').map(({ machine }) => machine).toSorted()).toEqual(['udp-punch/peer', 'udp-punch/rendezvous']);
  expect(ofKind(trace, 'place').map(({ name }) => name)).toContain('nat-a');
  const read = readTrace(writeTrace(trace));
  expect(isBadTrace(read) ? read.message : read).toEqual(trace);
});

test('reading again tells the same, and what has come since', () => {
  const tracer = new Tracer({ title: '', origin: 'sim' });
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 20, maxMs: 30, settleMs: 0 });
  stops.push(traceWorld(tracer, w));
  w.run(udpPunch);
  const before = [...tracer.read()];
  w.advance(1_000).stop();
  expect(tracer.read().slice(0, before.length)).toEqual(before);
  expect(tracer.read().length).toBeGreaterThan(before.length);
});

test('of real traffic only what a recording keeps is kept: no key, and no bytes that a key has made', () => {
  const secret = peerCodec('the secret room');
  const sent: Uint8Array[] = [];
  const tracer = new Tracer({ title: '', origin: 'live', redactorOf: () => redactor(secret, publicPeerCodec()) });
  stops.push(watchRuns(tracer.watch));
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 20 });
  const net: Net = (effects) =>
    w.host('a').net()(new Observable((inner) => effects.subscribe((effect) => {
      if (effect.type === 'udp.send') sent.push(effect.data);
      inner.next(effect);
    })));
  const running = run(udpPunchPeer, { net, clock: w.clock, codec: secret, id: 'a', input: { server: { host: w.address('s'), port: 3478 }, seed: '1' } });
  running.actor.start();
  w.advance(500);
  running.stop();
  const text = writeTrace(tracer.trace());
  const effects = ofKind(tracer.trace(), 'effect').filter(({ type }) => type === 'udp.send');
  expect(sent.length).toBeGreaterThan(1);
  expect(effects.map(({ message }) => message?.['type'])).toEqual(sent.map(() => 'register'));
  for (const bytes of sent) expect(text).not.toContain(Buffer.from(bytes).toString('hex'));
  expect(text).not.toContain('secret');
});

test('without a redactor, of real traffic the lengths are kept and nothing else', () => {
  const tracer = new Tracer({ title: '', origin: 'live' });
  stops.push(watchRuns(tracer.watch));
  world({ a: 'open', b: 'open' }, { latencyMs: 20 }).run(udpPunch).stop();
  const trace = tracer.trace();
  expect(ofKind(trace, 'effect').filter(({ type }) => type === 'udp.send').every(({ bytes, payload }) => bytes === undefined && payload! > 0)).toBe(true);
  expect(JSON.stringify(trace)).not.toContain('"bytes"');
});

test('where one end is seen, a datagram is a packet that was sent or taken, and whom it spoke with is a place', () => {
  const tracer = new Tracer({ title: '', origin: 'live' });
  stops.push(watchRuns(tracer.watch));
  world({ a: 'open', b: 'open' }, { latencyMs: 20 }).run(udpPunch).stop();
  const trace = tracer.trace();
  expect(new Set(ofKind(trace, 'packet').map(({ what }) => what))).toEqual(new Set(['sent', 'delivered']));
  const places = ofKind(trace, 'place').map(({ name }) => name);
  expect(places).toEqual(expect.arrayContaining(['a', 'b', 's', '198.18.0.2']));
  for (const { what, src, dst, effect } of ofKind(trace, 'packet')) {
    expect(places).toContain((what === 'sent' ? dst : src).split(':')[0]);
    if (what === 'sent') expect(trace.events[effect!]).toMatchObject({ kind: 'effect', type: 'udp.send' });
  }
});

test('two runs of one name are told apart', () => {
  const tracer = new Tracer({ title: '', origin: 'live' });
  stops.push(watchRuns(tracer.watch));
  for (let i = 0; i < 2; i += 1) world({ a: 'open', b: 'open' }, { latencyMs: 20 }).run(udpPunch).stop();
  expect(ofKind(tracer.trace(), 'actor').filter(({ machine }) => machine === 'udp-punch/peer').map(({ actor }) => actor)).toEqual(['a', 'b', 'a 2', 'b 2']);
});

test('who watches is told of every run and every world that plays, until it says so', () => {
  const seen: string[] = [];
  const end = watchRuns(({ id, net, clock }) => {
    seen.push(id);
    return { net, clock, inspect: () => undefined };
  });
  const endWorlds = watchWorlds(({ scenario, seed }) => void seen.push(`${scenario} ${seed}`));
  world({ a: 'open', b: 'open' }, { seed: 9 }).run(udpPunch).stop();
  end();
  endWorlds();
  world({ a: 'open', b: 'open' }).run(udpPunch).stop();
  expect(seen).toEqual(['udp 9', 's', 'a', 'b']);
});

test('two who watch both see everything', () => {
  const tracers = [1, 2].map(() => new Tracer({ title: '', origin: 'sim' }));
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 20 });
  for (const tracer of tracers) stops.push(traceWorld(tracer, w));
  w.run(udpPunch).stop();
  const [one, other] = tracers.map((tracer) => tracer.trace().events);
  expect(other).toEqual(one);
});

test.each([
  [new Uint8Array([1, 255]), { $bytes: '01ff' }],
  [new Map([['a', new Set([1])]]), { $map: [['a', { $set: [1] }]] }],
  [{ a: undefined, b: () => 1, c: Number.NaN, d: 1n, e: new Error('no') }, { c: 'NaN', d: '1', e: { $error: 'Error: no' } }],
  [{ size: 1, salt: 7, shards: [undefined, new Map([['k', 'v']])] }, { $map: [['k', 'v']] }],
])('%o is told as JSON that says what it was', (value, expected) => {
  expect(plain(value)).toEqual(expected);
});

test("where bytes may be the application's, their length is told", () => {
  expect(plain({ held: [new Uint8Array([1, 2])] }, { hidesBytes: true })).toEqual({ held: [{ $length: 2 }] });
});

test('circles, depths and crowds come to an end', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(plain(circle)).toEqual({ self: { $cut: 'a circle' } });
  let deep: Record<string, unknown> = {};
  for (let i = 0; i < 100; i += 1) deep = { deep };
  expect(JSON.stringify(plain(deep))).toContain('too deep');
  expect((plain(Array.from({ length: 1_000 }, (_, i) => i)) as readonly unknown[]).at(-1)).toEqual({ $cut: '744 more' });
});

test('functions, actors, and long maps, sets, records and bytes are told as what they are', () => {
  const many = Array.from({ length: 300 }, (_, n): [string, number] => [`k${n}`, n]);
  const last = (value: unknown): unknown => (value as readonly unknown[]).at(-1);
  expect(plain([function named() {}, () => {}].map((one) => one))).toEqual(['function named', 'function']);
  expect(plain(Symbol('none'))).toBe(null);
  expect(plain({ sessionId: 'x:1', id: 'peer', send: () => undefined })).toEqual({ $actor: 'peer' });
  expect(plain({ sessionId: 'x:1', send: 1, more: 2 })).toEqual({ sessionId: 'x:1', send: 1, more: 2 });
  expect(last((plain(new Map(many)) as Record<string, unknown>)['$map'])).toEqual({ $cut: '44 more' });
  expect(last((plain(new Set(many.map(([key]) => key))) as Record<string, unknown>)['$set'])).toEqual({ $cut: '44 more' });
  expect(plain(Object.fromEntries(many))).toMatchObject({ k255: 255, $cut: '44 more' });
  expect(plain(new Uint8Array(1_100))).toEqual({ $bytes: '00'.repeat(1_024), $cut: '76 more' });
  expect(plainPort('not known')).toBe('not known');
});

test.each([
  [{ host: '10.0.0.1', port: 5 }, '10.0.0.1:5'],
  [{ host: '::1', port: 5 }, '[::1]:5'],
  [{ port: 5 }, '*:5'],
  [{ host: '10.0.0.1' }, '10.0.0.1:*'],
  [{}, '*:*'],
])('an endpoint %o is told as in logs', (endpoint, words) => {
  expect(plainPort(endpoint)).toBe(words);
});

test('named actions, an end without a verdict and an error that is none of the usual kind are told as they are', () => {
  const door = setup({ actions: { creak: () => undefined } }).createMachine({
    id: 'door',
    initial: 'shut',
    states: { shut: { on: { OPEN: { target: 'open', actions: 'creak' } } }, open: { type: 'final' } },
    output: { how: 'wide' },
  });
  const kept = (event: { readonly type: string; readonly error?: unknown }): Trace => {
    const tracer = new Tracer({ title: '', origin: 'sim' });
    stops.push(watchRuns(tracer.watch));
    const w = world({ a: 'open' });
    const running = run(door, { net: w.host('a').net(), clock: w.clock, codec: peerCodec('a room'), id: 'door', input: {} });
    running.actor.subscribe({ error: () => undefined });
    running.actor.start();
    running.actor.send(event as never);
    return tracer.trace();
  };
  const opened = kept({ type: 'OPEN' });
  expect(ofKind(opened, 'snapshot').at(-1)).toMatchObject({ value: 'open', actions: ['creak'], output: { how: 'wide' } });
  expect(ofKind(opened, 'outcome')).toMatchObject([{ verdict: 'done', good: true }]);
  for (const error of ['it fell', new Error('it fell')]) expect(ofKind(kept({ type: 'xstate.error.actor.hinge', error }), 'snapshot').at(-1)).toMatchObject({ status: 'error', error: 'it fell' });
});

test('a timer that is asked for without an event, or ended twice, is told as far as it is known', () => {
  const w = world({ a: 'open' });
  const noted: Noted[] = [];
  const clock = notedClock(w.clock, { run: { name: 'a' } as Run, timers: 0, delays: [{ type: 'ask', delayMs: 5 }], firing: undefined, heard: undefined, command: undefined }, { asking: undefined, pause: () => undefined, note: (one) => void noted.push(one) });
  const handle = clock.setTimeout(() => undefined, 7);
  clock.clearTimeout(handle);
  clock.clearTimeout(handle);
  expect(noted).toMatchObject([{ what: 'set', timer: 1, type: undefined, delayMs: 7 }, { what: 'cancelled', timer: 1 }]);
});

test('what is answered while it is asked is no pause, what comes later is one', () => {
  const noted: string[] = [];
  const later = new Subject<NetEvent>();
  const failed: NetEvent = { type: 'net.failed', socket: 's', effect: 'close', code: 'unreachable', detail: 'no', at: 0 };
  const net: Net = (effects) => merge(effects.pipe(map(() => failed)), later);
  const state: RunState = { run: { name: 'a' } as Run, timers: 0, delays: [], firing: undefined, heard: undefined, command: undefined };
  const watched = notedNet(net, state, { asking: undefined, pause: () => void noted.push('pause'), note: ({ kind }) => void noted.push(kind) }, () => 0);
  watched(of({ type: 'close', socket: 's' } as const)).subscribe();
  later.next(failed);
  expect(noted).toEqual(['effect', 'heard', 'pause', 'heard']);
});

test('what only looks like an endpoint is told field by field', () => {
  expect(portFields({ to: { host: '10.0.0.1', port: 5 }, via: { host: '10.0.0.1', port: 5, weight: 1 } })).toEqual({ to: '10.0.0.1:5', via: { host: '10.0.0.1', port: 5, weight: 1 } });
});

test('ICMP that says nothing is called by its length, and bytes that no codec knows are bytes', () => {
  expect(simulatedContent(Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0), 64, undefined, true, undefined)).toMatchObject({ protocol: 'icmp', label: '8 bytes of ICMP' });
  const stranger = { redact: (data: Uint8Array) => data, codec: peerCodec('a room'), isSimulated: true } as unknown as Run;
  expect(sayingOf(stranger, { type: 'udp.received', socket: 's', from: { host: '10.0.0.1', port: 5 }, data: Uint8Array.of(1, 2), at: 0 }, undefined)).toEqual({ bytes: '0102' });
});

test('a packet that a line doubles is told with what it is a copy of', () => {
  const tracer = new Tracer({ title: '', origin: 'sim' });
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 20, duplicate: 0.9, seed: 1 });
  stops.push(traceWorld(tracer, w));
  w.run(udpPunch).stop();
  const [copy] = ofKind(tracer.trace(), 'packet').filter(({ what }) => what === 'duplicated');
  expect(copy?.copyOf).toBeLessThan(copy!.packet);
});
