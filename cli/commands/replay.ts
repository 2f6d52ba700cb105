/** `natpunch replay`: refolds a recording. The same machine must ask the same of the world, given what it once heard. */
import type { Command } from 'commander';
import { EXIT, type ExitCode, Stop } from '../exit.ts';
import { readText, refold } from '../refolding.ts';

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
  const { log, divergence } = refold(file, readText(file, 'Name a file written by --record'));
  if (divergence) throw new Stop(EXIT.no, `${file}, ${divergence.message}`);
  process.stdout.write(`refolded ${log.lines.length + 1} lines, no divergence${log.ended ? '' : '; the log stops without its end'}\n`);
  return EXIT.done;
}
