/**
 * A protocol of the tests' own: a machine that repeats all it hears, so that no byte of a recording is without
 * consequence; a codec that puts a key before each message; and a net made by hand that answers it.
 */
import { Observable } from 'rxjs';
import { assign, sendTo, setup } from 'xstate';
import { z } from 'zod';
import type { Clock } from '../../effects/clock.ts';
import type { Codec } from '../../effects/codec.ts';
import { parseEndpoint } from '../../effects/endpoint.ts';
import { type NetCommand, type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { Net, NetEvent } from '../../effects/net.ts';

const shape = z.strictObject({ type: z.enum(['hello', 'reply']), words: z.string() });

export type Gossip = z.output<typeof shape>;

export interface GossipInput {
  readonly server: string;
  readonly tries: number;
}

interface Context extends GossipInput {
  readonly tried: number;
  readonly home: string;
}

type Heard = NetHeard<Gossip> | { readonly type: 'close' };

export const gossip = setup({
  types: { context: {} as Context, events: {} as Heard, input: {} as GossipInput },
  actors: { net: netPort<Gossip>() },
  actions: { repeat: sendTo('net', ({ context, event }) => say(context, 'hello', JSON.stringify({ ...event, reason: undefined }))) },
  delays: { answer: 100, heartbeat: 250 },
  guards: { triesLeft: ({ context }) => context.tried < context.tries },
}).createMachine({
  id: 'gossip',
  context: ({ input }) => ({ server: input?.server ?? '', tries: input?.tries ?? 0, tried: 0, home: '' }),
  invoke: { src: 'net', id: 'net' },
  initial: 'opening',
  on: { close: '.closed' },
  states: {
    opening: {
      entry: [sendTo('net', { type: 'udp.open', socket: 'main', local: { port: 5000 } }), sendTo('net', { type: 'icmp.open', socket: 'ear' })],
      on: {
        'udp.opened': { target: 'asking', actions: assign({ home: ({ event }) => JSON.stringify(event) }) },
        'net.failed': { actions: 'repeat' },
      },
    },
    asking: {
      entry: [
        assign({ tried: ({ context }) => context.tried + 1 }),
        sendTo('net', ({ context }) => say(context, 'hello', `${context.tried} ${context.home.replace('at', 'on')}`, 1 + context.tried)),
      ],
      after: { answer: [{ guard: 'triesLeft', target: 'asking', reenter: true }, { target: 'closed' }] },
      on: {
        'net.failed': { actions: 'repeat' },
        reply: { target: 'talking', actions: ['repeat', sendTo('net', ({ context }) => route(context))] },
      },
    },
    talking: {
      after: { heartbeat: { target: 'talking', reenter: true, actions: sendTo('net', ({ context }) => say(context, 'hello', 'beat')) } },
      on: { '*': { actions: 'repeat' }, close: 'closed' },
    },
    closed: { entry: sendTo('net', { type: 'close', socket: 'main' }), type: 'final' },
  },
});

/** `key` stands before every message; `P` before payload. */
export function gossipCodec(key: string): Codec<Gossip> {
  const mark = `${key}:`;
  return {
    encode: (message) => new TextEncoder().encode(mark + JSON.stringify(message)),
    decode: (data) => {
      const text = new TextDecoder().decode(data);
      if (text.startsWith('P')) return { kind: 'payload' };
      const unreadable = { kind: 'unreadable', reason: [...data].join(' ') } as const;
      if (!text.startsWith(mark)) return unreadable;
      try {
        return { kind: 'message', message: shape.parse(JSON.parse(text.slice(mark.length))) };
      } catch {
        return unreadable;
      }
    },
  };
}

export interface GossipNetOptions {
  readonly clock: Clock;
  readonly codec: Codec<Gossip>;
  /** Answers opening effects while they are being asked, as a network may. */
  readonly atOnce?: boolean;
}

/** Loses the first hello, answers those that do not repeat an event, and adds payload, rubbish and a refusal now and then. */
export function gossipNet({ clock, codec, atOnce = false }: GossipNetOptions): Net {
  return (effects) =>
    new Observable((events) => {
      let sends = 0;
      const later = (delayMs: number, event: (at: number) => NetEvent): void =>
        void clock.setTimeout(() => events.next(event(clock.now())), delayMs);
      const open = atOnce ? (_: number, event: (at: number) => NetEvent): void => events.next(event(clock.now())) : later;
      const socket = 'main';
      return effects.subscribe((effect) => {
        if (effect.type === 'icmp.open') {
          open(1, (at) => ({ type: 'net.failed', effect: 'icmp.open', socket: effect.socket, code: 'not-permitted', detail: 'needs "root" – or a capability', at }));
        }
        if (effect.type === 'udp.open') {
          const addresses = [{ host: '10.0.0.2', port: 5000 }, { host: 'fd00::2', port: 5000 }];
          open(2.5, (at) => ({ type: 'udp.opened', socket, local: { host: '0.0.0.0', port: 5000 }, addresses, at }));
        }
        // What only repeats an event is not answered, or each answer would breed others.
        if (effect.type !== 'udp.send' || new TextDecoder().decode(effect.data).includes('at\\":')) return;
        const from = effect.to;
        sends += 1;
        const nth = sends;
        if (nth === 1) return;
        if (nth % 5 === 0) later(7, (at) => ({ type: 'udp.received', socket, from, data: new TextEncoder().encode('PRIVATE payload'), at }));
        if (nth % 4 === 0) later(9, (at) => ({ type: 'udp.received', socket, from, data: Uint8Array.of(255, nth & 255, 1), at }));
        if (nth % 3 === 0) later(11, (at) => ({ type: 'net.failed', effect: 'udp.send', socket, code: 'unreachable', detail: `no route for ${nth}`, to: from, at }));
        later(20.25, (at) => ({ type: 'udp.received', socket, from, data: codec.encode({ type: 'reply', words: `reply ${nth}` }), at }));
      });
    });
}

function say({ server }: Context, type: 'hello', words: string, ttl?: number): NetCommand<Gossip> {
  return { type: 'udp.send', socket: 'main', to: parseEndpoint(server) ?? { host: server, port: 0 }, message: { type, words }, ttl };
}

function route({ server }: Context): NetCommand<Gossip> {
  const to = parseEndpoint(server) ?? { host: server, port: 0 };
  return { type: 'payload.route', socket: 'main', to, from: [to] };
}
