/** The roles of the three-role check on the bench. Addresses are fixed. */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetCommand, NetHeard } from '../../effects/net-actor.ts';
import { type TextAssistInput, textAssist } from '../../machines/nat-check/text-assist.ts';
import type { CheckContext, CheckOutcome, TextClientInput } from '../../machines/nat-check/text-check.ts';
import { textClient } from '../../machines/nat-check/text-client.ts';
import { textServer, type TextServerInput } from '../../machines/nat-check/text-server.ts';
import type { Sessions } from '../../machines/nat-check/text-sessions.ts';
import type { TestedNat, TextMessage } from '../../machines/nat-check/text.ts';
import type { ServerContext } from '../../machines/server.ts';
import { Bench } from './bench.ts';

export const SERVER: Endpoint = { host: '198.18.0.2', port: 7000 };
export const SECOND: Endpoint = { host: '198.18.0.2', port: 7001 };
export const ASSIST: Endpoint = { host: '198.18.0.4', port: 7000 };
export const STRANGER: Endpoint = { host: '203.0.113.9', port: 7777 };
/** The client's NAT. */
export const HOME = '198.18.1.2';
export const at = (port: number, host = HOME): Endpoint => ({ host, port });

type TextEvent = NetHeard<TextMessage> | { readonly type: 'close' };

class TextBench<C> extends Bench<C, TextEvent, TextMessage> {
  hear(message: TextMessage, from: Endpoint, socket: string): this {
    this.send({ ...message, socket, from, at: this.now });
    return this;
  }

  opened(socket: string, local: Endpoint): this {
    this.send({ type: 'udp.opened', socket, local, addresses: [local], at: this.now });
    return this;
  }

  refused(socket: string): this {
    this.send({ type: 'net.failed', effect: 'udp.open', socket, code: 'address-in-use', detail: 'taken', at: this.now });
    return this;
  }

  /** Datagrams of the last step as text: `first > 1.2.3.4:5 register`. */
  get sent(): string[] {
    return this.last.net.flatMap(textOf);
  }

  get everSent(): string[] {
    return this.net.flatMap(textOf);
  }
}

export class TextServer extends TextBench<ServerContext<TextServerInput, Sessions>> {
  constructor() {
    super(textServer, { listen: SERVER, seed: 'secret' });
    this.opened('main', SERVER).opened('second', SECOND);
  }

  register(from: Endpoint): string[] {
    return this.hear({ type: 'register' }, from, 'main').sent;
  }

  report(endpoint: Endpoint, from = ASSIST): string[] {
    return this.hear({ type: 'mapped', endpoint }, from, 'main').sent;
  }

  sayNext(from: Endpoint): string[] {
    return this.hear({ type: 'next' }, from, 'main').sent;
  }

  /** A client whose mapping does not vary has been told so. */
  steady(port = 1000, host = HOME): this {
    this.register(at(port, host));
    this.report(at(port, host));
    return this;
  }
}

export class TextAssist extends TextBench<ServerContext<TextAssistInput, unknown>> {
  constructor() {
    super(textAssist, { listen: ASSIST, server: SERVER });
    this.opened('main', ASSIST);
  }
}

export class TextClient extends TextBench<CheckContext> {
  constructor(input: Partial<TextClientInput> = {}) {
    super(textClient, { server: SERVER, assist: ASSIST, ...input });
  }

  /** Its first socket is open, at 192.168.1.2:40000. */
  begun(): this {
    return this.opened('first', { host: '192.168.1.2', port: 40_000 });
  }

  mapped(endpoint: Endpoint, from = SERVER): this {
    return this.hear({ type: 'mapped', endpoint }, from, 'first');
  }

  /** Its mapping has not varied, after a round trip of so many ms. */
  steady(endpoint = at(1000), rttMs = 40): this {
    this.begun().now += rttMs;
    this.mapped(endpoint).elapse('quiet');
    this.now += rttMs;
    return this.mapped(endpoint);
  }

  /** It has said NEXT for the first time. */
  testing(endpoint = at(1000)): this {
    this.steady(endpoint).opened('tests', { host: '192.168.1.2', port: 40_001 }).opened('cone', { host: '192.168.1.2', port: 40_002 });
    this.elapse('pause');
    this.elapse('chain');
    return this;
  }

  test(nat: TestedNat, from: Endpoint, socket = 'tests'): this {
    return this.hear({ type: 'test', nat }, from, socket);
  }

  close(): this {
    this.send({ type: 'close' });
    return this;
  }

  /** Timers only, to the end. */
  finish(): this {
    while (this.snapshot.status === 'active') this.next();
    return this;
  }

  get outcome(): CheckOutcome {
    return (this.emitted.at(-1) as unknown as { outcome: CheckOutcome }).outcome;
  }

  get said(): string {
    const { outcome } = this;
    return outcome.kind === 'checked' ? outcome.verdict : outcome.reason;
  }
}

function textOf(command: NetCommand<TextMessage>): string[] {
  if (command.type !== 'udp.send') return [];
  const { socket, message, to } = command;
  const words = message.type === 'mapped' ? `${message.endpoint.host}:${message.endpoint.port}` : message.type === 'test' ? message.nat : message.type;
  return [`${socket} > ${to.host}:${to.port} ${words}`];
}
