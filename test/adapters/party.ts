/** One user of a network in the contract's tests: asks effects, keeps the events it hears, and can be waited for. */
import { Subject, type Subscription } from 'rxjs';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Net, NetEffect, NetEvent } from '../../effects/net.ts';
import type { TcpLimits } from '../../effects/tcp-limits.ts';

type EventOf<T extends NetEvent['type']> = Extract<NetEvent, { type: T }>;

/** Lets the network go on until `met` holds; rejects, naming `what`, when it does not in time. */
export type Await = (met: () => boolean, what: string) => Promise<void>;

export class Party {
  readonly events: NetEvent[] = [];
  readonly #effects = new Subject<NetEffect>();
  readonly #until: Await;
  readonly #subscription: Subscription;

  constructor(net: Net, until: Await) {
    this.#until = until;
    this.#subscription = net(this.#effects).subscribe((event) => this.events.push(event));
  }

  ask(...effects: readonly NetEffect[]): void {
    for (const effect of effects) this.#effects.next(effect);
  }

  /** All events of a type so far, of one socket if it is named. */
  heard<T extends NetEvent['type']>(type: T, socket?: string): readonly EventOf<T>[] {
    const isOne = (event: NetEvent): event is EventOf<T> => event.type === type && (socket === undefined || event.socket === socket);
    return this.events.filter(isOne);
  }

  /** The `nth` event of a type, once it is there. */
  async next<T extends NetEvent['type']>(type: T, { socket, nth = 1 }: { readonly socket?: string; readonly nth?: number } = {}): Promise<EventOf<T>> {
    await this.#until(() => this.heard(type, socket).length >= nth, `${type} no. ${nth} of ${socket ?? 'any socket'}`);
    const event = this.heard(type, socket)[nth - 1];
    if (!event) throw new Error('the wait ended too early');
    return event;
  }

  /** Opens a socket on an address and tells where it is. */
  async open(socket: string, host: string, port = 0): Promise<Endpoint> {
    const nth = this.heard('udp.opened', socket).length + 1;
    this.ask({ type: 'udp.open', socket, local: { host, port } });
    return (await this.next('udp.opened', { socket, nth })).local;
  }

  send(socket: string, to: Endpoint, ...bytes: readonly number[]): void {
    this.ask({ type: 'udp.send', socket, to, data: Uint8Array.from(bytes) });
  }

  /** Listens on a free port of an address, with limits if given, and tells where. */
  async listen(socket: string, host: string, limits: TcpLimits = {}): Promise<Endpoint> {
    const nth = this.heard('tcp.listening', socket).length + 1;
    this.ask({ type: 'tcp.listen', socket, local: { host, port: 0 }, ...limits });
    return (await this.next('tcp.listening', { socket, nth })).local;
  }

  /** Connects and tells this end. */
  async connect(socket: string, to: Endpoint, local?: Endpoint): Promise<Endpoint> {
    const nth = this.heard('tcp.connected', socket).length + 1;
    this.ask({ type: 'tcp.connect', socket, to, ...(local ? { local } : {}) });
    return (await this.next('tcp.connected', { socket, nth })).local;
  }

  write(socket: string, ...bytes: readonly number[]): void {
    this.ask({ type: 'tcp.send', socket, data: Uint8Array.from(bytes) });
  }

  /** The stream so far, once it is of that length at least. */
  async read(socket: string, length: number): Promise<Uint8Array> {
    const arrived = (): number => this.heard('tcp.received', socket).reduce((sum, { data }) => sum + data.length, 0);
    await this.#until(() => arrived() >= length, `byte no. ${length} of ${socket}`);
    return Uint8Array.from(Buffer.concat(this.heard('tcp.received', socket).map(({ data }) => data)));
  }

  /** Resolves once `met` holds; rejects, naming `what`, when it does not in time. */
  eventually(met: () => boolean, what: string): Promise<void> {
    return this.#until(met, what);
  }

  /** How a connection ended: its `tcp.closed`, or its failure's code. */
  async ended(socket: string): Promise<readonly string[]> {
    const ends = (): readonly string[] =>
      this.events.flatMap((event) => {
        if (event.socket !== socket) return [];
        return event.type === 'tcp.closed' ? ['closed'] : event.type === 'net.failed' ? [event.code] : [];
      });
    await this.#until(() => ends().length > 0, `the end of ${socket}`);
    return ends();
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }
}
