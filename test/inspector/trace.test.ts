/** What a trace holds of a simulated run: who did what, in which order, and what each device did with each packet. */
import { expect, test } from 'vitest';
import { PROTOCOLS } from '../../cli/scenarios.ts';
import { world } from '../../adapters/sim/index.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';
import { ofKind, traced } from './traced.ts';

const PUNCH = traced('port-restricted', 'restricted');

test('numbers rise by one, and time never goes back', () => {
  expect(PUNCH.events.map(({ n }) => n)).toEqual(PUNCH.events.map((_, index) => index));
  expect(PUNCH.events.every(({ at }, index) => at >= (PUNCH.events[index - 1]?.at ?? 0))).toBe(true);
});

test('both sides of a punch are seen to connect, as the machine says it', () => {
  expect(ofKind(PUNCH, 'outcome').map(({ actor, verdict, good, words }) => [actor, verdict, good, words])).toEqual([
    ['a', 'connected', true, 'reaches the peer at 198.18.2.2:40000'],
    ['b', 'connected', true, 'reaches the peer at 198.18.1.2:40000'],
  ]);
});

test('each state is told before what it asks', () => {
  const [registering] = ofKind(PUNCH, 'snapshot').filter(({ actor, value }) => actor === 'a' && JSON.stringify(value) === '{"registering":"asking"}');
  const [register] = ofKind(PUNCH, 'effect').filter(({ actor, message }) => actor === 'a' && message?.['type'] === 'register');
  expect(registering?.steps).toEqual([{ source: 'opening', targets: ['registering'], event: 'udp.opened', guard: 'isNewestSocket' }]);
  expect(registering!.n).toBeLessThan(register!.n);
});

test('a packet is told at each device, with its addresses before and after, and by which effect it was sent', () => {
  const [sent] = ofKind(PUNCH, 'packet').filter(({ what, content }) => what === 'sent' && content?.label === 'register');
  const way = ofKind(PUNCH, 'packet').filter(({ packet }) => packet === sent?.packet);
  expect(way.map(({ what, place, before, src, dst, at }) => [at, what, place, before?.src, src, dst])).toEqual([
    [0, 'sent', 'a', undefined, '192.168.1.2:40000', '198.18.0.2:3478'],
    [0, 'translated', 'nat-a', '192.168.1.2:40000', '198.18.1.2:40000', '198.18.0.2:3478'],
    [20, 'delivered', 's', undefined, '198.18.1.2:40000', '198.18.0.2:3478'],
  ]);
  expect(PUNCH.events[sent!.effect!]).toMatchObject({ kind: 'effect', actor: 'a', type: 'udp.send', message: { type: 'register' } });
});

test('a drop has its place, its reason and words for it', () => {
  const failed = traced('symmetric', 'symmetric');
  const [drop] = ofKind(failed, 'packet').filter(({ what, place }) => what === 'dropped' && place === 'nat-a');
  expect(drop).toMatchObject({ place: 'nat-a', reason: 'filtering', words: 'nothing was sent to that sender before' });
  expect(ofKind(failed, 'outcome').map(({ verdict, good }) => [verdict, good])).toEqual([['no-path', false], ['no-path', false]]);
});

test('the table of a NAT at a moment is the rows added by then and not taken away', () => {
  const { router, rows } = tableAfter(40);
  expect(rows.toSorted()).toEqual(router.toSorted());
});

test('what stands before a host is told as what it is', () => {
  expect(ofKind(traced('firewall', 'symmetric'), 'place').flatMap(({ type, side }) => (type === 'host' || type === 'nat' || type === 'firewall' ? [`${type} of ${side}`] : [])).toSorted()).toEqual(['firewall of a', 'host of a', 'host of b', 'nat of b']);
});

test('a timer is told when it is set, when it fires, and what it sends', () => {
  const lossy = traced('open', 'open', { loss: 0.4, seed: 3 });
  const fired = ofKind(lossy, 'timer').find(({ what, type }) => what === 'fired' && type?.includes('registerInterval'));
  const set = ofKind(lossy, 'timer').find(({ what, actor, timer }) => what === 'set' && actor === fired?.actor && timer === fired?.timer);
  expect(fired!.at - set!.at).toBeCloseTo(set!.delayMs!, 3);
  expect(lossy.events[fired!.n + 1]).toMatchObject({ kind: 'event', actor: fired!.actor, from: fired!.actor, type: fired!.type, timer: fired!.timer });
});

test('what a machine hears is told as it came and as it understood it', () => {
  const [heard] = ofKind(PUNCH, 'heard').filter(({ actor, message }) => actor === 'b' && message?.['type'] === 'probe');
  expect(heard).toMatchObject({ type: 'udp.received', fields: { from: '198.18.1.2:40000' }, message: { type: 'probe', nominate: false } });
  expect(heard?.bytes).toMatch(/^[0-9a-f]+$/);
  expect(PUNCH.events[heard!.n + 1]).toMatchObject({ kind: 'event', actor: 'b', from: 'b/net', type: 'probe', heard: heard!.n });
});

test.each(PROTOCOLS.map(({ name }) => name))('every machine of %s has its statechart, and every state in it is one of the chart', (protocol) => {
  const trace = traced('port-restricted', 'restricted', { protocol });
  const definitions = new Map(ofKind(trace, 'machine').map(({ machine, definition }) => [machine, definition]));
  const machines = new Map(ofKind(trace, 'actor').map(({ actor, machine }) => [actor, machine]));
  expect(ofKind(trace, 'actor').flatMap(({ machine }) => machine ?? []).length).toBeGreaterThan(1);
  for (const { actor, value } of ofKind(trace, 'snapshot')) expect(isStateOf(definitions.get(machines.get(actor) ?? ''), value)).toBe(true);
});

test.each(PROTOCOLS.map(({ name }) => name))('whatever a machine of %s asks is told once, as an effect with its message', (protocol) => {
  const trace = traced('symmetric', 'restricted', { protocol });
  const asked = ofKind(trace, 'effect').filter(({ type }) => type.endsWith('.send'));
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.filter(({ message }) => typeof message?.['type'] !== 'string')).toEqual([]);
  const effects = new Set(ofKind(trace, 'effect').map(({ type }) => type));
  expect(ofKind(trace, 'event').filter(({ actor, type, fields }) => actor.endsWith('/net') && (effects.has(type) || String(fields['commands'] ?? '') !== ''))).toEqual([]);
});

test('watching changes nothing: the same seed sends the same packets', () => {
  const bare = world({ a: 'symmetric', b: 'port-restricted' }, { seed: 5, latencyMs: 20 }).run(udpPunch);
  const seen = traced('symmetric', 'port-restricted', { seed: 5 });
  const sent = bare.stop().journeys().map(({ sentAt, host, src, dst }) => `${sentAt} ${host} ${src.host}:${src.port} ${dst.host}:${dst.port}`);
  expect(ofKind(seen, 'packet').filter(({ what }) => what === 'sent').map(({ at, place, src, dst }) => `${at} ${place} ${src} ${dst}`)).toEqual(sent);
});

/** Rows of nat-a after so many ms, by the trace and by the router itself. */
function tableAfter(ms: number): { readonly router: readonly string[]; readonly rows: readonly string[] } {
  const w = world({ a: 'port-restricted', b: 'restricted' }, { latencyMs: 20, maxMs: ms, settleMs: 0 });
  w.run(udpPunch);
  const router = w.internet.routers.get('nat-a')!.nat!.rows(ms).map(({ external, remote }) => `${external.port} ${remote}`);
  w.stop();
  const rows = new Map<string, string>();
  for (const { at, place, what, inside, external, remote } of ofKind(PUNCH, 'row')) {
    if (place !== 'nat-a' || at > ms) continue;
    const key = `${inside} ${external} ${remote}`;
    if (what === 'added') rows.set(key, `${external.split(':')[1]} ${remote}`);
    else if (what !== 'closing') rows.delete(key);
  }
  return { router, rows: [...rows.values()] };
}

function isStateOf(definition: unknown, value: unknown): boolean {
  const states = (definition as { readonly states?: Readonly<Record<string, unknown>> } | undefined)?.states ?? {};
  if (typeof value === 'string') return value in states;
  return Object.entries(value as Readonly<Record<string, unknown>>).every(([key, below]) => key in states && isStateOf(states[key], below));
}

test('a NAT that lets a packet through as it is is seen to do so', () => {
  const trace = traced('port-restricted', 'restricted', { protocol: 'pwnat' });
  const passed = ofKind(trace, 'packet').filter(({ what, place }) => what === 'forwarded' && place === 'nat-b');
  expect(passed.length).toBeGreaterThan(0);
  expect(ofKind(trace, 'packet').filter(({ what, place }) => what === 'forwarded' && !place.startsWith('nat-'))).toEqual([]);
});
