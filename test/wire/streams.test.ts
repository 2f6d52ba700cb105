/** What is kept of TCP streams between their pieces, and of payload before its time; and when it goes. */
import { Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { assign, sendTo, setup } from 'xstate';
import { VirtualClock } from '../../adapters/sim/index.ts';
import { type Codec, redactor } from '../../effects/codec.ts';
import type { Net, NetEffect, NetEvent } from '../../effects/net.ts';
import { type NetCommand, type NetHeard, netPort } from '../../effects/net-actor.ts';
import { run } from '../../effects/run.ts';
import { streams } from '../../effects/streams.ts';
import { utf8 } from '../../effects/wire/bytes.ts';
import { connect } from '../../machines/connection.ts';
import { n4Codec } from '../../machines/n4/codec.ts';
import { peerCodec } from '../../machines/udp-punch/codec.ts';
import { udpPunchPeer } from '../../machines/udp-punch/peer.ts';

const PEER = { host: '198.18.1.2', port: 9 };
const accepted = { type: 'tcp.accepted', listener: 'tcp', socket: 'tcp/1', local: { host: '198.18.0.2', port: 1721 }, peer: PEER, at: 0 } as const;

test('pieces become messages of whoever is at the other end', () => {
  const open = streams(n4Codec());
  open.note(accepted);
  expect(open.take('tcp/1', utf8('\u0001\u0000n4'))).toEqual([]);
  expect(open.take('tcp/1', utf8('n4n4'))).toEqual([{ kind: 'message', message: { type: 'hello', ident: 'n4n4n4' }, from: PEER }]);
});

test('what is kept between pieces is a copy, and holds no read in memory', () => {
  const open = streams(n4Codec());
  open.note(accepted);
  const read = utf8('\u0001\u0000n4');
  open.take('tcp/1', read);
  read.fill(0);
  expect(open.take('tcp/1', utf8('n4n4'))).toHaveLength(1);
});

test.each([
  ['closed by the other end', (open: ReturnType<typeof streams>) => open.note({ type: 'tcp.closed', socket: 'tcp/1', at: 0 })],
  ['closed by this end, of which nothing more is reported', (open: ReturnType<typeof streams>) => open.forget('tcp/1')],
  ['given up for what came', (open: ReturnType<typeof streams>) => expect(open.take('tcp/1', utf8('GET / HTTP'))).toBeUndefined()],
])('of a connection that was %s nothing is kept', (_, end) => {
  const open = streams(n4Codec());
  open.note(accepted);
  end(open);
  expect(open.take('tcp/1', utf8('\u0001\u0000n4n4n4'))).toBeUndefined();
});

interface Word {
  readonly type: 'word';
}

/** A protocol of one byte, behind which a stream is the application's. */
const oneByte: Codec<Word> = {
  encode: () => new Uint8Array(1),
  decode: (data) => (data[0] === 1 ? { kind: 'message', message: { type: 'word' } } : { kind: 'payload' }),
  framing: (received) => (received[0] === 0 ? undefined : { frames: [received.subarray(0, 1)], rest: received.subarray(1), isOver: true }),
};

test('what is behind a protocol\'s last message waits for the release, a megabyte at the most, and is given once', () => {
  const open = streams(oneByte);
  open.note(accepted);
  expect(open.take('tcp/1', Uint8Array.of(1, 2))).toHaveLength(1);
  expect(open.take('tcp/1', Uint8Array.of(3))).toEqual([]);
  expect([open.release('tcp/1'), open.release('tcp/1')]).toEqual([Uint8Array.of(2, 3), new Uint8Array(0)]);
  open.note(accepted);
  open.take('tcp/1', Uint8Array.of(1));
  expect([open.take('tcp/1', new Uint8Array(1024 * 1024)), open.take('tcp/1', Uint8Array.of(1))]).toEqual([[], undefined]);
});

test('a protocol that knows no streams has no use for any', () => {
  const { framing: _framing, ...datagrams } = oneByte;
  const open = streams(datagrams);
  open.note(accepted);
  expect(open.take('tcp/1', Uint8Array.of(1))).toBeUndefined();
});

test('a recording keeps of what is no message nothing but that it came, and of ICMP only what its protocol speaks', () => {
  const redact = redactor(oneByte, oneByte);
  const marked = redactor(oneByte, { ...oneByte, unreadable: Uint8Array.of(9), unframed: Uint8Array.of(8) });
  for (const [keep, foreign, unframed] of [[redact, [], []], [marked, [9], [8]]] as const) {
    expect(keep(Uint8Array.of(5), PEER, 'tcp/1')).toEqual(Uint8Array.of(...foreign));
    expect(keep(Uint8Array.of(0), PEER, 'tcp/2')).toEqual(Uint8Array.of(...unframed));
    expect(keep(Uint8Array.of(1), PEER, undefined, 'icmp')).toBeUndefined();
  }
  const broken: Codec<Word> = { ...oneByte, icmp: { encode: oneByte.encode, decode: () => ({ kind: 'unreadable', reason: 'broken' }) } };
  expect(redactor(broken, broken)(Uint8Array.of(1), PEER, undefined, 'icmp')).toEqual(new Uint8Array(0));
  expect(redactor(broken, oneByte)(Uint8Array.of(1), PEER, undefined, 'icmp')).toEqual(new Uint8Array(0));
});

/** Hears words, and lets the application speak to whoever said the first. */
const listener = setup({
  types: { context: {} as { readonly heard: readonly string[] }, events: {} as NetHeard<Word> },
  actors: { net: netPort<Word>() },
}).createMachine({
  context: { heard: [] },
  invoke: { src: 'net', id: 'net' },
  on: {
    'net.unreadable': { actions: assign({ heard: ({ context, event }) => [...context.heard, event.reason] }) },
    word: { actions: sendTo('net', ({ event }): NetCommand<Word> => ({ type: 'payload.route', socket: event.socket, to: event.from, from: [event.from] })) },
  },
});

function playing() {
  const [heard, asked] = [new Subject<NetEvent>(), [] as NetEffect[]];
  const net: Net = (effects) => {
    effects.subscribe((effect) => asked.push(effect));
    return heard;
  };
  const running = run(listener, { net, codec: oneByte, clock: new VirtualClock(), input: undefined, id: 'a' });
  running.actor.start();
  const come = (...bytes: readonly number[]): void => heard.next({ type: 'udp.received', socket: 'main', from: PEER, data: Uint8Array.of(...bytes), at: 0 });
  return { running, heard, asked, come };
}

test('a stream that brings what is no message tells the machine so', () => {
  const { running, heard } = playing();
  heard.next(accepted);
  heard.next({ type: 'tcp.received', socket: 'tcp/1', data: Uint8Array.of(2), at: 0 });
  expect(running.actor.getSnapshot().context.heard).toEqual(['no message']);
});

test('payload of a peer that the machine has not named yet waits, the newest 32; what is to be sent before goes nowhere', () => {
  const { running, asked, come } = playing();
  for (let n = 0; n < 40; n += 1) come(2, n);
  running.send(Uint8Array.of(7));
  expect(asked).toEqual([]);
  come(1);
  const got: number[] = [];
  running.messages.subscribe((data) => got.push(data[1] ?? -1));
  running.send(Uint8Array.of(8));
  expect(got).toEqual(Array.from({ length: 32 }, (_, n) => n + 8));
  expect(asked).toMatchObject([{ type: 'udp.send', data: Uint8Array.of(8), payload: true }]);
});

test('a run that is stopped before it has come to anything is told of as interrupted', async () => {
  const running = run(udpPunchPeer, { net: () => new Subject<NetEvent>(), codec: peerCodec('room'), clock: new VirtualClock(), input: { server: PEER, seed: '1' }, id: 'a' });
  const connection = connect(running);
  running.stop();
  await expect(connection.opened).rejects.toMatchObject({ reason: 'interrupted' });
  expect([await connection.ended, await connection.close()]).toEqual([{ by: 'us' }, { by: 'us' }]);
});

test('whoever subscribes to the payload of a run that has been stopped hears its end', () => {
  const { running } = playing();
  running.stop();
  let isOver = false;
  running.messages.subscribe({ complete: () => (isOver = true) });
  expect(isOver).toBe(true);
});
