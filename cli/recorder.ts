/**
 * `--record <file>`: what one machine asks, hears and waits for, line by line into a file. Each line is written when it
 * happens, so that the log is whole however the process ends. No secret is written: see `machines.ts`.
 */
import { openSync, writeSync } from 'node:fs';
import type { AnyStateMachine } from 'xstate';
import type { Recording } from '../adapters/replay/record.ts';
import type { Clock } from '../effects/clock.ts';
import { redactor } from '../effects/codec.ts';
import type { Net } from '../effects/net.ts';
import { EXIT, Stop } from './exit.ts';
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
  const file = openForWriting(path);
  // Loaded only when there is something to record: every other start is quicker without.
  const [{ record }, { recordable }] = await Promise.all([import('../adapters/replay/record.ts'), import('./machines.ts')]);
  return ({ machine, codec, input, id, net, clock }) => {
    const known = recordable(machine.id);
    if (!known) throw new Error(`no codec for recordings of '${machine.id}'`);
    let broken = false;
    const write = (line: string): void => {
      if (broken) return;
      try {
        writeSync(file, `${line}\n`);
      } catch (error) {
        broken = true;
        process.stderr.write(`natpunch: the recording ${path} ends here: ${reasonOf(error)}\n`);
      }
    };
    return record({ net, clock, write, header: { machine: machine.id, input, id }, redact: redactor(codec, known.openCodec(input)) });
  };
}

/** Readable by its owner only: it says who spoke with whom. */
function openForWriting(path: string): number {
  try {
    return openSync(path, 'w', 0o600);
  } catch (error) {
    throw new Stop(EXIT.cannot, `cannot write the recording ${path}: ${reasonOf(error)}. Choose another file with --record`);
  }
}

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'that is a folder',
  ENOSPC: 'the disk is full',
};
