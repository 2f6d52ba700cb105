/**
 * natpunch as a library, on real sockets. For the simulated internet see `natpunch/sim`; for the statecharts themselves
 * `natpunch/machines`.
 */
import type { Observable } from 'rxjs';
import { nodeClock } from './adapters/node/clock.ts';
import { nodeNet } from './adapters/node/net.ts';
import { ResolveError, resolveHost } from './adapters/node/resolve.ts';
import { newSeed } from './adapters/node/seed.ts';
import { type Endpoint, parseEndpoint } from './effects/endpoint.ts';
import { run } from './effects/run.ts';
import { connect, ConnectionFailed, type Ending } from './machines/connection.ts';
import { peerCodec, udpPunchPeer } from './machines/udp-punch/index.ts';

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
  const named = parseEndpoint(server);
  if (!named || named.port === 0) throw new TypeError(`server must be host:port, not '${server}'`);
  if (room === '') throw new TypeError('room must not be empty');
  const host = await resolved(named.host, signal);
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
  if (signal?.aborted) abort();
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

/** The rendezvous's address; a signal does not wait for a slow resolver. */
async function resolved(name: string, signal: AbortSignal | undefined): Promise<string> {
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  try {
    return await Promise.race([resolveHost(name), aborted]);
  } catch (error) {
    if (error instanceof ResolveError) throw new ConnectionFailed({ kind: 'failed', reason: 'no-rendezvous', detail: error.message });
    throw error;
  }
}

export { ConnectionFailed };
export type { Endpoint, Ending };
export type { FailureReason } from './machines/outcome.ts';
