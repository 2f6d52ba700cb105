/**
 * The udp-punch rendezvous: tells two peers of a room where the other is seen. It knows rooms by identifiers only, answers
 * nothing but well-formed requests, and keeps what `rooms.ts` bounds. A second port lets peers see whether their mapping varies.
 */
import { assertEvent, setup } from 'xstate';
import type { Endpoint } from '../../effects/endpoint.ts';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { ServerReported } from '../../effects/scenario.ts';
import { MAX_ITERATIONS } from '../limits.ts';
import { explainSocket, type Failed, failed } from '../outcome.ts';
import type { PunchMessage } from './messages.ts';
import { admit, dismiss, noRooms, type Rooms, sweep } from './rooms.ts';

export interface RendezvousInput {
  readonly listen: Endpoint;
  /** Where rooms lie in memory is derived from it. The secret for proofs of address is the codec's. */
  readonly seed: string;
}

export interface RendezvousContext {
  readonly input: RendezvousInput;
  readonly alternate: Endpoint | undefined;
  /** Ports tried for it. */
  readonly alternatesTried: number;
  readonly rooms: Rooms;
  /** The time of the last datagram, which is all the time a pure machine knows. */
  readonly now: number;
  readonly failure: Failed | undefined;
}

/** How often silent peers are looked for. */
const SWEEP_MS = 5_000;
const OPEN_DEADLINE_MS = 5_000;

const rendezvousSetup = setup({
  types: {} as {
    context: RendezvousContext;
    events: NetHeard<PunchMessage> | { readonly type: 'close' };
    input: RendezvousInput;
    output: Failed | undefined;
    emitted: ServerReported;
  },
  actors: { net: netPort<PunchMessage>() },
});
const { assign, emit, enqueueActions, sendTo } = rendezvousSetup;

export const udpPunchRendezvous = rendezvousSetup
  .extend({
    actions: {
      openMain: sendTo('net', ({ context }) => ({ type: 'udp.open', socket: 'main', local: context.input.listen })),
      // The port after the first, so that a firewall can be told; any free one if that is taken.
      openAlternate: sendTo('net', ({ context: { input } }) => ({ type: 'udp.open', socket: 'alternate', local: { host: input.listen.host, port: alternatePort(input.listen) } })),
      openAnyAlternate: sendTo('net', ({ context }) => ({ type: 'udp.open', socket: 'alternate', local: { host: context.input.listen.host, port: 0 } })),
      countAlternate: assign({ alternatesTried: ({ context }) => context.alternatesTried + 1 }),
      rememberAlternate: assign(({ event }) => {
        assertEvent(event, 'udp.opened');
        return { alternate: event.local };
      }),
      reportListening: emit(({ event }) => {
        assertEvent(event, 'udp.opened');
        return { type: 'server', what: 'listening', local: event.local };
      }),
      admit: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, 'register');
        const { rooms, replies, news } = admit(context.rooms, event, context.alternate);
        enqueue.assign({ rooms, now: event.at });
        for (const reply of replies) enqueue.sendTo('net', { type: 'udp.send', ...reply });
        if (news) enqueue.emit({ type: 'server', what: news === 'opened' ? 'room-opened' : 'paired', room: (event.room ?? '').slice(0, 8), from: event.from });
      }),
      dismiss: assign(({ context, event }) => {
        assertEvent(event, 'leave');
        return { rooms: dismiss(context.rooms, event), now: event.at };
      }),
      answerObservation: sendTo('net', ({ event }) => {
        assertEvent(event, 'observe');
        const { txid, peer: to, socket, from } = event;
        return { type: 'udp.send', socket, to: from, message: { type: 'mapped', txid, to, mapped: from } };
      }),
      sweep: assign(({ context }) => ({ rooms: sweep(context.rooms, context.now), now: context.now + SWEEP_MS })),
      concludeSocket: assign(({ event }) => {
        assertEvent(event, 'net.failed');
        return { failure: explainSocket(event) };
      }),
      concludeNotOpened: assign({ failure: failed('socket-failed', 'The system did not open a UDP socket.') }),
    },
    guards: {
      isMain: ({ event }) => (event.type === 'udp.opened' || event.type === 'net.failed') && event.socket === 'main',
      isAlternateTaken: ({ context, event }) =>
        event.type === 'net.failed' && event.socket === 'alternate' && event.effect === 'udp.open' && context.alternatesTried < 1,
      isMainLost: ({ event }) => event.type === 'net.failed' && event.socket === 'main' && event.effect === 'udp.open',
    },
    delays: { openDeadline: OPEN_DEADLINE_MS, sweepInterval: SWEEP_MS },
  })
  .createMachine({
    id: 'udp-punch/rendezvous',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => ({
      input: input ?? { listen: { host: '0.0.0.0', port: 0 }, seed: '' },
      alternate: undefined,
      alternatesTried: 0,
      rooms: noRooms(input?.seed ?? ''),
      now: 0,
      failure: undefined,
    }),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.failure,
    initial: 'opening',
    on: {
      'net.failed': { guard: 'isMainLost', target: '.failed', actions: 'concludeSocket' },
      close: '.closed',
    },
    states: {
      opening: {
        entry: 'openMain',
        on: { 'udp.opened': { guard: 'isMain', target: 'serving', actions: 'reportListening' } },
        after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
      },
      serving: {
        entry: 'openAlternate',
        on: {
          'udp.opened': { actions: 'rememberAlternate' },
          'net.failed': [
            { guard: 'isMainLost', target: '#rendezvous-failed', actions: 'concludeSocket' },
            { guard: 'isAlternateTaken', actions: ['openAnyAlternate', 'countAlternate'] },
          ],
          register: { actions: 'admit' },
          leave: { actions: 'dismiss' },
          observe: { actions: 'answerObservation' },
        },
        initial: 'watching',
        states: {
          watching: { after: { sweepInterval: { target: 'watching', reenter: true, actions: 'sweep' } } },
        },
      },
      closed: { type: 'final' },
      failed: { id: 'rendezvous-failed', type: 'final' },
    },
  });

function alternatePort({ port }: Endpoint): number {
  return port === 0 || port === 65_535 ? 0 : port + 1;
}
