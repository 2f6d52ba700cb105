/** What an eavesdropper has kept of a link is worth nothing: no TCP connection is made twice, and no number is used twice. */
import { expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import { pwnatListener, type PwnatMessage } from '../../machines/index.ts';
import { accepted, newCalls, tcpCame } from '../../machines/pwnat/calls.ts';
import type { ListenerContext, ListenerEvent } from '../../machines/pwnat/listener-setup.ts';
import { isOpened, NONE_OPENED, withOpened } from '../../machines/pwnat/opened.ts';
import { Turn } from '../../machines/pwnat/turn.ts';
import { Bench } from './bench.ts';

const CALLER: Endpoint = { host: '198.18.2.2', port: 2222 };
const WEB = { host: 'web', port: '80', at: { host: '10.0.0.9', port: 8080 } };

class Listener extends Bench<ListenerContext, ListenerEvent, PwnatMessage> {
  constructor() {
    super(pwnatListener, { seed: '1', allow: [WEB], authenticated: true });
    this.send({ type: 'udp.opened', socket: 'main', local: { host: '0.0.0.0', port: 2222 }, addresses: [], at: this.now });
    this.send({ type: 'icmp.opened', socket: 'hole', at: this.now });
  }

  hear(message: PwnatMessage, from: Endpoint = CALLER): readonly string[] {
    this.send({ ...message, socket: 'main', from, at: this.now } as ListenerEvent);
    return this.last.net.flatMap((command) => (command.type === 'several' ? command.commands : [command])).map(({ type }) => type);
  }

  linked(): string {
    this.hear({ type: 'offer', caller: '0123456789abcdef' });
    for (const command of this.last.net.flatMap((one) => (one.type === 'several' ? one.commands : [one]))) {
      if (command.type === 'udp.send' && command.message.type === 'accept') return command.message.pair;
    }
    return '';
  }
}

const packet = (pair: string, id: number, kind: 'open' | 'data' | 'end', sequence: number, body = ''): PwnatMessage => ({ type: 'packet', by: 'caller', pair, id, sequence, kind, body: Buffer.from(body) });
const session = (pair: string, id: number): readonly PwnatMessage[] => [packet(pair, id, 'open', 0, 'web 80'), packet(pair, id, 'data', 1, 'pay'), packet(pair, id, 'end', 2)];

test.each([['61 s later', (bench: Listener) => bench.advance(61_000)], ['behind 257 others', (bench: Listener, pair: string) => {
  for (let id = 2; id < 259; id += 1) for (const message of session(pair, id)) bench.hear(message);
}], ['behind 1,500 others', (bench: Listener, pair: string) => {
  for (let id = 2; id < 1_502; id += 1) for (const message of session(pair, id)) bench.hear(message);
}]] as const)('a whole TCP connection that is said again %s calls nobody', (_, pass) => {
  const bench = new Listener();
  const pair = bench.linked();
  expect(session(pair, 1).map((message) => bench.hear(message).includes('tcp.connect'))).toEqual([true, false, false]);
  pass(bench, pair);
  bench.hear({ type: 'linkPing', by: 'caller', pair, serial: 1 });
  expect(session(pair, 1).flatMap((message) => bench.hear(message)).filter((type) => type.startsWith('tcp.'))).toEqual([]);
  expect(bench.hear(packet(pair, 2_000, 'open', 0, 'web 80'))).toContain('tcp.connect');
});

test('numbers may overtake each other, and each is taken once', () => {
  let opened = NONE_OPENED;
  for (const id of [3, 1, 2, 1_027, 1_000, 5_000, 4_999, 6_023, 65_535]) {
    expect([id, isOpened(opened, id)]).toEqual([id, false]);
    opened = withOpened(opened, id);
    expect([id, isOpened(opened, id)]).toEqual([id, true]);
  }
  expect([isOpened(opened, 5_000), isOpened(opened, 65_534), isOpened(opened, 65_535 - 1_023), isOpened(opened, 65_535 - 1_024)]).toEqual([true, false, false, true]);
});

test.each([['half of them', 0x8001], ['all', 0x10000]])('a caller that has used up %s takes another link, and begins again there', (_, nextId) => {
  const turn = new Turn(0);
  const calls = newCalls('1', CALLER, WEB);
  const before = { ...accepted(calls, turn, `${calls.self}0000000000000000`), nextId };
  const waiting = tcpCame(before, turn, 'g');
  expect([waiting.speech, waiting.waiting, waiting.self === calls.self]).toEqual([undefined, ['g'], false]);
  const after = accepted(waiting, turn, `${waiting.self}0000000000000000`);
  expect(after.nextId).toBe(2);
});
