/**
 * `--record <file>`: what one machine asks, hears and waits for, line by line into a file. Each line is written when it
 * happens, so that the log is whole however the process ends. No secret is written: see `machines.ts`.
 */
import type { AnyStateMachine } from 'xstate';
import type { Recording } from '../adapters/replay/record.ts';
import type { Clock } from '../effects/clock.ts';
import { redactor } from '../effects/codec.ts';
import type { Net } from '../effects/net.ts';
import { openLineFile } from './line-file.ts';
import type { AnyCodec } from './machines.ts';

export interface Recorded {
  readonly machine: AnyStateMachine;
  readonly codec: AnyCodec;
  /** JSON, without a secret. */
  readonly input: unknown;
  readonly id: string;
  readonly net: Net;
  readonly clock: Clock;
}

export type Recorder = (what: Recorded) => Recording;

/** To be opened before anything starts: throws a `Stop` when the file cannot be written. Undefined without a file. */
export async function openRecorder(path: string | undefined): Promise<Recorder | undefined> {
  if (path === undefined) return undefined;
  const { write } = openLineFile(path, 'recording', '--record');
  // Loaded only when there is something to record: every other start is quicker without.
  const [{ record }, { recordable }] = await Promise.all([import('../adapters/replay/record.ts'), import('./machines.ts')]);
  return ({ machine, codec, input, id, net, clock }) => {
    const known = recordable(machine.id);
    if (!known) throw new Error(`no codec for recordings of '${machine.id}'`);
    return record({ net, clock, write, header: { machine: machine.id, input, id }, redact: redactor(codec, known.publicCodec(input)) });
  };
}
