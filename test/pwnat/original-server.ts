/**
 * pwnat's server side, written from its description and from nothing of ours, with its faults: each HELLO is another client,
 * data before HELLOACK is acknowledged and lost, an end of its TCP side is told to nobody, and what comes is not asked whence.
 */
import type { FakeSocket } from '../../adapters/sim/index.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Handlers, Stream } from './original-client.ts';
import { StopAndWait, type Timers } from './stop-and-wait.ts';
import { type Message, read, requestBody, TYPE, write } from './tunnel-bytes.ts';

export interface ServerOptions {
  readonly timers: Timers;
  /** Bound already. */
  readonly socket: FakeSocket;
  /** `host:port` as the HELLO says it, either side perhaps empty; none allow everything. */
  readonly allow: readonly string[];
  /** Connects by TCP; `closed` when that fails. */
  readonly connect: (host: string, port: number, handlers: Handlers) => Stream;
}

interface Client {
  readonly id: number;
  readonly source: Endpoint;
  readonly request: number;
  readonly host: string;
  readonly port: number;
  tunnel?: StopAndWait;
  stream?: Stream;
  aliveMs: number;
}

const DEAD_AFTER_MS = 421_000;
const SWEEP_MS = 1_000;

export class OriginalServer {
  /** What it would print. */
  readonly printed: string[] = [];
  readonly #options: ServerOptions;
  readonly #clients = new Map<number, Client>();
  #nextId = 1;
  #lastId = 0;
  #isOver = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    options.socket.on('message', (data, { address, port }) => this.#hear(data, { host: address, port }));
    this.#sweep();
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** What it answers to a client's ICMP: an empty datagram to the port that both use. */
  knock(client: string): void {
    this.#options.socket.send(Buffer.alloc(0), this.#options.socket.address().port, client);
  }

  stop(): void {
    this.#isOver = true;
    for (const client of this.#clients.values()) this.#drop(client, 'stopped');
    this.#options.socket.close();
  }

  #hear(data: Buffer, source: Endpoint): void {
    if (data.length === 0) {
      const last = this.#clients.get(this.#lastId);
      return last && this.#drop(last, 'an empty datagram');
    }
    const message = read(data);
    if (message === undefined) return;
    if (message.id === 0) return message.type === TYPE.hello ? this.#welcome(message.body, source) : undefined;
    const client = this.#clients.get(message.id);
    if (client === undefined) return;
    this.#lastId = client.id;
    this.#heard(client, message);
  }

  #welcome(body: Buffer, source: Endpoint): void {
    const text = body.subarray(2).toString('latin1');
    const space = text.indexOf(' ');
    const [host, port] = [text.slice(0, space), text.slice(space + 1)];
    const id = this.#nextId;
    if (!this.#allows(host, port)) {
      this.printed.push(`denied ${host}:${port}`);
      return this.#send({ id, source }, TYPE.goodbye);
    }
    this.#nextId = (id + 1) & 0xffff;
    const client: Client = { id, source, request: body.readUInt16BE(0), host, port: Number(port), aliveMs: 0 };
    this.#clients.set(id, client);
    this.#lastId = id;
    this.#send(client, TYPE.helloAck, requestBody(client.request));
  }

  #allows(host: string, port: string): boolean {
    const { allow } = this.#options;
    return allow.length === 0 || allow.some((one) => {
      const colon = one.lastIndexOf(':');
      const [wantedHost, wantedPort] = [one.slice(0, colon), one.slice(colon + 1)];
      return (wantedHost === '' || wantedHost === host) && (wantedPort === '' || wantedPort === port);
    });
  }

  #heard(client: Client, message: Message): void {
    switch (message.type) {
      case TYPE.goodbye:
        return this.#drop(client, 'goodbye');
      case TYPE.helloAck:
        if (message.body.length === 2 && message.body.readUInt16BE(0) === client.request) this.#connect(client);
        return;
      case TYPE.keepalive:
        client.aliveMs = 0;
        return;
      case TYPE.data0:
      case TYPE.data1:
        // Before HELLOACK it says that it has come, and throws it away.
        if (!client.tunnel) return this.#send(client, message.type === TYPE.data0 ? TYPE.ack0 : TYPE.ack1);
        if (message.body.length > 0) return void client.tunnel.hear(message);
        // It says that it has come, reads the emptiness as an end, and tells nobody.
        this.#send(client, message.type === TYPE.data0 ? TYPE.ack0 : TYPE.ack1);
        return this.#drop(client, 'an empty message');
      default:
        client.tunnel?.hear(message);
    }
  }

  #connect(client: Client): void {
    if (client.tunnel) return;
    const tunnel = new StopAndWait(this.#options.timers, {
      send: (type, body) => this.#send(client, type, body),
      deliver: (data) => client.stream?.write(data),
      gaveUp: () => this.#drop(client, 'no acknowledgement'),
    });
    client.tunnel = tunnel;
    client.stream = this.#options.connect(client.host, client.port, {
      received: (data) => tunnel.write(data),
      closed: () => this.printed.push(`TCP of ${client.id} ended`),
    });
  }

  #send({ id, source }: Pick<Client, 'id' | 'source'>, type: number, body?: Buffer): void {
    if (!this.#isOver) this.#options.socket.send(write(id, type, body), source.port, source.host);
  }

  #drop(client: Client, why: string): void {
    this.printed.push(`client ${client.id}: ${why}`);
    this.#clients.delete(client.id);
    client.tunnel?.stop();
    client.stream?.end();
  }

  #sweep(): void {
    this.#options.timers.setTimeout(() => {
      if (this.#isOver) return;
      for (const client of this.#clients.values()) {
        client.aliveMs += SWEEP_MS;
        if (client.aliveMs >= DEAD_AFTER_MS) this.#drop(client, 'no keepalive');
      }
      this.#sweep();
    }, SWEEP_MS);
  }
}
