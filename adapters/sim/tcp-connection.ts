/**
 * One end of a TCP connection: handshake, simultaneous open, data in order, and every way to end. Plain code after RFC 9293,
 * as Linux does it where that leaves a choice. It knows neither ports nor labels; every segment is acknowledged at once.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { Deadline } from './deadline.ts';
import { DEAF, type TcpFailure, type TcpGround, type TcpHandler } from './tcp-handler.ts';
import { Inbox } from './tcp-inbox.ts';
import { advance, distance, type Segment } from './tcp-segment.ts';
import { Sender, WINDOW } from './tcp-sender.ts';
import { DATA_RETRIES, FIN_WAIT_MS, FIRST_TIMEOUT_MS, ORPHAN_RETRIES, SYN_ACK_RETRIES, SYN_RETRIES, TIME_WAIT_MS } from './tcp-timing.ts';

export class TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Its name in reports. */
  label: string;
  handler: TcpHandler;
  /** A listener's, and nobody has been told of it before it is up. */
  isPassive = false;
  /** Whose reader may pause. */
  readonly inbox: Inbox;
  state: 'syn-sent' | 'syn-received' | 'open' | 'time-wait' | 'closed' = 'syn-sent';
  readonly #ground: TcpGround;
  readonly #iss: number;
  #irs = 0;
  readonly #deadline: Deadline;
  readonly #sender: Sender;
  #ended: 'first' | 'second' | undefined;
  /** No process holds it. */
  #isOrphan = false;
  #owesAck = false;
  #retries = 0;
  #askedAt = 0;

  constructor(ground: TcpGround, label: string, local: Endpoint, remote: Endpoint, iss: number, handler: TcpHandler) {
    this.#ground = ground;
    this.label = label;
    this.local = local;
    this.remote = remote;
    this.handler = handler;
    this.#iss = iss;
    this.#deadline = new Deadline(ground.clock, () => this.#late());
    this.#sender = new Sender(ground.clock, this.#deadline, (position, data, fin) => this.#transmit({ fin, seq: this.#seq(position), ack: this.#expected }, data), () => this.handler.drained());
    this.inbox = new Inbox(ground.clock, (next) => this.#deliver(next), () => this.#settle(true));
  }

  /** Sends the SYN, or the answer to one, with which this end begins. */
  connect(): void {
    this.#askedAt = this.#ground.clock.now();
    this.#retries = 0;
    this.#sendSyn();
    this.#deadline.set(FIRST_TIMEOUT_MS);
  }

  /** Answers the SYN with which the other end began. */
  accept({ seq }: Segment): void {
    this.isPassive = true;
    this.#meet(seq);
  }

  /** False when more would wait than may: then nothing is sent. `data` belongs to the network from then on. */
  send(data: Uint8Array): boolean {
    if (!this.#sender.offer(data)) return false;
    if (this.state === 'open') this.#sender.push();
    return true;
  }

  /** Ends this side once all has been sent; what comes is still received. Before it is up there is nobody to end it with. */
  end(): void {
    if (this.state !== 'open') return this.abort();
    if (this.#ended) return;
    this.#ended = this.inbox.isEnded ? 'second' : 'first';
    this.#sender.end();
    this.#sender.push();
  }

  /** Nobody holds it any more. What has not left yet is given up with a reset, not with an end that looks clean. */
  abandon(): void {
    this.handler = DEAF;
    if (this.#sender.isWaiting) return this.abort();
    this.#isOrphan = true;
    this.end();
    if (this.state === 'open' && this.#sender.isDone) this.#deadline.set(FIN_WAIT_MS);
  }

  /** Ends it now, with a reset if the peer may know of it. */
  abort(): void {
    this.handler = DEAF;
    if (this.state === 'syn-received' || this.state === 'open') this.#transmit({ rst: true, seq: this.#seq(this.#sender.reached), ack: this.#expected });
    this.vanish();
  }

  /** Ends it without a word to anybody. */
  vanish(): void {
    this.state = 'closed';
    this.handler = DEAF;
    this.#deadline.stop();
    this.#ground.release(this);
  }

  /** Its listener is gone: it sends no more, and is forgotten when its answer would be due again. */
  lapse(): void {
    this.#retries = SYN_ACK_RETRIES;
  }

  /** Whether it is over, and a new SYN with this number may begin another between the same two ends. */
  yieldsTo({ seq }: Segment): boolean {
    return this.state === 'time-wait' && distance(this.#expected, seq) > 0;
  }

  receive(segment: Segment, data: Uint8Array): void {
    switch (this.state) {
      case 'syn-sent':
        return this.#answered(segment);
      case 'time-wait':
        if (segment.rst) this.vanish();
        else if (segment.fin || segment.syn) this.#acknowledge();
        return;
      default:
        this.#take(segment, data);
        if (this.#owesAck) this.#acknowledge();
    }
  }

  #answered({ syn, rst, seq, ack }: Segment): void {
    if (ack !== undefined && ack !== this.#seq(0)) return rst ? undefined : this.#transmit({ rst: true, seq: ack });
    if (rst) return ack === undefined ? undefined : this.#break('refused');
    if (!syn) return;
    // Without an acknowledgement it crossed ours: each end answers the other's.
    if (ack === undefined) return this.#meet(seq);
    this.#irs = seq;
    this.#owesAck = true;
    this.#open();
    if (this.#owesAck && this.state === 'open') this.#acknowledge();
  }

  #take({ syn, fin, rst, seq, ack }: Segment, data: Uint8Array): void {
    const ahead = distance(this.#expected, seq);
    if (rst) {
      // A connection that nobody was told of ends as silently as it began.
      if (ahead === 0) return this.isPassive && this.state === 'syn-received' ? this.vanish() : this.#break('reset');
      return ahead > 0 && ahead < WINDOW ? this.#acknowledge() : undefined;
    }
    if (syn) {
      const isFirst = this.state === 'syn-received' && seq === this.#irs;
      if (isFirst && ack === undefined) return this.#sendSyn();
      // An old one, or the answer to an end whose last word was lost.
      if (!isFirst) return this.#acknowledge();
    }
    if (ack === undefined) return;
    if (this.state === 'syn-received') {
      if (ack !== this.#seq(0)) return this.#transmit({ rst: true, seq: ack });
      this.#open();
    } else if (!this.#sender.acknowledge(this.#sender.acked + distance(this.#seq(this.#sender.acked), ack), data.length === 0 && !fin)) this.#owesAck = true;
    if (this.state === 'open' && (data.length > 0 || fin)) this.#collect(this.inbox.got + ahead, data, fin);
    if (this.state === 'open') this.#settle();
  }

  #collect(from: number, data: Uint8Array, fin: boolean): void {
    this.#owesAck = true;
    if (this.#isOrphan && data.length > 0 && from + data.length > this.inbox.got) return this.abort();
    if (from >= this.inbox.got + WINDOW) return;
    this.inbox.put({ from, data, fin });
  }

  #deliver(next: Uint8Array | 'end'): boolean {
    if (next === 'end') this.handler.ended();
    else this.handler.received(next);
    return this.state === 'open';
  }

  /** Whether both sides have ended by now. */
  #settle(owesAck = false): void {
    if (owesAck) this.#acknowledge();
    if (this.state !== 'open' || !this.#sender.isDone) return;
    if (!this.inbox.isEnded) {
      if (this.#isOrphan && !this.#deadline.isSet) this.#deadline.set(FIN_WAIT_MS);
      return;
    }
    const { handler } = this;
    this.handler = DEAF;
    if (this.#ended === 'second') this.vanish();
    else {
      this.state = 'time-wait';
      this.#deadline.set(TIME_WAIT_MS);
    }
    handler.gone();
  }

  #meet(irs: number): void {
    this.#irs = irs;
    this.state = 'syn-received';
    this.connect();
  }

  #open(): void {
    if (this.#retries === 0) this.#sender.measured(this.#ground.clock.now() - this.#askedAt);
    this.state = 'open';
    this.#deadline.clear();
    this.handler.up();
    if (this.state === 'open') this.#sender.push();
  }

  /** Too long without the answer that is due. */
  #late(): void {
    if (this.state === 'syn-sent' || this.state === 'syn-received') {
      if (this.#retries >= (this.isPassive ? SYN_ACK_RETRIES : SYN_RETRIES)) return this.isPassive ? this.vanish() : this.#break('timed-out');
      this.#retries += 1;
      this.#sendSyn();
      this.#deadline.set(FIRST_TIMEOUT_MS * 2 ** this.#retries);
    } else if (this.state !== 'open' || this.#sender.isDone) this.vanish();
    else if (!this.#sender.again(this.#isOrphan ? ORPHAN_RETRIES : DATA_RETRIES)) this.#break('timed-out');
  }

  #break(code: TcpFailure): void {
    const { handler } = this;
    this.vanish();
    handler.broke(code);
  }

  #sendSyn(): void {
    this.#transmit({ syn: true, seq: this.#iss, ...(this.state === 'syn-sent' ? {} : { ack: this.#expected }) });
  }

  #acknowledge(): void {
    if (this.state !== 'closed') this.#transmit({ seq: this.#seq(this.#sender.reached), ack: this.#expected });
  }

  #transmit(given: Partial<Segment> & Pick<Segment, 'seq'>, data: Uint8Array = NOTHING): void {
    const { syn = false, fin = false, rst = false, seq, ack } = given;
    if (ack !== undefined) this.#owesAck = false;
    this.#ground.transmit(this, { syn, fin, rst, seq, ack }, data);
  }

  /** The number of a byte of this end's stream. */
  #seq(position: number): number {
    return advance(this.#iss, 1 + position);
  }

  /** The number expected next from the peer. */
  get #expected(): number {
    return advance(this.#irs, 1 + this.inbox.got);
  }
}

const NOTHING = new Uint8Array(0);
