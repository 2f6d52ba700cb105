/** What pwnat's caller takes on at the most, and what it makes of words that come late, or of others: as values, by the functions that keep them. */
import { describe, expect, test } from 'vitest';
import { accepted, type Calls, forge, helloAcknowledged, linkMessageCame, newCalls, spokenPlainly, tcpCame, ticked } from '../../machines/pwnat/calls.ts';
import { linkKeys } from '../../machines/pwnat/link-keys.ts';
import * as timing from '../../machines/pwnat/timing.ts';
import { tunnelTicked } from '../../machines/pwnat/tunnel.ts';
import { Turn } from '../../machines/pwnat/turn.ts';
import { Table } from './pwnat-table.ts';

const LISTENER = { host: '198.18.1.2', port: 2222 };
const text = (words: string): Uint8Array => Buffer.from(words);

class Caller extends Table<Calls> {
  constructor() {
    super(newCalls('1', LISTENER, { host: 'web', port: '80' }));
    this.do((calls) => ({ ...calls, heardAt: this.now }));
  }

  comes(socket: string): readonly string[] {
    return this.do((calls, turn) => tcpCame(calls, turn, socket));
  }
}

describe('the caller', () => {
  test('takes 1,024 TCP connections in, waiting ones among them, and closes the next', () => {
    const caller = new Caller();
    for (let n = 0; n < timing.STREAMS; n += 1) expect(caller.comes(`c/${n}`)).toEqual([`tcp.pause c/${n}`]);
    expect([caller.comes('c/last'), caller.value.waiting.length]).toEqual([['close c/last'], timing.STREAMS]);
    caller.do(spokenPlainly);
    expect([caller.comes('c/last'), caller.value.tunnel.streams.size]).toEqual([['close c/last'], timing.STREAMS]);
  });

  test('that has not heard the listener for 20 s opens the hole again before it says HELLO', () => {
    const caller = new Caller();
    caller.do(spokenPlainly);
    expect(caller.comes('c/1')).toEqual(['hello to 198.18.1.2:2222']);
    caller.now += timing.HOLE_MS + 1;
    expect(caller.comes('c/2')).toEqual(['exceeded to 198.18.1.2']);
    caller.now += 2 * timing.LEAD_MS;
    caller.do((calls) => ({ ...calls, offerAt: Infinity }));
    expect(caller.do(ticked)).toContain('hello to 198.18.1.2:2222');
    const turn = new Turn(0);
    forge(turn, LISTENER);
    expect(turn.commands).toMatchObject([{ type: 'icmp.send', message: { type: 'exceeded', about: LISTENER.host } }]);
  });

  test('answers HELLOACK that comes again, for ours was lost, and not twice for one connection', () => {
    const caller = new Caller();
    caller.do(spokenPlainly);
    caller.comes('c/1');
    const request = (caller.value.request - 1) & 0xffff;
    const ack = (): readonly string[] => caller.do((calls, turn) => helloAcknowledged(calls, turn, { type: 'helloAck', id: 7, request }));
    expect([ack(), ack(), caller.value.tunnel.streams.size]).toEqual([Array(timing.HELLO_ACKS).fill('helloAck to 198.18.1.2:2222'), ['helloAck to 198.18.1.2:2222'], 1]);
  });

  test('takes of a link neither its own words nor those of another', () => {
    const caller = new Caller();
    caller.do((calls, turn) => accepted(calls, turn, `${calls.self}ffffffffffffffff`));
    const { value } = caller;
    const pair = `${value.self}ffffffffffffffff`;
    for (const message of [{ type: 'linkBye', by: 'caller', pair }, { type: 'linkBye', by: 'listener', pair: 'f'.repeat(32) }, { type: 'linkPong', by: 'listener', pair, serial: 9 }] as const) {
      caller.do((calls, turn) => linkMessageCame(calls, turn, message));
      expect(caller.value).toBe(value);
    }
    caller.do((calls, turn) => linkMessageCame(calls, turn, { type: 'linkBye', by: 'listener', pair }));
    expect(caller.value.speech).toBeUndefined();
  });
});

test('what is due of many connections is done for those that are due, and no others', () => {
  const caller = new Caller();
  caller.do(spokenPlainly);
  caller.comes('c/1');
  caller.now += 200;
  caller.comes('c/2');
  caller.now += timing.HELLO_MS - 200;
  expect([caller.do((calls, turn) => ({ ...calls, tunnel: tunnelTicked(calls.tunnel, turn) })), caller.value.tunnel.dueAt]).toEqual([['hello to 198.18.1.2:2222'], caller.now + 200]);
});

test('a link is known by its tag however many there have been meanwhile', () => {
  const keys = linkKeys('secret');
  const pair = (n: number): string => n.toString(16).padStart(32, '0');
  const message = text('message');
  const first = keys.tag(pair(0), message);
  for (let n = 1; n < 600; n += 1) keys.tag(pair(n), message);
  expect([keys.isTag(pair(0), message, first), keys.isTag(pair(1), message, first)]).toEqual([true, false]);
});
