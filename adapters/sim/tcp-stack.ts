/**
 * The TCP of one host: whose port it is, which connection a segment belongs to, and a RST for those that belong to none.
 * Ports are shared and refused as Linux does it for programs on libuv, which bind with SO_REUSEADDR.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { chance, seedOf } from '../../effects/seed.ts';
import type { VirtualClock } from './clock.ts';
import { ANY_ADDRESS, type EphemeralPorts, LOOPBACK, type Refused } from './ports.ts';
import { KERNEL, type TcpPacket } from './packet.ts';
import { TcpConnection } from './tcp-connection.ts';
import { DEAF, type TcpGround, type TcpHandler } from './tcp-handler.ts';
import { resetFor, type Segment } from './tcp-segment.ts';

/** What the stack needs of its host. */
export interface TcpHost {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly seed: string;
  readonly addresses: readonly string[];
  owns(address: string): boolean;
  emit(socket: string, src: Endpoint, dst: Endpoint, segment: Segment, data: Uint8Array): void;
  delivered(packet: TcpPacket, socket: string): void;
  dropped(packet: TcpPacket): void;
}

export interface TcpListener {
  readonly label: string;
  readonly local: Endpoint;
  /** The connection is up, and the caller's to hold: it gets its handler here. */
  readonly accepted: (connection: TcpConnection) => void;
}

/** The TCP of one host: handshake, simultaneous open, retransmission, RST, FIN, and the kernel's rules of who may bind what. */
export class TcpStack implements TcpGround {
  /**
   * Who gets a SYN that crosses one of ours where a listener has the port too: the connection, as on Linux, or the listener,
   * as on the other stacks of Ford 2005 §4.3; the attempt then fails, its pair of ends taken.
   */
  crossing: 'connected' | 'accepted' = 'connected';
  readonly #host: TcpHost;
  readonly #seed: number;
  #begun = 0;
  readonly #ephemeral: EphemeralPorts;
  readonly #connections = new Map<string, TcpConnection>();
  readonly #byPort = new Map<number, Set<TcpConnection>>();
  readonly #listeners = new Map<number, TcpListener[]>();
  /** Those that no listener has been told of yet. */
  readonly #pending = new Map<TcpConnection, TcpListener>();
  /** Those whose port the system chose as they connected: nobody else may bind it. */
  readonly #exclusive = new WeakSet<TcpConnection>();

  constructor(host: TcpHost, ephemeral: EphemeralPorts) {
    this.#host = host;
    this.#ephemeral = ephemeral;
    this.#seed = seedOf(host.seed, `${host.name} tcp`);
  }

  get clock(): VirtualClock {
    return this.#host.clock;
  }

  /** Listens on `local`; port 0 is any. */
  listen(label: string, local: Endpoint, accepted: TcpListener['accepted']): TcpListener | Refused {
    const bound = this.#bind(local);
    if ('code' in bound) return bound;
    const listener = { label, local: bound, accepted };
    this.#listeners.set(bound.port, [...(this.#listeners.get(bound.port) ?? []), listener]);
    return listener;
  }

  /**
   * Ends a listener. What it has not been told of still takes up its pair of ends for a moment, as on Linux, but is known no
   * more when the next segment comes.
   */
  unlisten(listener: TcpListener): void {
    const { port } = listener.local;
    const left = this.#listeners.get(port)?.filter((other) => other !== listener) ?? [];
    if (left.length === 0) this.#listeners.delete(port);
    else this.#listeners.set(port, left);
    for (const [connection, owner] of this.#pending) if (owner === listener) connection.lapse();
  }

  /** Begins to connect; `local` says from where, by default from any address and a port of its own. */
  connect(label: string, remote: Endpoint, local: Endpoint | undefined, handler: TcpHandler): TcpConnection | Refused {
    const host = local === undefined || local.host === ANY_ADDRESS ? this.#sourceFor(remote.host) : local.host;
    if (host === LOOPBACK && !this.#host.owns(remote.host)) return { code: 'unreachable', detail: 'from loopback no way leads there' };
    const bound = this.#bind({ host, port: local?.port ?? 0 });
    if ('code' in bound) return bound;
    const known = this.#connections.get(keyOf(bound, remote));
    if (known !== undefined && known.state !== 'time-wait') return { code: 'address-in-use', detail: 'there is a connection between these two already' };
    if (known !== undefined) this.#forget(known);
    const connection = this.#add(label, bound, remote, handler);
    if (local === undefined) this.#exclusive.add(connection);
    connection.connect();
    return connection;
  }

  /** Forgets every listener and connection, without a word to anybody. */
  fail(): void {
    this.#listeners.clear();
    this.#pending.clear();
    for (const connection of this.#connections.values()) connection.vanish();
  }

  /** Takes one segment that has arrived: for a connection, a listener, or to be answered with RST. */
  receive(packet: TcpPacket): void {
    const { src, dst, segment, data } = packet;
    const connection = this.#current(keyOf(dst, src));
    const listener = segment.syn && segment.ack === undefined && !segment.rst ? this.#listenerAt(dst) : undefined;
    if (connection !== undefined && !(listener !== undefined && connection.yieldsTo(segment))) {
      this.#host.delivered(packet, connection.label);
      if (listener !== undefined && this.crossing === 'accepted' && connection.state === 'syn-sent') this.#handOver(connection, listener);
      return connection.receive(segment, data);
    }
    if (listener === undefined) {
      this.#host.dropped(packet);
      if (!segment.rst) this.#host.emit(KERNEL, dst, src, resetFor(segment, data.length), NOTHING);
      return;
    }
    this.#host.delivered(packet, listener.label);
    if (connection !== undefined) this.#forget(connection);
    const accepted = this.#add(listener.label, dst, src, DEAF);
    this.#await(accepted, listener);
    accepted.accept(segment);
  }

  /** Sends one segment of a connection. */
  transmit({ label, local, remote }: TcpConnection, segment: Segment, data: Uint8Array): void {
    this.#host.emit(label, local, remote, segment, data);
  }

  release(connection: TcpConnection): void {
    this.#pending.delete(connection);
    if (this.#connections.get(keyOf(connection.local, connection.remote)) === connection) this.#forget(connection);
  }

  /** How many connections the system still knows, held or not. */
  get known(): number {
    return this.#connections.size;
  }

  /** What programs hold: listeners, and connections that they have been told of. */
  held(): { readonly label: string; readonly local: Endpoint }[] {
    const connections = [...this.#connections.values()].filter((connection) => connection.handler !== DEAF && !this.#pending.has(connection));
    return [...[...this.#listeners.values()].flat(), ...connections];
  }

  /** The connection by that key, unless its listener has gone before it was up. */
  #current(key: string): TcpConnection | undefined {
    const connection = this.#connections.get(key);
    const owner = connection && this.#pending.get(connection);
    if (owner === undefined || this.#listeners.get(owner.local.port)?.includes(owner) === true) return connection;
    connection?.vanish();
    return undefined;
  }

  /** The listener gets what was an attempt to connect. */
  #handOver(connection: TcpConnection, listener: TcpListener): void {
    const { handler } = connection;
    connection.isPassive = true;
    connection.label = listener.label;
    this.#await(connection, listener);
    handler.broke('taken');
  }

  #await(connection: TcpConnection, listener: TcpListener): void {
    this.#pending.set(connection, listener);
    connection.handler = {
      ...DEAF,
      up: () => {
        this.#pending.delete(connection);
        listener.accepted(connection);
      },
    };
  }

  #add(label: string, local: Endpoint, remote: Endpoint, handler: TcpHandler): TcpConnection {
    const iss = Math.floor(chance(this.#seed, this.#begun++) * 2 ** 32);
    const connection = new TcpConnection(this, label, local, remote, iss, handler);
    this.#connections.set(keyOf(local, remote), connection);
    const sharing = this.#byPort.get(local.port);
    if (sharing === undefined) this.#byPort.set(local.port, new Set([connection]));
    else sharing.add(connection);
    return connection;
  }

  #forget(connection: TcpConnection): void {
    const { local, remote } = connection;
    this.#connections.delete(keyOf(local, remote));
    const sharing = this.#byPort.get(local.port);
    sharing?.delete(connection);
    if (sharing?.size === 0) this.#byPort.delete(local.port);
    if (connection.state === 'time-wait') connection.vanish();
  }

  /** A listener keeps everybody else off its port; connections that named theirs share it. */
  #bind({ host, port }: Endpoint): Endpoint | Refused {
    if (host !== ANY_ADDRESS && !this.#host.owns(host)) return { code: 'address-not-available', detail: 'this host does not have that address' };
    if (port === 0) {
      const free = this.#ephemeral.next((one) => !this.#listeners.has(one) && !this.#byPort.has(one));
      return free === undefined ? { code: 'exhausted', detail: 'no local port is left' } : { host, port: free };
    }
    const isTaken =
      this.#listeners.get(port)?.some(({ local }) => overlaps(local.host, host)) === true ||
      [...(this.#byPort.get(port) ?? [])].some((other) => this.#exclusive.has(other) && overlaps(other.local.host, host));
    return isTaken ? { code: 'address-in-use', detail: 'the address is in use' } : { host, port };
  }

  #listenerAt({ host, port }: Endpoint): TcpListener | undefined {
    const listeners = this.#listeners.get(port);
    return listeners?.find(({ local }) => local.host === host) ?? listeners?.find(({ local }) => local.host === ANY_ADDRESS);
  }

  /** A host talks to itself from the address it is called by. */
  #sourceFor(remote: string): string {
    return this.#host.owns(remote) ? remote : (this.#host.addresses[0] ?? ANY_ADDRESS);
  }
}

const NOTHING = new Uint8Array(0);

function keyOf(local: Endpoint, remote: Endpoint): string {
  return `${local.host}:${local.port} ${remote.host}:${remote.port}`;
}

function overlaps(one: string, other: string): boolean {
  return one === ANY_ADDRESS || other === ANY_ADDRESS || one === other;
}
