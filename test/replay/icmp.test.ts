/** ICMP as messages: through the codec and the net actor of a machine, into a recording, and out of it again. */
import { describe, expect, test } from 'vitest';
import { assign, sendTo, setup } from 'xstate';
import { record } from '../../adapters/replay/record.ts';
import { replay } from '../../adapters/replay/replay.ts';
import { world } from '../../adapters/sim/index.ts';
import { type Codec, type Decoded, redactor } from '../../effects/codec.ts';
import { type NetCommand, type NetHeard, netPort } from '../../effects/net-actor.ts';
import { run } from '../../effects/run.ts';
import { decodeIcmp, encodeIcmp } from '../../effects/wire/icmp.ts';
import { Port } from '../sim/port.ts';

/** A word in an echo's data, behind a key; other identifiers are other programs'. */
interface Word {
  readonly type: 'word';
  readonly word: string;
}

const ID = 77;

function codecWith(key: string): Codec<Word> {
  const decode = (data: Uint8Array): Decoded<Word> => {
    const message = decodeIcmp(data);
    if (message.kind !== 'echo-request' || message.id !== ID) return { kind: 'payload' };
    const text = new TextDecoder().decode(message.data);
    return text.startsWith(key) ? { kind: 'message', message: { type: 'word', word: text.slice(key.length) } } : { kind: 'unreadable', reason: 'not the key' };
  };
  return {
    encode: () => new Uint8Array(0),
    decode: () => ({ kind: 'payload' }),
    icmp: {
      encode: ({ word }, remote) => encodeIcmp({ kind: 'echo-request', id: ID, sequence: remote?.port ?? 1, data: new TextEncoder().encode(key + word) }),
      decode,
      unreadable: encodeIcmp({ kind: 'echo-request', id: ID, sequence: 0, data: new Uint8Array(0) }),
    },
  };
}

/** Says a word, and then repeats what it hears to whom it heard it from. */
const echoist = setup({
  types: { context: {} as { readonly to: string; readonly heard: readonly string[] }, events: {} as NetHeard<Word>, input: {} as { readonly to: string } },
  actors: { net: netPort<Word>() },
}).createMachine({
  id: 'echoist',
  context: ({ input }) => ({ to: input?.to ?? '', heard: [] }),
  invoke: { src: 'net', id: 'net' },
  entry: sendTo('net', { type: 'icmp.open', socket: 'raw' } satisfies NetCommand<Word>),
  on: {
    'icmp.opened': { actions: sendTo('net', ({ context }): NetCommand<Word> => ({ type: 'icmp.send', socket: 'raw', to: context.to, message: { type: 'word', word: 'hello' }, ttl: 9 })) },
    word: {
      actions: [
        assign({ heard: ({ context, event }) => [...context.heard, `${event.from.host}:${event.from.port} ${event.word}`] }),
        sendTo('net', ({ event }): NetCommand<Word> => ({ type: 'icmp.send', socket: event.socket, to: event.from.host, message: { type: 'word', word: `${event.word}!` } })),
      ],
    },
    'net.unreadable': { actions: assign({ heard: ({ context, event }) => [...context.heard, `${event.from.host}:${event.from.port} unreadable`] }) },
  },
});

const KEY = 'the-key-of-both ';
const [secret, open] = [codecWith(KEY), codecWith('open ')];

function session() {
  const lines: string[] = [];
  const w = world({ a: 'open' }, { latencyMs: 10 });
  const input = { to: w.address('s') };
  const recording = record({ net: w.host('a').net(), clock: w.clock, write: (line) => lines.push(line), header: { machine: 'echoist', input, id: 'a' }, redact: redactor(secret, open) });
  const running = run(echoist, { ...recording, codec: secret, input, id: 'a' });
  const other = new Port(w.host('s')).ask({ type: 'icmp.open', socket: 'raw' });
  const say = (data: Uint8Array): void => {
    other.ask({ type: 'icmp.send', socket: 'raw', to: w.address('a'), data });
    w.advance(100);
  };
  running.actor.start();
  w.advance(100);
  say(secret.icmp!.encode({ type: 'word', word: 'secret' }));
  say(open.icmp!.encode({ type: 'word', word: 'forged' }));
  say(encodeIcmp({ kind: 'echo-request', id: 5, sequence: 0, data: new TextEncoder().encode('a ping of another program') }));
  const { heard } = running.actor.getSnapshot().context;
  running.stop();
  // Its requests only: to those of the other its system has answered by itself.
  const words = other.heard.flatMap((event) => (event.type === 'icmp.received' && event.data[0] === 8 ? [new TextDecoder().decode(event.data.subarray(8))] : []));
  return { lines, heard, words, from: w.address('s') };
}

describe('a machine that speaks ICMP', () => {
  test('says messages and hears them, with where they came from; what is another program\'s it never hears', () => {
    const { heard, words, from } = session();
    expect(heard).toEqual([`${from}:0 secret`, `${from}:0 unreadable`]);
    expect(words.filter((word) => word.startsWith(KEY))).toEqual([`${KEY}hello`, `${KEY}secret!`]);
  });

  test('leaves no key and nothing foreign in a recording, which replays to its end', () => {
    const { lines, heard } = session();
    const log = lines.join('\n');
    expect(log).toContain('"payload":33');
    for (const word of [KEY, 'a ping of another program']) expect(log).not.toContain(Buffer.from(word).toString('hex'));
    let again: readonly string[] = [];
    const divergence = replay(`${log}\n`, ({ net, clock, header }) => {
      const running = run(echoist, { net, clock, codec: open, input: header.input as { to: string }, id: 'a' });
      running.actor.start();
      return {
        stop: () => {
          again = running.actor.getSnapshot().context.heard;
          running.stop();
        },
      };
    });
    expect(divergence).toBeUndefined();
    expect(again).toEqual(heard);
  });
});
