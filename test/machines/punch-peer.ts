/** A udp-punch peer on the bench, and the words of its two partners. Addresses are fixed; identifiers are the machine's own. */
import type { Arrival } from '../../effects/net-actor.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetFailed } from '../../effects/net.ts';
import type { NetCommand } from '../../effects/net-actor.ts';
import type { Outcome } from '../../machines/outcome.ts';
import type { Forecast } from '../../machines/port-forecast.ts';
import type { Mapped, PeerDescription, PunchMessage, Refused } from '../../machines/udp-punch/messages.ts';
import type { Path } from '../../machines/udp-paths.ts';
import { udpPunchPeer } from '../../machines/udp-punch/peer.ts';
import type { PeerEvent } from '../../machines/udp-punch/peer-setup.ts';
import { checkId, type PeerContext, type PeerInput, transactionId } from '../../machines/udp-punch/session.ts';
import { Bench } from './bench.ts';

export const SERVER: Endpoint = { host: '198.18.0.2', port: 3478 };
export const ALTERNATE: Endpoint = { host: '198.18.0.2', port: 40_000 };
/** Our own address and what the rendezvous sees of it. */
export const LOCAL: Endpoint = { host: '192.168.1.2', port: 5000 };
export const MAPPED: Endpoint = { host: '198.18.1.2', port: 5000 };
/** The other peer as introduced: its public endpoint, then its own. */
export const THEIRS: readonly Endpoint[] = [{ host: '198.18.2.2', port: 6000 }, { host: '192.168.2.2', port: 6000 }];
export const PUBLIC: Endpoint = { host: '198.18.2.2', port: 6000 };
export const ELSEWHERE: Endpoint = { host: '203.0.113.9', port: 7777 };
export const STEADY: Forecast = { kind: 'steady' };
/** In quiet. */
export const COUNTING: Forecast = { kind: 'counting', step: 1, perSecond: 0, rttMs: 40 };
export const RANDOM: Forecast = { kind: 'random', first: 1024, last: 65_535 };
/** Sessions of others, below and above any that a seed gives in practice. */
export const LOW = '0000000000000001';
export const HIGH = 'fffffffffffffffe';

/** A datagram that left, without its type. */
export type Sent = Omit<Extract<NetCommand<PunchMessage>, { type: 'udp.send' }>, 'type'>;
/** Milliseconds that an answer of the rendezvous takes; by default far enough that no opener is wanted. */
export const FAR_MS = 40;

export class PunchPeer extends Bench<PeerContext, PeerEvent, PunchMessage> {
  /** The other peer's session. */
  readonly other: string;

  constructor(input: Partial<PeerInput> = {}, other = HIGH) {
    super(udpPunchPeer, { server: SERVER, seed: 'test', ...input });
    this.other = other;
  }

  // ---- what it hears

  opened(socket = `r${this.context.round}`): this {
    const port = LOCAL.port + this.context.round - 1;
    return this.#hear({ type: 'udp.opened', socket, local: { host: '0.0.0.0', port }, addresses: [{ ...LOCAL, port }], at: this.now });
  }

  notOpened(code: NetFailed['code'], socket = `r${this.context.round}`): this {
    return this.#hear({ type: 'net.failed', effect: 'udp.open', socket, code, detail: `no ${socket}`, at: this.now });
  }

  /** The rendezvous: nobody else is here. */
  mapped(more: Partial<Mapped> = {}): this {
    return this.#hear({ type: 'mapped', ...this.#answer('register'), mapped: MAPPED, alternate: ALTERNATE, ...more });
  }

  /** The rendezvous's other port. */
  observed(mapped: Endpoint, more: Partial<Arrival> = {}): this {
    return this.#hear({ type: 'mapped', ...this.#answer('observe'), from: ALTERNATE, mapped, ...more });
  }

  introduced(peer: Partial<PeerDescription> = {}, alternate: Endpoint | undefined = ALTERNATE): this {
    const described: PeerDescription = { id: this.other, round: this.context.round, mapping: 'unknown', forecast: { kind: 'unknown' }, ageMs: 0, endpoints: THEIRS, ...peer };
    return this.#hear({ type: 'introduced', ...this.#answer('register'), mapped: this.#seenAt(), alternate, peer: described });
  }

  challenged(nonce: string): this {
    return this.#hear({ type: 'challenged', ...this.#answer('register'), nonce });
  }

  refused(reason: Refused['reason']): this {
    return this.#hear({ type: 'refused', ...this.#answer('register'), reason });
  }

  /** From the other peer, as its codec has verified. */
  probe(more: Partial<Arrival> & { nominate?: boolean; txid?: string; sender?: string; receiver?: string } = {}): this {
    return this.#hear({ type: 'probe', txid: 'aa'.repeat(12), sender: this.other, receiver: this.context.id, nominate: false, ...this.#arrival(PUBLIC), ...more });
  }

  /** To our probe of the present round, or of the one given. */
  confirm(more: Partial<Arrival> & { round?: number; txid?: string; sender?: string } = {}): this {
    const { round = this.context.round, ...rest } = more;
    const txid = transactionId({ input: this.context.input, round }, 'probe');
    return this.#hear({ type: 'confirm', txid, sender: this.other, receiver: this.context.id, observed: MAPPED, ...this.#arrival(PUBLIC), ...rest });
  }

  /** To our last keepalive or challenge, from where it was sent to. */
  checked(where: Path | undefined = this.context.path, more: { txid?: string } = {}): this {
    const { socket, peer: from } = where ?? { socket: 'none', peer: ELSEWHERE };
    return this.#hear({ type: 'confirm', txid: checkId(this.context), sender: this.other, receiver: this.context.id, observed: MAPPED, socket, from, at: this.now, ...more });
  }

  bye(sender = this.other): this {
    return this.#hear({ type: 'bye', txid: 'bb'.repeat(12), sender, receiver: this.context.id, ...this.#arrival(PUBLIC) });
  }

  close(): this {
    return this.#hear({ type: 'close' });
  }

  // ---- where it is brought

  waiting(): this {
    return this.opened().mapped();
  }

  /** Introduced from far away, so that it probes at once. */
  probing(peer: Partial<PeerDescription> = {}): this {
    this.opened();
    this.now += FAR_MS;
    return this.introduced(peer);
  }

  /** Its next round's socket is open, and whatever it looked at did not answer. */
  reopened(): this {
    this.opened();
    while (this.state.startsWith('sampling')) this.next();
    return this;
  }

  /** Its NAT gives every destination a new port, and its second socket is open: it looks at its ports. */
  sampling(peer: Partial<PeerDescription> = {}): this {
    return this.probing({ forecast: { kind: 'steady' }, mapping: 'same', ...peer }).observed({ ...MAPPED, port: MAPPED.port + 1 }).moved().opened();
  }

  /** Has counted its ports in quiet, and told so in its second round. */
  counting(peer: Partial<PeerDescription> = {}): this {
    return this.sampling(peer).observed({ ...MAPPED, port: MAPPED.port + this.context.flows.count - 1 });
  }

  /** Into the next round, through whatever timers. */
  moved(): this {
    for (const { round } = this.context; this.context.round === round && this.snapshot.status === 'active'; ) this.next();
    return this;
  }

  /** Through a whole round in which nothing is heard, into the next. */
  silentRound(): this {
    return this.moved();
  }

  /** Heard, and hearing itself confirmed. */
  confirmed(): this {
    return this.probing().probe().confirm();
  }

  /** Confirmed, and its first check of the path answered. */
  idle(): this {
    return this.confirmed().checked();
  }

  // ---- what it did

  /** Datagrams of the last step with this message. */
  sent(type?: PunchMessage['type']): Sent[] {
    return datagrams(this.last.net).filter(({ message }) => type === undefined || message.type === type);
  }

  /** Datagrams since the beginning with this message. */
  everSent(type: PunchMessage['type']): Sent[] {
    return datagrams(this.net).filter(({ message }) => message.type === type);
  }

  get outcomes(): Outcome[] {
    return this.emitted.map((event) => (event as unknown as { outcome: Outcome }).outcome);
  }

  /** The last outcome as one word: `connected`, or the reason of a failure. */
  get verdict(): string | undefined {
    const last = this.outcomes.at(-1);
    return last?.kind === 'failed' ? last.reason : last?.kind;
  }

  #hear(event: PeerEvent): this {
    this.send(event);
    return this;
  }

  #answer(purpose: 'register' | 'observe'): { txid: string; to: string } & Arrival {
    return { txid: transactionId(this.context, purpose), to: this.context.id, ...this.#arrival(SERVER) };
  }

  /** A mapping that varies is one of a NAT that counts. */
  #seenAt(): Endpoint {
    const { mapping, flows, round } = this.context;
    const made = flows.order[`r${round}>${SERVER.host}:${SERVER.port}`] ?? 1;
    return mapping === 'varies' ? { ...MAPPED, port: MAPPED.port + made - 1 } : MAPPED;
  }

  #arrival(from: Endpoint): Arrival {
    return { socket: `r${this.context.round}`, from, at: this.now };
  }
}

function datagrams(commands: readonly NetCommand<PunchMessage>[]): Sent[] {
  return commands.flatMap((command) => {
    if (command.type !== 'udp.send') return [];
    const { type: _, ...rest } = command;
    return [rest];
  });
}
