/** The result of a connecting command, as scripts read it. Its shape is a promise: docs/results.md. */
import { formatEndpoint } from '../effects/endpoint.ts';
import type { FailureReason, Outcome } from '../machines/outcome.ts';
import { EXIT, type ExitCode } from './exit.ts';

export type Result = ConnectedResult | FailedResult;

export interface ConnectedResult {
  readonly outcome: 'connected';
  readonly protocol: string;
  readonly local: string;
  readonly peer: string;
  readonly elapsedMs: number;
  readonly packetsSent: number;
}

export interface FailedResult {
  readonly outcome: 'failed';
  readonly protocol: string;
  readonly reason: FailureReason;
  readonly detail: string;
  readonly elapsedMs: number;
  readonly packetsSent: number;
}

export interface Effort {
  readonly protocol: string;
  /** Of a failure; a connection knows its own. */
  readonly elapsedMs: number;
  readonly packetsSent: number;
}

export function resultOf(outcome: Outcome, { protocol, elapsedMs, packetsSent }: Effort): Result {
  switch (outcome.kind) {
    case 'connected': {
      const { local, peer, elapsedMs: connectedMs } = outcome;
      return { outcome: 'connected', protocol, local: formatEndpoint(local), peer: formatEndpoint(peer), elapsedMs: round(connectedMs), packetsSent };
    }
    case 'failed': {
      const { reason, detail } = outcome;
      return { outcome: 'failed', protocol, reason, detail, elapsedMs: round(elapsedMs), packetsSent };
    }
  }
}

export function exitCodeOf(reason: FailureReason): ExitCode {
  switch (reason) {
    case 'address-in-use':
    case 'address-not-available':
    case 'not-permitted':
    case 'unsupported':
      return EXIT.cannot;
    case 'interrupted':
      return EXIT.interrupted;
    default:
      return EXIT.no;
  }
}

/** What to try when the system refuses an address; `option` is the one that named it. */
export function adviceFor(reason: FailureReason, option: string): string {
  switch (reason) {
    case 'address-in-use':
      return `. Stop what uses it, or choose another port with ${option}`;
    case 'address-not-available':
      return `. Choose an address of this host with ${option}`;
    case 'not-permitted':
      return `. Choose a port above 1023 with ${option}, or run with more rights`;
    default:
      return '';
  }
}

/** One decimal. */
export function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
