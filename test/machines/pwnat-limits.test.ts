/** What pwnat's listener takes on at the most, numbers that fall together, and what is late: as values, by the functions that keep them. */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import { type Callee, ended, helloCame, helloConfirmed, linkMessageCame, newCallee, swept } from '../../machines/pwnat/callee.ts';
import { noCallers, punched } from '../../machines/pwnat/callers.ts';
import * as timing from '../../machines/pwnat/timing.ts';
import { pieceCame, tcpDrained, tcpEnded, tunnelHeard } from '../../machines/pwnat/tunnel.ts';
import { Turn } from '../../machines/pwnat/turn.ts';
import { Table } from './pwnat-table.ts';

const CALLER = { host: '198.18.2.2', port: 2222 };
const WEB = { host: 'web', port: '80', at: { host: '10.0.0.9', port: 8080 } };
const text = (words: string): Uint8Array => Buffer.from(words);
const hostOf = (n: number): string => `203.0.${n >> 8}.${n & 255}`;

class Listener extends Table<Callee> {
  constructor() {
    super(newCallee('1', [WEB]));
  }

  hello(request: number, from: Endpoint = CALLER): number {
    this.do((callee, turn) => helloCame(callee, turn, from, { type: 'hello', request, host: 'web', port: '80', size: 21 }));
    const [said] = this.said;
    return said?.type === 'helloAck' ? said.id : -1;
  }

  connected(request: number, from: Endpoint = CALLER): number {
    const id = this.hello(request, from);
    this.do((callee, turn) => helloConfirmed(callee, turn, from, { type: 'helloAck', id, request }));
    return id;
  }

  hear(message: Parameters<typeof linkMessageCame>[3], from: Endpoint = CALLER): readonly string[] {
    return this.do((callee, turn) => linkMessageCame(callee, turn, from, message));
  }

  /** The pair that is offered to this caller. */
  offered(n: number, from: Endpoint = CALLER): string {
    this.hear({ type: 'offer', caller: n.toString(16).padStart(16, '0') }, from);
    const [said] = this.said;
    return said?.type === 'accept' ? said.pair : '';
  }

  linked(n: number, from: Endpoint = CALLER): string {
    const pair = this.offered(n, from);
    this.hear({ type: 'linkPing', by: 'caller', pair, serial: 1 }, from);
    return pair;
  }

  opens(pair: string, id: number, destination: Uint8Array = text('web 80'), from: Endpoint = CALLER): readonly string[] {
    return this.hear({ type: 'packet', by: 'caller', pair, id, sequence: 0, kind: 'open', body: destination }, from);
  }

  get streams(): number {
    return this.value.tunnel.streams.size;
  }
}

describe('the listener', () => {
  test('greets 64 callers that nobody has confirmed: the next one takes the place of the oldest, whose TCP side was never called', () => {
    const listener = new Listener();
    const ids = Array.from({ length: timing.PENDING }, (_, n) => {
      listener.now += 1;
      return listener.hello(n, { host: hostOf(n), port: 1 });
    });
    expect(listener.hello(1_000)).toBeGreaterThan(0);
    expect([listener.streams, listener.value.tunnel.ended.size]).toEqual([timing.PENDING, 1]);
    const confirm = (n: number): readonly string[] => listener.do((callee, turn) => helloConfirmed(callee, turn, { host: hostOf(n), port: 1 }, { type: 'helloAck', id: ids[n] ?? 0, request: n }));
    expect([confirm(0), confirm(1)]).toEqual([[], ['tcp.connect t/2']]);
  });

  test('carries 256 connections of one address, and says nothing to its next; others are served on', () => {
    const listener = new Listener();
    for (let n = 0; n < timing.STREAMS_PER_HOST; n += 1) listener.connected(n, { ...CALLER, port: n + 1 });
    expect(listener.streams).toBe(timing.STREAMS_PER_HOST);
    expect([listener.hello(9_999), listener.hello(1, { host: '198.18.3.3', port: 1 })]).toEqual([-1, expect.any(Number)]);
    const pair = listener.linked(1);
    expect(listener.opens(pair, 1)).toEqual([]);
    expect(listener.streams).toBe(timing.STREAMS_PER_HOST + 1);
  });

  test('gives no id that another connection of that endpoint has: of two requests that come to the same one, the second gets another', () => {
    const listener = new Listener();
    const alone = [303, 658].map((request) => new Listener().hello(request));
    expect(alone).toEqual([2731, 2731]);
    const ids = [303, 658, 658].map((request) => listener.hello(request));
    expect(ids).toEqual([2731, expect.not.closeTo(2731, 0), ids[1]]);
  });

  test('gives no id 0, which is HELLO\'s', () => {
    expect(new Listener().hello(10_724)).toBe(1);
  });

  test('lets one address take up 64 links within two minutes', () => {
    const listener = new Listener();
    const take = (n: number): boolean => {
      const pair = listener.linked(n);
      const isTaken = listener.value.links.has(pair);
      listener.hear({ type: 'linkBye', by: 'caller', pair });
      return isTaken;
    };
    const took = Array.from({ length: timing.USED_PAIRS_PER_HOST + 1 }, (_, n) => take(n));
    expect([took.filter(Boolean).length, took.at(-1)]).toEqual([timing.USED_PAIRS_PER_HOST, false]);
    listener.now += 2 * timing.ACCEPT_MS;
    listener.do(swept);
    expect(take(100)).toBe(true);
  });

  test('hears of a link from nowhere but where it was taken up, and nothing in its own words', () => {
    const listener = new Listener();
    const pair = listener.linked(1);
    listener.now += 10_000;
    expect(listener.hear({ type: 'linkPing', by: 'caller', pair, serial: 2 }, { ...CALLER, port: 2223 })).toEqual([]);
    expect(listener.hear({ type: 'linkPing', by: 'listener', pair, serial: 2 })).toEqual([]);
    expect(listener.value.links.get(pair)?.heardAt).toBe(1_000);
    expect(listener.hear({ type: 'linkPong', by: 'caller', pair, serial: 2 })).toEqual([]);
    expect(listener.value.links.get(pair)?.heardAt).toBe(11_000);
  });

  test('denies what is no destination at all as it denies one that is not allowed', () => {
    for (const wanted of [text('nowhere 1'), text('web'), Uint8Array.of(0xff, 0xfe)]) {
      const listener = new Listener();
      listener.opens(listener.linked(1), 1, wanted);
      expect([listener.said.map(({ type }) => type), listener.turn.news]).toEqual([['receipt', 'packet'], [{ what: 'denied', from: CALLER }]]);
    }
  });

  test('closes the TCP connections of a link that has been silent for 75 s, and no others', () => {
    const listener = new Listener();
    const plain = listener.connected(1);
    const pair = listener.linked(1);
    expect(listener.opens(pair, 1)).toContain('tcp.connect t/2');
    listener.now += timing.LINK_SILENT_MS;
    expect([listener.do(swept), listener.streams, plain]).toEqual([['close t/2'], 1, expect.any(Number)]);
  });

  test('that ends closes all TCP connections that are open, and says so in each protocol', () => {
    const listener = new Listener();
    listener.connected(1);
    listener.hello(2);
    const pair = listener.linked(1);
    listener.opens(pair, 1);
    listener.opens(pair, 2);
    listener.do((callee, turn) => ({ ...callee, tunnel: tcpEnded(callee.tunnel, turn, 't/4') }));
    expect(listener.do(ended).toSorted()).toEqual(['close t/1', 'close t/3', 'goodbye to 198.18.2.2:2222', 'goodbye to 198.18.2.2:2222', 'linkBye to 198.18.2.2:2222']);
    expect(listener.streams).toBe(0);
  });

  test('gives the last receipt of a connection again to whoever repeats its last packet, and takes a late receipt for nothing', () => {
    const listener = new Listener();
    const pair = listener.linked(1);
    listener.opens(pair, 1);
    const end = { type: 'packet', by: 'caller', pair, id: 1, sequence: 1, kind: 'end', body: new Uint8Array(0) } as const;
    expect(listener.hear(end)).toEqual(['close t/1', 'receipt to 198.18.2.2:2222']);
    expect([listener.streams, listener.hear(end), listener.said]).toMatchObject([0, ['receipt to 198.18.2.2:2222'], [{ next: 2, limit: 2 }]]);
    expect(listener.hear({ type: 'receipt', by: 'caller', pair, id: 1, next: 1, limit: 1, seen: new Uint8Array(0) })).toEqual([]);
  });

  test('closes a TCP connection whose tunnel has gone, should it still be read, and hears of nothing else of it', () => {
    const listener = new Listener();
    const id = listener.connected(1);
    listener.do((callee, turn) => ({ ...callee, tunnel: tunnelHeard(callee.tunnel, turn, CALLER, { type: 'goodbye', id }) }));
    const { tunnel } = listener.value;
    for (const [step, asks] of [
      [(turn: Turn) => pieceCame(tunnel, turn, 't/1', text('late')), [{ type: 'close', socket: 't/1' }]],
      [(turn: Turn) => tcpDrained(tunnel, turn, 't/1'), []],
      [(turn: Turn) => tcpEnded(tunnel, turn, 't/1'), []],
    ] as const) {
      const turn = new Turn(listener.now);
      expect([step(turn), turn.commands]).toEqual([tunnel, asks]);
    }
  });

  test('whose TCP side was full acknowledges what it owes once that has drained', () => {
    const listener = new Listener();
    const id = listener.connected(1);
    const data = (n: number): readonly string[] =>
      listener.do((callee, turn) => ({ ...callee, tunnel: tunnelHeard(callee.tunnel, turn, CALLER, { type: 'data', id, kind: n % 2 === 0 ? 0 : 1, body: new Uint8Array(1_024) }) }));
    const steps = Array.from({ length: timing.FULL_BYTES / 1_024 + 1 }, (_, n) => data(n));
    expect([steps[0], steps.at(-1)]).toEqual([['ack to 198.18.2.2:2222', 'tcp.send t/1'], ['tcp.send t/1']]);
    expect(listener.do((callee, turn) => ({ ...callee, tunnel: tcpDrained(callee.tunnel, turn, 't/1') }))).toEqual(['ack to 198.18.2.2:2222']);
  });
});

describe('punches', () => {
  test('go to 64 callers at once and to 32 a second, however many there are', () => {
    let callers = noCallers(1);
    const punches = (from: number, now: number): number => {
      let count = 0;
      for (let n = from; n < from + 200; n += 1) {
        const punch = punched(callers, hostOf(n), now, () => false);
        if (punch) [callers, count] = [punch.callers, count + 1];
      }
      return count;
    };
    expect([punches(0, 10_000), punches(200, 10_000), punches(400, 11_000)]).toEqual([timing.PUNCH_BURST, 0, timing.PUNCHES_A_SECOND]);
  });

  test('are remembered for 1,024 callers; another is punched towards all the same', () => {
    let callers = noCallers(1);
    for (let n = 0; n <= timing.CALLERS; n += 1) {
      const punch = punched(callers, hostOf(n), 1_000 + n * 40, () => false);
      expect(punch).toBeDefined();
      callers = punch?.callers ?? callers;
    }
    expect(callers.known.size).toBe(timing.CALLERS);
  });
});
