/**
 * The life of every server: its sockets open one after the other, it serves, it ends. What a server answers is a function of
 * its memory and one message, given by a plan; sockets, deadlines, failures and the clean end are the same for all of them.
 */
import { assertEvent, setup } from 'xstate';
import { ANYWHERE, type Endpoint } from '../effects/endpoint.ts';
import { type Arrival, type NetCommand, type NetHeard, netPort } from '../effects/net-actor.ts';
import type { NetEvent } from '../effects/net.ts';
import type { ServerReported } from '../effects/scenario.ts';
import type { TcpLimits } from '../effects/tcp-limits.ts';
import { MAX_ITERATIONS } from './limits.ts';
import { explainSocket, type Failed, failed } from './outcome.ts';
import { OPEN_DEADLINE_MS } from './timing.ts';

export interface ServerPlan<M extends { readonly type: string }, I, S> {
  /** As in logs, e.g. `udp-punch/rendezvous`. */
  readonly id: string;
  /** Stands in for the input where xstate builds a context without one. */
  readonly defaultInput: I;
  /** In the order of opening. */
  readonly sockets: (input: I) => readonly SocketPlan[];
  readonly memory: (input: I) => S;
  /** Takes one message in. Pure; called only once every socket is open. */
  readonly receive?: (memory: S, message: M & Arrival, opened: Opened) => Step<M, S>;
  /** Somebody has connected to a listening socket of the plan; what they send comes as messages of `socket`. */
  readonly accept?: (memory: S, connection: Accepted, opened: Opened) => Step<M, S>;
  /** A connection is over, by whichever end. */
  readonly end?: (memory: S, connection: { readonly socket: string; readonly at: number }) => Step<M, S>;
  /** Forgets what is too old, every few seconds. `now` is the time of the last message or later. */
  readonly sweep?: (memory: S, now: number) => Step<M, S>;
  /** True when the codec answers everything by itself, see `Codec.reflex`. */
  readonly reflex?: true;
}

export interface SocketPlan {
  readonly socket: string;
  readonly transport?: 'tcp';
  /** Of its connections; default: `TCP_LIMITS`. */
  readonly limits?: TcpLimits;
  /** Where to listen: the first of these that can be had; where there is none, it is left out. Asked when its turn comes, so it may follow the ports of others. */
  readonly at: (opened: Opened) => readonly Endpoint[];
  /** The server can do without it, and does not announce it unless it says `announce`. */
  readonly optional?: true;
  readonly announce?: true;
}

/** What is open, by the label of the socket. */
export type Opened = Readonly<Record<string, Endpoint>>;

export interface Step<M, S> {
  readonly memory: S;
  readonly replies: readonly Reply<M>[];
  /** For the operator. */
  readonly news?: Omit<ServerReported, 'type'> | undefined;
}

/** Places for a second port: the one after the first, so that a firewall can be told; any free one if that is taken. */
export function alternatesOf({ host, port }: Endpoint): readonly Endpoint[] {
  return [port === 0 || port === 65_535 ? 0 : port + 1, 0].map((next) => ({ host, port: next }));
}

/** A datagram, a message on a connection, or the end of a connection. */
export type Reply<M> =
  | { readonly socket: string; readonly to: Endpoint; readonly message: M }
  | { readonly socket: string; readonly to?: never; readonly message: M }
  | { readonly socket: string; readonly close: true };

export type Accepted = Extract<NetEvent, { type: 'tcp.accepted' }>;

export interface ServerContext<I, S> {
  readonly input: I;
  readonly opened: Opened;
  /** Which socket of the plan is being opened, and at which of its places. */
  readonly turn: number;
  readonly place: number;
  readonly memory: S;
  /** The time of the last message and the sweeps since, which is all the time a pure machine knows. */
  readonly now: number;
  readonly failure: Failed | undefined;
}

/** How often old memories are looked for. */
const SWEEP_MS = 5_000;
/**
 * Connections of TCP clients. Idle: Ti of RFC 8489 §6.2.2, after which a client has given up. Life: several such exchanges one
 * after the other, a guess; who wants more connects again. A host: a carrier puts many customers behind one address.
 */
const TCP_LIMITS: TcpLimits = { idleMs: 39_500, lifeMs: 300_000, limit: 4_096, perHost: 64 };

export function serverMachine<M extends { readonly type: string }, I, S>(plan: ServerPlan<M, I, S>) {
  type Context = ServerContext<I, S>;
  type Event = NetHeard<{ readonly type: never }> | { readonly type: 'close' };
  const serverSetup = setup({
    types: {} as { context: Context; events: Event; input: I; output: Failed | undefined; emitted: ServerReported },
    actors: { net: netPort<M>() },
  });
  const { assign, enqueueActions, sendTo } = serverSetup;

  /** The socket whose turn it is, and where to open it. */
  const wanted = ({ input, opened, turn, place }: Context) => {
    const socket = plan.sockets(input)[turn];
    return socket && { socket, at: socket.at(opened)[place], last: socket.at(opened).length - 1 <= place };
  };

  /** The socket of the plan that could not be opened, or broke; the failures of connections are not among them. */
  const lost = (input: I, event: Event): SocketPlan | undefined =>
    event.type === 'net.failed' && (event.effect === 'udp.open' || event.effect === 'tcp.listen')
      ? plan.sockets(input).find(({ socket }) => socket === event.socket)
      : undefined;
  const isRefused = (context: Context, event: Event): boolean => {
    const socket = lost(context.input, event)?.socket;
    return socket !== undefined && socket === wanted(context)?.socket.socket;
  };

  /** What a step asks for. */
  const carryOut = (decide: (where: { readonly context: Context; readonly event: Event }) => { readonly step: Step<M, S> | undefined; readonly now: number }) =>
    enqueueActions(({ context, event, enqueue }) => {
      const { step, now } = decide({ context, event });
      enqueue.assign({ now, ...(step ? { memory: step.memory } : {}) });
      for (const reply of step?.replies ?? []) enqueue.sendTo('net', commandOf(reply));
      if (step?.news) enqueue.emit({ type: 'server', ...step.news });
    });

  return serverSetup
    .extend({
      actions: {
        openNext: sendTo('net', ({ context }) => {
          const { socket: { socket, transport, limits = TCP_LIMITS } = NO_SOCKET, at: local = ANYWHERE } = wanted(context) ?? {};
          return transport === 'tcp' ? { type: 'tcp.listen', socket, local, ...limits } : { type: 'udp.open', socket, local };
        }),
        nextSocket: assign({ turn: ({ context }) => context.turn + 1, place: 0 }),
        nextPlace: assign({ place: ({ context }) => context.place + 1 }),
        rememberSocket: assign(({ context, event }) => {
          assertEvent(event, ['udp.opened', 'tcp.listening']);
          return { opened: { ...context.opened, [event.socket]: event.local } };
        }),
        reportListening: enqueueActions(({ context, event, enqueue }) => {
          assertEvent(event, ['udp.opened', 'tcp.listening']);
          const { optional, announce } = wanted(context)?.socket ?? {};
          if (!optional || announce) enqueue.emit({ type: 'server', what: 'listening', local: event.local, ...(event.type === 'tcp.listening' ? { transport: 'tcp' } : {}) });
        }),
        startReflex: enqueueActions(({ context, enqueue }) => {
          if (plan.reflex) enqueue.sendTo('net', { type: 'reflex', sockets: context.opened });
        }),
        receive: carryOut(({ context, event }) => {
          const message = event as unknown as M & Arrival;
          return { step: plan.receive?.(context.memory, message, context.opened), now: message.at };
        }),
        accept: carryOut(({ context, event }) => {
          assertEvent(event, 'tcp.accepted');
          return { step: plan.accept?.(context.memory, event, context.opened), now: event.at };
        }),
        endConnection: carryOut(({ context, event }) => {
          assertEvent(event, ['tcp.closed', 'net.failed']);
          return { step: plan.end?.(context.memory, event), now: event.at };
        }),
        sweep: carryOut(({ context: { memory, now } }) => ({ step: plan.sweep?.(memory, now), now: now + SWEEP_MS })),
        concludeSocket: assign(({ event }) => {
          assertEvent(event, 'net.failed');
          return { failure: explainSocket(event) };
        }),
        concludeNotOpened: assign({ failure: failed('socket-failed', 'The system did not open a socket.') }),
      },
      guards: {
        isMessage: ({ event }) => 'from' in event && event.type !== 'net.unreadable',
        isAllOpen: ({ context }) => wanted(context) === undefined,
        isNowhere: ({ context }) => wanted(context)?.at === undefined,
        isWanted: ({ context, event }) => 'socket' in event && event.socket === wanted(context)?.socket.socket,
        hasAnotherPlace: ({ context, event }) => isRefused(context, event) && wanted(context)?.last === false,
        isSkippable: ({ context, event }) => isRefused(context, event) && wanted(context)?.socket.optional === true,
        isDispensable: ({ context, event }) => lost(context.input, event)?.optional === true,
        isSocketLost: ({ context, event }) => lost(context.input, event) !== undefined,
        // A listener for which there are no more files accepts again when there are.
        isShortOfFiles: ({ context, event }) => event.type === 'net.failed' && event.effect === 'tcp.listen' && event.code === 'exhausted' && lost(context.input, event) !== undefined,
        isOfConnection: ({ event }) => event.type === 'net.failed' && (event.effect === 'tcp.listen' || event.effect === 'tcp.send'),
      },
      delays: { openDeadline: OPEN_DEADLINE_MS, sweepInterval: SWEEP_MS },
    })
    .createMachine({
      id: plan.id,
      options: { maxIterations: MAX_ITERATIONS },
      context: ({ input = plan.defaultInput }) => ({ input, opened: {}, turn: 0, place: 0, memory: plan.memory(input), now: 0, failure: undefined }),
      invoke: { src: 'net', id: 'net' },
      output: ({ context }) => context.failure,
      initial: 'opening',
      on: { close: '.closed' },
      states: {
        opening: {
          initial: 'next',
          states: {
            next: { always: [{ guard: 'isAllOpen', target: '#serving' }, { guard: 'isNowhere', target: 'next', reenter: true, actions: 'nextSocket' }, { target: 'asked' }] },
            asked: { entry: 'openNext' },
          },
          on: {
            'udp.opened': { guard: 'isWanted', target: '.next', actions: ['rememberSocket', 'reportListening', 'nextSocket'] },
            'tcp.listening': { guard: 'isWanted', target: '.next', actions: ['rememberSocket', 'reportListening', 'nextSocket'] },
            'net.failed': [
              { guard: 'hasAnotherPlace', target: '.next', actions: 'nextPlace' },
              { guard: 'isSkippable', target: '.next', actions: 'nextSocket' },
              { guard: 'isDispensable' },
              { guard: 'isSocketLost', target: 'failed', actions: 'concludeSocket' },
            ],
          },
          after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
        },
        serving: {
          id: 'serving',
          entry: 'startReflex',
          initial: 'watching',
          on: {
            'net.failed': [
              { guard: 'isShortOfFiles' },
              { guard: 'isDispensable' },
              { guard: 'isSocketLost', target: 'failed', actions: 'concludeSocket' },
              { guard: 'isOfConnection', actions: 'endConnection' },
            ],
            'tcp.accepted': { actions: 'accept' },
            'tcp.closed': { actions: 'endConnection' },
            '*': { guard: 'isMessage', actions: 'receive' },
          },
          states: {
            watching: { after: { sweepInterval: { target: 'watching', reenter: true, actions: 'sweep' } } },
          },
        },
        closed: { type: 'final' },
        failed: { type: 'final' },
      },
    });
}

const NO_SOCKET: SocketPlan = { socket: '', at: () => [ANYWHERE] };

function commandOf<M>(reply: Reply<M>): NetCommand<M> {
  if ('close' in reply) return { type: 'close', socket: reply.socket };
  const { socket, to, message } = reply;
  return to ? { type: 'udp.send', socket, to, message } : { type: 'tcp.send', socket, message };
}
