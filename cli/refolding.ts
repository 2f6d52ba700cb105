/** Runs the machine of a recording on its log, for whoever wants to compare or to look. */
import { readFileSync } from 'node:fs';
import { isBadLog, type Log, readLog } from '../adapters/replay/log.ts';
import { type Divergence, type Replayed, replay, type Stage } from '../adapters/replay/replay.ts';
import { run } from '../effects/run.ts';
import { EXIT, Stop } from './exit.ts';
import { type Recordable, recordable, recordableNames } from './machines.ts';

export interface Refolded {
  readonly log: Log;
  readonly divergence: Divergence | undefined;
}

/** `file` is its name, for people. Throws a `Stop` for what is no log, and for one on which the machine breaks. */
export function refold(file: string, text: string): Refolded {
  const log = readLog(text);
  if (isBadLog(log)) throw new Stop(EXIT.no, `${file}, ${log.message}`);
  const known = recordable(log.header.machine);
  if (!known) throw new Stop(EXIT.no, `${file}, line 1: no machine is called '${log.header.machine}'. Machines: ${recordableNames()}`);
  let failure: { readonly error: unknown } | undefined;
  const outcome = replay(text, (stage) => start(stage, known, (error) => {
    failure ??= { error };
  }));
  if (outcome?.kind === 'bad-log') throw new Stop(EXIT.no, `${file}, ${outcome.message}`);
  if (failure && !outcome) throw new Stop(EXIT.no, `${file}: the machine broke on it: ${failure.error instanceof Error ? failure.error.message : String(failure.error)}`);
  return { log, divergence: outcome };
}

/** The text of a file. Throws a `Stop`; `advice` says what to name instead. */
export function readText(file: string, advice: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    throw new Stop(EXIT.no, `cannot read ${file}: ${UNREADABLE[code] ?? code}. ${advice}`);
  }
}

const UNREADABLE: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EISDIR: 'that is a folder', EACCES: 'permission denied' };

function start({ net, clock, header }: Stage, { machine, publicCodec }: Recordable, onError: (error: unknown) => void): Replayed {
  const running = run(machine, { net, clock, codec: publicCodec(header.input), input: header.input, id: header.id });
  running.actor.subscribe({ error: onError });
  running.actor.start();
  return { stop: running.stop, tell: (event) => running.actor.send(event) };
}
