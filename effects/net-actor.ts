/**
 * The one actor that touches a network. It encodes on the way out and decodes on the way in: machines and the inspector
 * see messages, adapters and recordings see bytes. Payload passes beside the machine once the machine has named a route.
 */
import { Subject } from 'rxjs';
import { type AnyEventObject, type CallbackActorLogic, fromCallback } from 'xstate';
import type { Codec, Reflex } from './codec.ts';
import { type Endpoint, sameEndpoint } from './endpoint.ts';
import { streams } from './streams.ts';
import type { Net, NetEffect, NetEvent, TcpRelease, UdpReceived, UdpSend } from './net.ts';

/** What a machine asks of `net`: the port's effects with messages for bytes, and where payload goes. */
export type NetCommand<M> =
  | Exclude<NetEffect, UdpSend | TcpSend | TcpRelease | IcmpSend>
  | (Omit<UdpSend, 'data' | 'payload'> & { readonly message: M })
  | (Omit<TcpSend, 'data'> & { readonly message: M })
  | (Omit<IcmpSend, 'data'> & { readonly message: M })
  | Omit<TcpRelease, 'unread'>
  | PayloadRoute
  | ReflexStart
  | Several<M>;

/** From now on payload leaves by `socket` to `to`, and is taken from any of `from`. */
export interface PayloadRoute {
  readonly type: 'payload.route';
  readonly socket: string;
  readonly to: Endpoint;
  readonly from: readonly Endpoint[];
}

/** Commands in this order. For machines that ask much at once: each message to an actor has its price. */
export interface Several<M> {
  readonly type: 'several';
  readonly commands: readonly NetCommand<M>[];
}

/** From now on the codec's reflex answers what arrives on any socket; the machine hears of no message and of no connection. */
export interface ReflexStart {
  readonly type: 'reflex';
  /** What is open, by label. */
  readonly sockets: Readonly<Record<string, Endpoint>>;
}

/** What a machine hears: a protocol message under its own name with where it came from, or an event of the port. */
export type NetHeard<M> = (M & Arrival) | Exclude<NetEvent, UdpReceived | TcpReceived | IcmpReceived> | Unreadable;

type TcpSend = Extract<NetEffect, { type: 'tcp.send' }>;
type TcpReceived = Extract<NetEvent, { type: 'tcp.received' }>;
type IcmpSend = Extract<NetEffect, { type: 'icmp.send' }>;
type IcmpReceived = Extract<NetEvent, { type: 'icmp.received' }>;

export interface Arrival {
  readonly socket: string;
  /** Of ICMP, which has no ports, with port 0. */
  readonly from: Endpoint;
  readonly at: number;
}

export interface Unreadable extends Arrival {
  readonly type: 'net.unreadable';
  /** For people. A machine must not act on it: logs do not keep unreadable bytes, so a replay has another reason. */
  readonly reason: string;
}

/** The application's end of a connection. */
export interface PayloadPort {
  readonly outgoing: Subject<Uint8Array>;
  readonly incoming: Subject<Uint8Array>;
}

/** What one run of a machine is connected to. */
export interface Environment {
  readonly net: Net;
  readonly codec: Codec<{ readonly type: string }>;
  readonly payload: PayloadPort;
}

/**
 * Environments by actor system, so one logic serves every run. Giving each run a logic of its own through provide() would
 * make xstate compile the whole statechart again: about 0.3 ms, more than a punch costs on the simulated internet.
 */
const environments = new WeakMap<object, Environment>();

/** To be called by `run()` before the machine of that system starts. */
export function connectSystem(system: object, environment: Environment): void {
  environments.set(system, environment);
}

/** The `net` of a machine's `setup()`, invoked once at its root. */
export function netPort<M extends { readonly type: string }>(): CallbackActorLogic<NetCommand<M>> {
  return fromCallback<NetCommand<M>>(({ system, sendBack, receive }) => {
    const environment = environments.get(system);
    if (!environment) throw new Error('This machine has no network: start it with run() of effects/run.ts.');
    const { listen, stop } = bridge<M>(environment, sendBack);
    receive(listen);
    return stop;
  });
}

/** Datagrams kept for a source that the machine has not named yet; a peer may be a round trip ahead of us. The oldest go first. */
const EARLY_PAYLOAD_LIMIT = 32;
/** Pieces of streams, at most 64 KiB each, kept until the reflex starts: some ms after its listeners have. The oldest's connections go first. */
const EARLY_PIECES = 32;

function bridge<M extends { readonly type: string }>(
  { net, codec, payload }: Environment,
  sendBack: (event: AnyEventObject) => void,
): { listen(command: NetCommand<M>): void; stop(): void } {
  const effects = new Subject<NetEffect>();
  let route: PayloadRoute | undefined;
  let early: UdpReceived[] = [];
  let reflex: Reflex | undefined;
  let pieces: TcpReceived[] = [];
  const connections = streams(codec);

  const deliver = (event: UdpReceived): void => {
    if (route?.from.some((source) => sameEndpoint(source, event.from))) return payload.incoming.next(event.data);
    early.push(event);
    if (early.length > EARLY_PAYLOAD_LIMIT) early.shift();
  };

  const answerStream = (reflex: Reflex, { socket, data }: TcpReceived): void => {
    const answer = connections.answer(socket, data, reflex);
    if (answer) effects.next(answer);
  };

  const hearStream = (event: TcpReceived): void => {
    const { socket, data, at } = event;
    if (reflex) return answerStream(reflex, event);
    if (codec.reflex) return keepForReflex(event);
    const messages = connections.take(socket, data);
    for (const decoded of messages ?? []) {
      if (decoded.kind === 'message') sendBack({ ...decoded.message, socket, from: decoded.from, at });
      else sendBack({ type: 'net.unreadable', socket, from: decoded.from, at, reason: decoded.kind === 'unreadable' ? decoded.reason : 'no message' } satisfies Unreadable);
    }
    if (messages) return;
    effects.next({ type: 'close', socket });
    sendBack({ type: 'tcp.closed', socket, at } satisfies NetEvent);
  };

  const hearIcmp = ({ socket, data, at, ...event }: IcmpReceived): void => {
    const from = { host: event.from, port: 0 };
    const decoded = codec.icmp?.decode(data, from);
    if (decoded?.kind === 'message') sendBack({ ...decoded.message, socket, from, at });
    if (decoded?.kind === 'unreadable') sendBack({ type: 'net.unreadable', socket, from, at, reason: decoded.reason } satisfies Unreadable);
  };

  const keepForReflex = (event: TcpReceived): void => {
    pieces.push(event);
    const oldest = pieces.length > EARLY_PIECES ? pieces[0]?.socket : undefined;
    if (oldest === undefined) return;
    pieces = pieces.filter(({ socket }) => socket !== oldest);
    connections.forget(oldest);
    effects.next({ type: 'close', socket: oldest });
  };

  const heard = net(effects).subscribe((event) => {
    if (reflex && event.type === 'udp.received') {
      const answer = reflex.datagram(event);
      return answer && effects.next(answer);
    }
    if (event.type === 'tcp.received') return hearStream(event);
    if (event.type === 'icmp.received') return hearIcmp(event);
    if (event.type !== 'udp.received') {
      connections.note(event);
      // Of a reflex's connections the machine hears nothing but what fails, which may be a socket of its own.
      return reflex && event.type !== 'net.failed' ? undefined : sendBack(event);
    }
    const { socket, from, at } = event;
    const decoded = codec.decode(event.data, from);
    switch (decoded.kind) {
      case 'message':
        sendBack({ ...decoded.message, socket, from, at });
        if (decoded.payload) deliver(event);
        return;
      case 'payload':
        return deliver(event);
      case 'unreadable':
        return sendBack({ type: 'net.unreadable', socket, from, at, reason: decoded.reason } satisfies Unreadable);
    }
  });

  const sent = payload.outgoing.subscribe((data) => {
    if (route) effects.next({ type: 'udp.send', socket: route.socket, to: route.to, data, payload: true });
  });

  const listen = (command: NetCommand<M>): void => {
    switch (command.type) {
      case 'udp.send': {
        const { type, socket, to, ttl } = command;
        return effects.next({ type, socket, to, ttl, data: codec.encode(command.message, to) });
      }
      case 'tcp.send':
        return effects.next({ type: 'tcp.send', socket: command.socket, data: codec.encode(command.message) });
      case 'icmp.send': {
        const { type, socket, to, ttl } = command;
        if (!codec.icmp) throw new Error('This protocol speaks no ICMP: its codec has no `icmp`.');
        return effects.next({ type, socket, to, data: codec.icmp.encode(command.message, { host: to, port: 0 }), ...(ttl === undefined ? {} : { ttl }) });
      }
      case 'several':
        return command.commands.forEach(listen);
      case 'payload.route': {
        route = command;
        const waiting = early;
        early = [];
        return waiting.forEach(deliver);
      }
      case 'tcp.release':
        return effects.next({ type: 'tcp.release', socket: command.socket, unread: connections.release(command.socket) });
      case 'reflex': {
        const started = codec.reflex?.(command.sockets);
        reflex = started;
        const waiting = pieces;
        pieces = [];
        return started && waiting.forEach((piece) => answerStream(started, piece));
      }
      case 'close':
        connections.forget(command.socket);
        return effects.next(command);
      default:
        return effects.next(command);
    }
  };

  return {
    listen,
    stop() {
      sent.unsubscribe();
      heard.unsubscribe();
      payload.incoming.complete();
    },
  };
}
