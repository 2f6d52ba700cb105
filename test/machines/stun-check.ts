/** A STUN check on the bench, and what a network would tell it. Addresses are fixed; the answers are those of an honest server unless a test says otherwise. */
import type { Arrival, NetCommand, NetHeard } from '../../effects/net-actor.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetFailed, NetFailure } from '../../effects/net.ts';
import { stunClient } from '../../machines/nat-check/stun-client.ts';
import type { Ask, CheckMessage } from '../../machines/nat-check/stun-messages.ts';
import { SOCKETS } from '../../machines/nat-check/stun-questions.ts';
import type { CheckContext, Checked, CheckInput } from '../../machines/nat-check/stun-session.ts';
import type { Failed } from '../../machines/outcome.ts';
import { Bench } from './bench.ts';

export const SERVER: Endpoint = { host: '198.18.0.2', port: 3478 };
export const SECOND: Endpoint = { host: '198.18.0.4', port: 3478 };
export const OTHER: Endpoint = { host: '198.18.0.3', port: 3479 };
/** The NAT's, which keeps ports. */
export const PUBLIC = '198.18.1.2';

export type CheckEvent = NetHeard<CheckMessage> | { readonly type: 'close' };
export type Sent = Extract<NetCommand<CheckMessage>, { type: 'udp.send' }> & { readonly message: Ask };
/** What comes of one request; nothing when it is lost. */
export type Answering = (sent: Sent) => (CheckMessage & Partial<Arrival>) | undefined;

export class StunCheck extends Bench<CheckContext, CheckEvent, CheckMessage> {
  readonly #ports = new Map<string, number>();
  #answered = 0;

  constructor(input: Partial<CheckInput> = {}) {
    super(stunClient, { servers: [SERVER], seed: 'test', ...input });
  }

  get outcome(): Checked | Failed | undefined {
    return this.context.outcome;
  }

  get isActive(): boolean {
    return this.snapshot.status === 'active';
  }

  /** Every active leaf, e.g. `measuring.ports.asking`. */
  get states(): string[] {
    return leavesOf(this.snapshot.value);
  }

  /** All requests so far, or those of one socket. */
  asked(socket?: string): Sent[] {
    return this.net.filter(isAsk).filter((sent) => socket === undefined || sent.socket === socket);
  }

  opens(socket: string): Extract<NetCommand<CheckMessage>, { type: 'udp.open' }>[] {
    return this.net.filter((command): command is Extract<NetCommand<CheckMessage>, { type: 'udp.open' }> => command.type === 'udp.open' && command.socket === socket);
  }

  /** The system binds a socket; with nothing wanted, the next free port. */
  opened(socket: string): this {
    const wanted = this.opens(socket).at(-1)?.local?.port ?? 0;
    const port = wanted === 0 ? 40_000 + this.#ports.size : wanted;
    this.#ports.set(socket, port);
    this.send({ type: 'udp.opened', socket, local: { host: '0.0.0.0', port }, addresses: [{ host: '192.168.1.2', port }], at: this.now });
    return this;
  }

  notOpened(socket: string, code: NetFailure = 'address-in-use', effect: NetFailed['effect'] = 'udp.open', to?: Endpoint): this {
    this.send({ type: 'net.failed', effect, socket, code, detail: `no ${socket}`, at: this.now, ...(to ? { to } : {}) });
    return this;
  }

  allOpened(): this {
    for (const socket of SOCKETS) if (this.isActive) this.opened(socket);
    return this;
  }

  /** What was asked since the last call is answered, after `rttMs`; answers may lead to more questions. */
  answered(answering: Answering = honest, rttMs = 20): this {
    for (;;) {
      const open = this.asked().slice(this.#answered);
      this.#answered += open.length;
      const replies = open.flatMap((sent) => {
        const message = answering(sent);
        return message ? [{ socket: sent.socket, from: sent.to, ...message }] : [];
      });
      if (replies.length === 0) return this;
      this.now += rttMs;
      for (const reply of replies) if (this.isActive) this.send({ at: this.now, ...reply });
    }
  }

  /** What was asked since the last call is lost. */
  lost(): this {
    return this.answered(() => undefined);
  }

  /** On with time and answers until it has ended, or is in a state, or `ms` have passed. */
  goOn(answering: Answering = honest, state?: RegExp, ms = 600_000): this {
    const goal = this.now + ms;
    this.answered(answering);
    const isThere = (): boolean => state !== undefined && this.states.some((one) => state.test(one));
    while (this.isActive && this.now < goal && !isThere()) {
      this.next();
      this.answered(answering);
    }
    return this;
  }

  portOf(socket: string): number {
    return this.#ports.get(socket) ?? 0;
  }
}

/** A whole server behind a port-restricted NAT that keeps ports and turns nothing back. */
export const honest: Answering = ({ socket, to, message: { txid, change } }) => {
  if (to.host === PUBLIC || change) return undefined;
  return answer(txid, { host: PUBLIC, port: portsOf(socket) });
};

export function answer(txid: string, mapped: Endpoint, other: Endpoint | undefined = OTHER): CheckMessage {
  return { type: 'answer', txid, mapped, other };
}

/** The same socket, the same port, whatever was bound. */
export function portsOf(socket: string): number {
  return 30_000 + [...socket].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 20_000, 7);
}

export function isAsk(command: NetCommand<CheckMessage>): command is Sent {
  return command.type === 'udp.send' && command.message.type === 'ask';
}

function leavesOf(value: unknown, above = ''): string[] {
  if (typeof value !== 'object' || value === null) return [`${above}${String(value)}`];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, `${above}${name}.`));
}
