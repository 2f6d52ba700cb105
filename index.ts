/**
 * natpunch as a library, on real sockets. For the simulated internet see `natpunch/sim`; for the statecharts themselves
 * `natpunch/machines`.
 */
import type { Duplex } from 'node:stream';
import type { Observable } from 'rxjs';
import { nodeClock } from './adapters/node/clock.ts';
import { nodeNet } from './adapters/node/net.ts';
import { ResolveError, resolveHost } from './adapters/node/resolve.ts';
import { newSeed } from './adapters/node/seed.ts';
import { type Endpoint, parseEndpoint, sameEndpoint } from './effects/endpoint.ts';
import { run } from './effects/run.ts';
import { connect, ConnectionFailed, type Ending } from './machines/connection.ts';
import { untilEnd } from './machines/ending.ts';
import { type Behaviour, type Checked, checkCodec, stunClient } from './machines/nat-check/index.ts';
import type { Failed, FailureReason } from './machines/outcome.ts';
import { openCodec, tcpOpenPeer } from './machines/tcp-open/index.ts';
import { peerCodec, udpPunchPeer } from './machines/udp-punch/index.ts';

/** What `punch()` and `open()` need. Addresses are `host:port`, times ms. */
export interface PunchOptions {
  /** The rendezvous, `host:port`. */
  readonly server: string;
  /** The secret that both peers name. Anyone who can guess it can join; take a long one. */
  readonly room: string;
  /** Gives up, or closes the channel, when aborted. */
  readonly signal?: AbortSignal;
  /** How long to wait for the other peer, ms. Default 60,000. */
  readonly waitMs?: number;
  /** The address to send from. Default: any address, a free port. */
  readonly local?: Partial<Endpoint>;
}

/** A hole to one peer. Datagrams: they may be lost, doubled or reordered, and nothing encrypts them. */
export interface Channel {
  readonly local: Endpoint;
  readonly peer: Endpoint;
  /** From the first packet until the peer was heard. */
  readonly elapsedMs: number;
  /** One datagram, at most 65,507 bytes; about 1,200 pass every path unfragmented. */
  send(data: Uint8Array): void;
  /** The peer's datagrams. Held for the first subscriber; completes when the channel is closed. */
  readonly messages: Observable<Uint8Array>;
  /** Tells the peer and closes the socket. */
  close(): Promise<void>;
  /** How the channel ended. Never rejects. */
  readonly ended: Promise<Ending>;
}

/**
 * Opens a UDP hole to whoever is in the same room of the same rendezvous, and resolves once both directions are proved.
 * Rejects with `ConnectionFailed`: its `reason` is stable, its `message` says what was observed and what would help. Rejects
 * with the signal's reason when aborted, and with a TypeError when the options make no sense.
 */
export async function punch({ server, room, signal, waitMs, local }: PunchOptions): Promise<Channel> {
  signal?.throwIfAborted();
  const named = rendezvousOf(server, room);
  const host = await resolved(named.host, signal, 'no-rendezvous');
  signal?.throwIfAborted();
  const running = run(udpPunchPeer, {
    net: nodeNet(),
    codec: peerCodec(room),
    clock: nodeClock(),
    id: 'peer',
    input: { server: { host, port: named.port }, seed: newSeed(), waitMs, local },
  });
  const connection = connect(running);
  const abort = (): void => void connection.close();
  signal?.addEventListener('abort', abort, { once: true });
  void connection.ended.then(() => signal?.removeEventListener('abort', abort));
  try {
    const { local: from, peer, elapsedMs } = await connection.opened;
    const { send, messages, close, ended } = connection;
    return { local: from, peer, elapsedMs, send, messages, ended, close: async () => void (await close()) };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Where to meet. Whoever writes JavaScript is told here of what a compiler would have told. */
function rendezvousOf(server: unknown, room: unknown): Endpoint {
  const named = typeof server === 'string' ? parseEndpoint(server) : undefined;
  if (!named || named.port === 0) throw new TypeError(`server must be host:port, not '${String(server)}'`);
  if (typeof room !== 'string') throw new TypeError(`room must be a string, the same on both sides, not ${String(room)}`);
  if (room === '') throw new TypeError('room must not be empty');
  return named;
}

/** A connection to one peer, as Node knows them: in order and whole, with backpressure and half-close. Nothing encrypts it. */
export interface OpenStream {
  readonly stream: Duplex;
  readonly local: Endpoint;
  readonly peer: Endpoint;
  /** From the first call until the connection was agreed on. */
  readonly elapsedMs: number;
}

/**
 * Opens a TCP connection to whoever is in the same room of the same rendezvous, through both NATs, and resolves once both sides
 * have proved that they know the room and agreed on the connection. It is the caller's then: the signal does not end it. Rejects as
 * `punch` does.
 */
export async function open({ server, room, signal, waitMs, local }: PunchOptions): Promise<OpenStream> {
  signal?.throwIfAborted();
  const named = rendezvousOf(server, room);
  const host = await resolved(named.host, signal, 'no-rendezvous');
  signal?.throwIfAborted();
  let stream: Duplex | undefined;
  const running = run(tcpOpenPeer, {
    net: nodeNet({ onRelease: (released) => (stream = released) }),
    codec: openCodec(room),
    clock: nodeClock(),
    id: 'peer',
    input: { server: { host, port: named.port }, seed: newSeed(), waitMs, local },
  });
  const connection = connect(running);
  const abort = (): void => void connection.close();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const { local: from, peer, elapsedMs } = await connection.opened;
    if (!stream) throw new Error('a connection was agreed on, but never given away');
    return { stream, local: from, peer, elapsedMs };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** What `check()` needs. Addresses are `host:port`, times ms. */
export interface CheckOptions {
  /**
   * STUN servers, `host:port`. The first that can answer from two addresses is asked for most; one that cannot tells less.
   * A name without an address is left out while another has one.
   */
  readonly stun: readonly string[];
  /** Ends the check when aborted. */
  readonly signal?: AbortSignal;
  /** Where the tested socket is bound. Default: any address, a free port. */
  readonly local?: Partial<Endpoint>;
  /** Also find how long a silent mapping lives, up to so many ms. Takes minutes. */
  readonly lifetimeMs?: number;
}

/**
 * Finds out what the NATs before this host do: verdict, mapping, filtering and more, each with its evidence; null where the
 * servers cannot tell. Takes about a second. UDP that is blocked is a verdict too. Rejects with `ConnectionFailed` when
 * this host cannot ask at all, with the signal's reason when aborted, and with a TypeError when the options make no sense.
 */
export async function check({ stun, signal, local, lifetimeMs }: CheckOptions): Promise<Behaviour> {
  signal?.throwIfAborted();
  if (!Array.isArray(stun)) throw new TypeError(`stun must be a list of host:port, not '${String(stun)}'`);
  const named = stun.map(parseEndpoint).flatMap((one) => (one && one.port !== 0 ? [one] : []));
  if (named.length === 0 || named.length < stun.length) throw new TypeError(`stun must be a list of host:port, not '${stun.join(', ')}'`);
  const servers = await resolvedOnes(named, signal);
  const running = run(stunClient, { net: nodeNet(), codec: checkCodec(), clock: nodeClock(), id: 'check', input: { servers, seed: newSeed(), local, lifetimeMs } });
  const { ended, close } = untilEnd<Checked | Failed>(running);
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted) close();
  const outcome = await ended.finally(() => signal?.removeEventListener('abort', close));
  signal?.throwIfAborted();
  if (outcome.kind === 'failed') throw new ConnectionFailed(outcome);
  const { kind: _kind, ...behaviour } = outcome;
  return behaviour;
}

/** Those of several servers whose names have addresses, each once. Rejects when none has. */
async function resolvedOnes(named: readonly Endpoint[], signal: AbortSignal | undefined): Promise<readonly Endpoint[]> {
  const failures: ConnectionFailed[] = [];
  const found = await Promise.all(
    named.map(async ({ host, port }) =>
      resolved(host, signal, 'no-server').then(
        (address) => [{ host: address, port }],
        (error: unknown) => {
          if (!(error instanceof ConnectionFailed)) throw error;
          failures.push(error);
          return [];
        },
      ),
    ),
  );
  const servers = found.flat();
  if (servers.length === 0 && failures[0]) throw failures[0];
  return servers.filter((one, i) => servers.findIndex((other) => sameEndpoint(one, other)) === i);
}

/** A server's address; a signal does not wait for a slow resolver. */
async function resolved(name: string, signal: AbortSignal | undefined, reason: FailureReason): Promise<string> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([resolveHost(name), aborted]);
  } catch (error) {
    if (error instanceof ResolveError) throw new ConnectionFailed({ kind: 'failed', reason, detail: error.message });
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

export { ConnectionFailed };
export type { Endpoint, Ending };
export type { Behaviour, FailureReason };
