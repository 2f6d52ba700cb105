/** A simulated TCP connection as the port of its host holds it, and what is said of its failures. It does nothing by itself. */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetFailure } from '../../effects/net.ts';
import type { Deadline } from './deadline.ts';
import type { TcpConnection } from './tcp-connection.ts';
import type { TcpFailure } from './tcp-handler.ts';

/** A connection in the hands of this port. */
export interface Held {
  readonly label: string;
  readonly connection: TcpConnection;
  readonly origin: 'tcp.listen' | 'tcp.connect';
  readonly peer: Endpoint;
  /** From where it was asked to connect. */
  readonly from?: Endpoint | undefined;
  readonly idleMs: number;
  readonly freed?: () => void;
  isUp: boolean;
  /** Something was sent on it. */
  hasSpoken?: true;
  idle?: Deadline | undefined;
  life?: Deadline | undefined;
  closing?: Deadline;
}

/** As in `adapters/node`. */
export const CLOSE_LIMIT_MS = 10_000;

export const FAILURES: Readonly<Record<TcpFailure, readonly [NetFailure, string]>> = {
  refused: ['refused', 'the other end refused'],
  reset: ['reset', 'the other end reset the connection'],
  'timed-out': ['timed-out', 'no answer in time'],
  taken: ['address-in-use', 'a listener of this host took the connection between these two'],
};
