/** A recording holds all that a machine did and heard, and nothing that must not leave the computer. */
import { crc32 } from 'node:zlib';
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { isBadLog, readLog } from '../../adapters/replay/log.ts';
import { record } from '../../adapters/replay/record.ts';
import { type Net, type NetEffect, type NetEvent } from '../../effects/net.ts';
import { fakeClock } from './fake-clock.ts';
import { PAYLOAD, recordSession, SECRET, withoutSums } from './session.ts';

describe('a recording', () => {
  const lines = recordSession();
  const text = lines.join('\n');

  test('never holds the secret, as text or as hex', () => {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(hex(SECRET));
    expect(text).toContain(hex('open:'));
  });

  test('holds the length of payload and none of it, in both directions', () => {
    expect(text).not.toContain(PAYLOAD);
    expect(text).not.toContain(hex(PAYLOAD));
    const sizes = lines.filter((line) => line.includes(`"payload":${PAYLOAD.length}`));
    expect(sizes.some((line) => line.includes('"effect"'))).toBe(true);
    expect(sizes.some((line) => line.includes('"event"'))).toBe(true);
  });

  test('begins with its header and ends when the machine lets go of its network', () => {
    const [first, ...others] = withoutSums(lines);
    expect(first).toBe('{"format":"natpunch-log/1","machine":"gossip","input":{"server":"203.0.113.9:3478","tries":5},"id":"a","note":"a test"}');
    expect(others.at(-1)).toBe('{"t":1500,"end":true}');
  });

  test('has at the end of every line the CRC-32 of the rest of it', () => {
    const bare = withoutSums(lines);
    lines.forEach((line, index) => expect(line).toBe(`${bare[index]?.slice(0, -1)},"sum":"${crc32(bare[index] ?? '').toString(16).padStart(8, '0')}"}`));
    expect(lines.at(-1)).toBe('{"t":1500,"end":true,"sum":"49a4fac4"}');
  });

  test('reads back as what was heard', () => {
    const log = readLog(text);
    if (isBadLog(log)) throw new Error(log.message);
    expect(log.ended).toBe(true);
    expect(log.lines[4]).toMatchObject({
      kind: 'event',
      event: { type: 'udp.opened', local: { host: '0.0.0.0', port: 5000 }, addresses: [{ host: '10.0.0.2', port: 5000 }, { host: 'fd00::2', port: 5000 }] },
    });
  });
});

describe('the recorded network', () => {
  test('passes every effect and event on as the object it was', () => {
    const { asked, heard, ask, tell, stop } = recorded();
    ask(EFFECTS);
    tell(EVENTS);
    stop();
    expect(asked.every((effect, index) => effect === EFFECTS[index])).toBe(true);
    expect(heard.every((event, index) => event === EVENTS[index])).toBe(true);
    expect([asked.length, heard.length]).toEqual([EFFECTS.length, EVENTS.length]);
  });

  test('writes every kind of effect and event in a form that reads back to it', () => {
    const { lines, ask, tell, stop } = recorded();
    ask(EFFECTS);
    tell(EVENTS);
    stop();
    const log = readLog(lines.join('\n'));
    if (isBadLog(log)) throw new Error(log.message);
    expect(log.lines.flatMap((line) => (line.kind === 'event' ? [line.event] : []))).toEqual(EVENTS);
    expect(log.lines.filter(({ kind }) => kind === 'effect')).toHaveLength(EFFECTS.length);
    const bare = withoutSums(lines);
    expect(bare[1]).toBe('{"t":0,"effect":{"type":"udp.open","socket":"u"}}');
    expect(bare[2]).toBe('{"t":0,"effect":{"type":"udp.open","socket":"u","local":"[::1]:*"}}');
  });

  test('keeps only the length of stream data that the redactor withholds', () => {
    const { lines, ask, stop } = recorded(() => undefined);
    ask([{ type: 'tcp.send', socket: 't', data: Uint8Array.of(1, 2, 3) }]);
    stop();
    expect(withoutSums(lines)[1]).toBe('{"t":0,"effect":{"type":"tcp.send","socket":"t","payload":3}}');
  });

  test('keeps apart the connections that have one label after each other: what one lacked the end of is none of the next one', () => {
    const streams: (string | undefined)[] = [];
    const { ask, tell, stop } = recorded((data, _, stream) => {
      streams.push(stream);
      return data;
    });
    const half: NetEvent = { type: 'tcp.received', socket: 't', data: Uint8Array.of(1), at: 1 };
    const connect: NetEffect = { type: 'tcp.connect', socket: 't', to: here };
    ask([connect]);
    tell([half, half]);
    ask([{ type: 'close', socket: 't' }, connect]);
    tell([half]);
    stop();
    expect([streams[0] === streams[1], new Set(streams).size]).toEqual([true, 2]);
  });

  test('ends the log once, and writes nothing after', () => {
    const { lines, stop, timer } = recorded();
    stop();
    timer();
    expect(withoutSums(lines).slice(1)).toEqual(['{"t":0,"end":true}']);
  });
});

const EFFECTS: readonly NetEffect[] = [
  { type: 'udp.open', socket: 'u', local: undefined },
  { type: 'udp.open', socket: 'u', local: { host: '::1' } },
  { type: 'udp.send', socket: 'u', to: { host: '::1', port: 9 }, data: Uint8Array.of(0, 255), ttl: 3 },
  { type: 'tcp.listen', socket: 'l', local: { host: '0.0.0.0', port: 9 } },
  { type: 'tcp.connect', socket: 't', to: { host: '192.0.2.1', port: 9 } },
  { type: 'tcp.send', socket: 't', data: Uint8Array.of() },
  { type: 'icmp.open', socket: 'i' },
  { type: 'icmp.send', socket: 'i', to: '192.0.2.1', data: Uint8Array.of(8), ttl: 2 },
  { type: 'close', socket: 'u' },
];

const here = { host: '192.0.2.1', port: 1 };
const there = { host: '2001:db8::2', port: 2 };

const EVENTS: readonly NetEvent[] = [
  { type: 'udp.opened', socket: 'u', local: here, addresses: [here, there], at: 0.125 },
  { type: 'udp.received', socket: 'u', from: there, data: Uint8Array.of(), at: 1 },
  { type: 'tcp.listening', socket: 'l', local: here, at: 1 },
  { type: 'tcp.connected', socket: 't', local: here, peer: there, at: 1 },
  { type: 'tcp.accepted', listener: 'l', socket: 'l/1', local: here, peer: there, at: 1 },
  { type: 'tcp.received', socket: 't', data: Uint8Array.of(1, 2), at: 1 },
  { type: 'tcp.closed', socket: 't', at: 1 },
  { type: 'icmp.opened', socket: 'i', at: 1 },
  { type: 'icmp.received', socket: 'i', from: '192.0.2.1', data: Uint8Array.of(0), at: 1 },
  { type: 'net.failed', effect: 'udp.send', socket: 'u', code: 'refused', detail: 'no', to: there, at: 1 },
  { type: 'net.failed', effect: 'icmp.open', socket: 'i', code: 'not-permitted', detail: 'no', at: 1 },
];

interface Recorded {
  readonly lines: string[];
  readonly asked: NetEffect[];
  readonly heard: NetEvent[];
  ask(effects: readonly NetEffect[]): void;
  tell(events: readonly NetEvent[]): void;
  /** Sets a timer on the recorded clock and lets it fire. */
  timer(): void;
  stop(): void;
}

function recorded(redact: Parameters<typeof record>[0]['redact'] = (data) => data): Recorded {
  const [lines, asked, heard] = [[] as string[], [] as NetEffect[], [] as NetEvent[]];
  const [effects, events, clock] = [new Subject<NetEffect>(), new Subject<NetEvent>(), fakeClock()];
  const bare: Net = (from) => {
    from.subscribe((effect) => asked.push(effect));
    return events;
  };
  const recording = record({ net: bare, clock, write: (line) => lines.push(line), header: { machine: 'none', input: {}, id: 'a' }, redact });
  const subscription = recording.net(effects).subscribe((event) => heard.push(event));
  return {
    lines,
    asked,
    heard,
    ask: (all) => all.forEach((effect) => effects.next(effect)),
    tell: (all) => all.forEach((event) => events.next(event)),
    timer: () => {
      recording.clock.setTimeout(() => undefined, 5);
      clock.runTo(10);
    },
    stop: () => subscription.unsubscribe(),
  };
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
