/** The tcp-open peer on the bench: what it hears, and what it asks for as text. Addresses are fixed. */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { NetFailure } from '../../effects/net.ts';
import type { OpenMessage } from '../../machines/tcp-open/messages.ts';
import { tcpOpenPeer } from '../../machines/tcp-open/peer.ts';
import type { OpenPeerEvent } from '../../machines/tcp-open/peer-setup.ts';
import type { OpenPeerContext, OpenPeerInput } from '../../machines/tcp-open/session.ts';
import type { Forecast } from '../../machines/port-forecast.ts';
import { Bench } from './bench.ts';

export const SERVER: Endpoint = { host: '198.18.0.2', port: 3478 };
export const ALTERNATE: Endpoint = { host: '198.18.0.2', port: 3479 };
export const HOME: Endpoint = { host: '192.168.1.2', port: 5000 };
export const PEER: Endpoint = { host: '198.18.2.2', port: 6000 };
/** Sessions below and above any other. */
export const FIRST = '0000000000000000';
export const LAST = 'ffffffffffffffff';
export const TXID = '0102030405060708090a0b0c';

export class OpenBench extends Bench<OpenPeerContext, OpenPeerEvent, OpenMessage> {
  constructor(input: Partial<OpenPeerInput> = {}) {
    super(tcpOpenPeer, { server: SERVER, seed: '1', ...input });
  }

  connected(socket = 'server', peer = SERVER): this {
    this.send({ type: 'tcp.connected', socket, local: HOME, peer, at: this.now });
    return this;
  }

  /** The rendezvous answers the last registration, `rttMs` later. */
  answered(rttMs = 20): this {
    this.now += rttMs;
    this.send({ type: 'mapped', txid: this.context.asked?.txid ?? '', to: this.context.self, mapped: { host: '198.18.1.2', port: 5000 }, socket: 'server', from: SERVER, at: this.now });
    return this;
  }

  introduced({ id = LAST, rttMs = 20, endpoints = [PEER] }: { id?: string; rttMs?: number; endpoints?: readonly Endpoint[] } = {}): this {
    const { self } = this.context;
    this.send({ type: 'introduced', txid: TXID, to: self, round: 0, mapped: { host: '198.18.1.2', port: 5000 }, peer: { id, rttMs, endpoints, round: 0, forecast: { kind: 'unknown' }, ageMs: 0 }, socket: 'server', from: SERVER, at: this.now });
    return this;
  }

  /** In the first round. */
  punching(peer: Parameters<OpenBench['introduced']>[0] = {}): this {
    this.connected().answered().answered().introduced(peer);
    this.elapse('startDelay');
    return this;
  }

  /** With the rendezvous's other port named, and our socket seen there at `port`; it was at 5000. */
  observed(port: number): this {
    this.connected();
    this.now += 20;
    this.send({ type: 'mapped', txid: this.context.asked?.txid ?? '', to: this.context.self, mapped: { host: '198.18.1.2', port: 5000 }, alternate: ALTERNATE, socket: 'server', from: SERVER, at: this.now });
    return this.connected('alternate', ALTERNATE).seen('alternate', port);
  }

  /** The rendezvous answers a connection that was made to be seen, a round trip later. */
  seen(socket: string, port: number): this {
    this.now += 20;
    this.send({ type: 'mapped', txid: TXID, to: this.context.self, mapped: { host: '198.18.1.2', port }, socket, from: SERVER, at: this.now });
    return this;
  }

  /** Both forecasts are there: the peer's, and ours as it was told on the connection that left from `ownPort`. */
  foretold(forecast: Forecast, { host = PEER.host, port = PEER.port, home = [] as readonly Endpoint[], ownPort = 5000, round = this.context.told.round, peerRound = 1 } = {}): this {
    const { self, peer } = this.context;
    const told = { id: peer?.id ?? '', rttMs: 20, endpoints: [{ host, port }, ...home], round: peerRound, forecast, ageMs: 0 };
    this.send({ type: 'introduced', txid: TXID, to: self, round, mapped: { host: '198.18.1.2', port: ownPort }, peer: told, socket: 'server', from: SERVER, at: this.now });
    return this;
  }

  failed(socket: string, code: NetFailure = 'refused'): this {
    this.send({ type: 'net.failed', effect: socket.startsWith('l') ? 'tcp.listen' : 'tcp.connect', socket, code, detail: `${socket}: ${code}`, at: this.now });
    return this;
  }

  accepted(socket: string, peer = PEER): this {
    this.send({ type: 'tcp.accepted', listener: socket.split('/')[0] ?? '', socket, local: HOME, peer, at: this.now });
    return this;
  }

  closed(socket: string): this {
    this.send({ type: 'tcp.closed', socket, at: this.now });
    return this;
  }

  junk(socket: string): this {
    this.send({ type: 'net.unreadable', socket, from: PEER, at: this.now, reason: 'junk' });
    return this;
  }

  /** The peer says something on a connection; about our own number there unless it is given. */
  said(type: 'probe' | 'confirm' | 'handover', socket: string, more: { txid?: string; sender?: string } = {}): this {
    const { met, self, peer } = this.context;
    const own = met.find((one) => one.socket === socket)?.asked ?? '';
    this.send({ type, txid: type === 'probe' ? TXID : own, sender: peer?.id ?? '', receiver: self, socket, from: PEER, at: this.now, ...more });
    return this;
  }

  /** The state of the rounds. */
  get rounds(): string {
    return String(this.snapshot.value['punching']?.['rounds']);
  }

  /** What goes on with the ports. */
  get ports(): string {
    return String(this.snapshot.value['punching']?.['ports']);
  }

  /** What the last step asked for, e.g. `c1/0: probe`, `connect c1/0 198.18.2.2:6000 from 5000`, `listen l1`. */
  get asked(): string[] {
    return this.last.net.map((command) => {
      switch (command.type) {
        case 'tcp.send':
          return `${command.socket}: ${command.message.type}`;
        case 'tcp.connect':
          return `connect ${command.socket} ${formatEndpoint(command.to)} from ${command.local?.port}`;
        case 'tcp.listen':
          return `listen ${command.socket}`;
        case 'tcp.release':
          return `release ${command.socket}`;
        default:
          return `${command.type} ${'socket' in command ? command.socket : ''}`;
      }
    });
  }
}
