/** A host's TCP sockets as every adapter has them: their labels and the rules of those, and what is said where one is not to be had. */
import { type Endpoint, formatEndpoint } from './endpoint.ts';
import type { NetEffect, TcpListen, TcpRelease } from './net.ts';

/** What an adapter does with TCP. */
export interface TcpSockets {
  listen(effect: TcpListen): void;
  connect(effect: TcpConnect): void;
  send(effect: TcpSend): void;
  /** Silent, whether the label is open or not. */
  pause(label: string): void;
  resume(label: string): void;
  release(effect: TcpRelease): void;
  /** Silent, whether the label is open or not. */
  close(label: string): void;
  /** Lets go of everything at once, also of what was closed and still sends what waits. */
  closeAll(): void;
  has(label: string): boolean;
}

export type TcpConnect = Extract<NetEffect, { type: 'tcp.connect' }>;
export type TcpSend = Extract<NetEffect, { type: 'tcp.send' }>;

/** Who has which label. A connection loses its own with the one event that says so, or silently. */
export class TcpLabels<Listener, Connection extends { readonly label: string }> {
  readonly listeners = new Map<string, Listener>();
  readonly connections = new Map<string, Connection>();
  readonly #isTaken: (label: string) => boolean;

  /** `isTaken` knows the labels of other kinds of socket. */
  constructor(isTaken: (label: string) => boolean) {
    this.#isTaken = isTaken;
  }

  has(label: string): boolean {
    return this.listeners.has(label) || this.connections.has(label);
  }

  isFree(label: string): boolean {
    return !this.has(label) && !this.#isTaken(label);
  }

  isOpen(connection: Connection): boolean {
    return this.connections.get(connection.label) === connection;
  }

  /** Takes a label away; false if it was taken away before. */
  forget(connection: Connection): boolean {
    return this.isOpen(connection) && this.connections.delete(connection.label);
  }

  /** The labels of what a listener accepts, `listener/1` and so on, without those that somebody has. */
  accepting(listener: string): () => string {
    let accepted = 0;
    return () => {
      do accepted += 1;
      while (!this.isFree(`${listener}/${accepted}`));
      return `${listener}/${accepted}`;
    };
  }
}

export function cannotListen({ local }: TcpListen): string {
  return `cannot listen for TCP on ${formatEndpoint(local)}`;
}

export function cannotConnect(to: Endpoint, from?: Endpoint): string {
  return `cannot connect over TCP${from ? ` from ${formatEndpoint(from)}` : ''} to ${formatEndpoint(to)}`;
}

export function cannotSend({ data }: TcpSend): string {
  return `cannot send ${data.length} bytes over TCP`;
}

export function tooMuchWaits(effect: TcpSend, peer: Endpoint): string {
  return `${cannotSend(effect)} to ${formatEndpoint(peer)}: it does not take what waits already, and is given up`;
}
