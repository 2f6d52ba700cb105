/** What the check command can speak: the machine, codec and input of each kind of check, and its states as status lines. */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { type Endpoint, formatEndpoint } from '../effects/endpoint.ts';
import { checkCodec, stunClient, textClient, type TextClientInput, textCodec } from '../machines/nat-check/index.ts';
import type { CheckContext, CheckInput } from '../machines/nat-check/stun-session.ts';
import type { AnyCodec } from './machines.ts';
import type { Status } from './status.ts';
import { outermost } from './wires.ts';

export interface CheckWire {
  readonly machine: AnyStateMachine;
  readonly codec: AnyCodec;
  readonly input: unknown;
  /** The command ends the check after so long; undefined where the machine minds the time. */
  readonly limitMs: number | undefined;
  /** What is going on, if it is worth a line. */
  progress(snapshot: AnyMachineSnapshot): Status | undefined;
}

export interface StunWireOptions {
  /** Resolved. */
  readonly servers: readonly Endpoint[];
  readonly local: Partial<Endpoint> | undefined;
  readonly seed: string;
  /** Both in seconds. */
  readonly timeout: number | undefined;
  readonly lifetime: number | undefined;
}

export function stunWire({ servers, local, seed, timeout, lifetime }: StunWireOptions): CheckWire {
  const inMs = (seconds: number | undefined): number | undefined => (seconds === undefined ? undefined : seconds * 1000);
  const input: CheckInput = { servers, seed, local, patienceMs: inMs(timeout), lifetimeMs: inMs(lifetime) };
  return { machine: stunClient, codec: checkCodec() as AnyCodec, input, limitMs: undefined, progress: stunProgress };
}

export function textWire(input: TextClientInput, timeout: number | undefined): CheckWire {
  return {
    machine: textClient,
    codec: textCodec() as AnyCodec,
    input,
    limitMs: timeout === undefined ? undefined : timeout * 1000,
    progress: () => ({ status: 'checking', message: `asking ${formatEndpoint(input.server)} and ${formatEndpoint(input.assist)}…` }),
  };
}

function stunProgress({ value, context }: AnyMachineSnapshot): Status | undefined {
  const { input, primary, search, asked } = context as CheckContext;
  const state = outermost(value);
  switch (state) {
    case 'probing': {
      const servers = input.servers.map(formatEndpoint);
      return { status: 'probing', message: `asking ${servers.join(' and ')}…`, servers: servers.join(',') };
    }
    case 'measuring': {
      const seen = primary && Object.values(asked).find(({ answer }) => answer)?.answer?.mapped;
      return seen && { status: 'measuring', message: `seen as ${formatEndpoint(seen)}, testing…`, mapped: formatEndpoint(seen) };
    }
    case 'ageing': {
      const age = search?.ages[search.turn];
      if (age === undefined) return undefined;
      if (age === 0) return { status: 'ageing', message: 'testing whether the server answers to another port…', silenceMs: age };
      const known = search?.aliveMs ? `; alive after ${search.aliveMs / 1000} s` : '';
      return { status: 'ageing', message: `waiting ${age / 1000} s in silence${known}…`, silenceMs: age };
    }
    default:
      return undefined;
  }
}
