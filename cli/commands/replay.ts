/** `natpunch replay`: refolds a recording. The same machine must ask the same of the world, given what it once heard. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isBadLog, type Log, readLog } from '../../adapters/replay/log.ts';
import { type Replayed, replay, type Stage } from '../../adapters/replay/replay.ts';
import { run } from '../../effects/run.ts';
import { EXIT, type ExitCode, Stop } from '../exit.ts';
import { type Recordable, recordable, recordableNames } from '../machines.ts';

const EXAMPLE = `
Example:
  $ natpunch sim udp --a symmetric --b restricted --record run.jsonl
  $ natpunch replay run.jsonl

Exit 0: the machine does as the log says. Exit 1: it does not, and the first
line that differs is named with both sides; or the file is no log, or a line
of it was changed after it was written, which its checksum tells.`;

export function defineReplay(command: Command): void {
  command
    .description('Runs the machine of a recording on its log, and compares what it asks with what it asked then.')
    .argument('<file>', 'as written by --record')
    .addHelpText('after', EXAMPLE)
    .action((file: string) => {
      process.exitCode = replayFile(file);
    });
}

function replayFile(file: string): ExitCode {
  const text = read(file);
  const log = readLog(text);
  if (isBadLog(log)) throw new Stop(EXIT.no, `${file}, ${log.message}`);
  const known = recordable(log.header.machine);
  if (!known) throw new Stop(EXIT.no, `${file}, line 1: no machine is called '${log.header.machine}'. Machines: ${recordableNames()}`);

  let failure: { readonly error: unknown } | undefined;
  const outcome = replay(text, (stage) => start(stage, known, (error) => {
    failure ??= { error };
  }));
  if (outcome) throw new Stop(EXIT.no, `${file}, ${outcome.message}`);
  if (failure) throw new Stop(EXIT.no, `${file}: the machine broke on it: ${failure.error instanceof Error ? failure.error.message : String(failure.error)}`);
  process.stdout.write(`refolded ${lineCount(log)} lines, no divergence${log.ended ? '' : '; the log stops without its end'}\n`);
  return EXIT.done;
}

function start({ net, clock, header }: Stage, { machine, openCodec }: Recordable, onError: (error: unknown) => void): Replayed {
  const running = run(machine, { net, clock, codec: openCodec(header.input), input: header.input, id: header.id });
  running.actor.subscribe({ error: onError });
  running.actor.start();
  return { stop: running.stop, tell: (event) => running.actor.send(event) };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'that is a folder' : code === 'EACCES' ? 'permission denied' : code;
    throw new Stop(EXIT.no, `cannot read ${file}: ${why}. Name a file written by --record`);
  }
}

function lineCount({ lines }: Log): number {
  return lines.length + 1;
}
