/** A toy protocol, to see worlds play something: both peers say hello to a server, are told of each other, and knock. */
import { assign, emit, enqueueActions, sendTo, setup } from 'xstate';
import type { Codec } from '../../effects/codec.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from '../../effects/endpoint.ts';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { Scenario } from '../../effects/scenario.ts';

type Message = { readonly type: 'hello' } | { readonly type: 'peer'; readonly peer: string } | { readonly type: 'knock' };

const codec: Codec<Message> = {
  encode: (message) => new TextEncoder().encode(message.type === 'peer' ? `peer ${message.peer}` : message.type),
  decode: (data) => {
    const [word = '', peer = ''] = new TextDecoder().decode(data).split(' ');
    if (word === 'hello' || word === 'knock') return { kind: 'message', message: { type: word } };
    return word === 'peer' ? { kind: 'message', message: { type: 'peer', peer } } : { kind: 'payload' };
  },
};

const PORT = 3478;

const server = setup({
  types: { context: {} as { readonly waiting: Endpoint | undefined }, events: {} as NetHeard<Message> },
  actors: { net: netPort<Message>() },
}).createMachine({
  id: 'server',
  context: { waiting: undefined },
  invoke: { id: 'net', src: 'net' },
  entry: sendTo('net', { type: 'udp.open', socket: 'main', local: { port: PORT } }),
  on: {
    hello: {
      actions: enqueueActions(({ context: { waiting }, event, enqueue }) => {
        if (waiting === undefined || formatEndpoint(waiting) === formatEndpoint(event.from)) return enqueue.assign({ waiting: event.from });
        const tell = (to: Endpoint, of: Endpoint): void =>
          enqueue.sendTo('net', { type: 'udp.send', socket: 'main', to, message: { type: 'peer', peer: formatEndpoint(of) } });
        tell(waiting, event.from);
        tell(event.from, waiting);
        enqueue.assign({ waiting: undefined });
      }),
    },
  },
});

export type KnockOutcome = { readonly kind: 'met'; readonly peer: string } | { readonly kind: 'failed' };

const peer = setup({
  types: {
    context: {} as { readonly server: Endpoint; readonly peer: Endpoint | undefined },
    input: {} as { readonly server: Endpoint },
    events: {} as NetHeard<Message>,
    emitted: {} as { readonly type: 'outcome'; readonly outcome: KnockOutcome },
  },
  actors: { net: netPort<Message>() },
  delays: { again: 200, giveUp: 3000 },
}).createMachine({
  id: 'peer',
  context: ({ input }) => ({ server: input.server, peer: undefined }),
  invoke: { id: 'net', src: 'net' },
  initial: 'asking',
  states: {
    asking: {
      entry: [
        sendTo('net', { type: 'udp.open', socket: 'main' }),
        sendTo('net', ({ context }) => ({ type: 'udp.send', socket: 'main', to: context.server, message: { type: 'hello' } })),
      ],
      on: { peer: { target: 'knocking', actions: assign({ peer: ({ event }) => parseEndpoint(event.peer) }) } },
      after: { giveUp: 'failed' },
    },
    knocking: {
      initial: 'now',
      states: {
        now: {
          entry: sendTo('net', ({ context }) => ({ type: 'udp.send', socket: 'main', to: context.peer!, message: { type: 'knock' } })),
          after: { again: { target: 'now', reenter: true } },
        },
      },
      on: { knock: 'met' },
      after: { giveUp: 'failed' },
    },
    met: {
      entry: [
        sendTo('net', ({ context }) => ({ type: 'udp.send', socket: 'main', to: context.peer!, message: { type: 'knock' } })),
        emit(({ context }) => ({ type: 'outcome' as const, outcome: { kind: 'met' as const, peer: formatEndpoint(context.peer!) } })),
      ],
    },
    failed: { entry: emit({ type: 'outcome', outcome: { kind: 'failed' } }) },
  },
});

export const knock: Scenario = {
  name: 'knock',
  part: (host, { address }) =>
    host === 's' ? { machine: server, codec, input: {} } : { machine: peer, codec, input: { server: { host: address('s'), port: PORT } } },
};

const broken = setup({ actors: { net: netPort<Message>() }, delays: { soon: 100 } }).createMachine({
  id: 'broken',
  invoke: { id: 'net', src: 'net' },
  initial: 'whole',
  states: {
    whole: { after: { soon: 'broken' } },
    broken: {
      entry: () => {
        throw new Error('a bug in a machine');
      },
    },
  },
});

/** A cast with a bug: a's machine throws after 100 ms. */
export const brokenKnock: Scenario = {
  name: 'broken',
  part: (host, stage) => (host === 'a' ? { machine: broken, codec, input: {} } : knock.part(host, stage)),
};
