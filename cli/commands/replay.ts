/** `natpunch replay`: refolds a recording. The same machine must ask the same of the world, given what it once heard. */
import type { Command } from 'commander';
import { paintFor } from '../colour.ts';
import { EXIT, type ExitCode, Stop } from '../exit.ts';
import { readText, refold, type Refolded } from '../refolding.ts';

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
    .option('--sequence', 'draw what happens (on a terminal it always is)')
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, { sequence = process.stdout.isTTY }: { readonly sequence?: boolean }) => {
      process.exitCode = await replayFile(file, sequence);
    });
}

async function replayFile(file: string, isDrawn: boolean): Promise<ExitCode> {
  const text = readText(file, 'Name a file written by --record');
  const { log, divergence } = isDrawn ? await drawn(file, text) : refold(file, text);
  if (divergence) throw new Stop(EXIT.no, `${file}, ${divergence.message}`);
  process.stdout.write(`refolded ${log.lines.length + 1} lines, no divergence${log.ended ? '' : '; the log stops without its end'}\n`);
  return EXIT.done;
}

/** Of a run that diverges, until there. */
async function drawn(file: string, text: string): Promise<Refolded> {
  // Loaded only for people: scripts that replay start quicker without.
  const [{ refoldTraced }, { logSequence }] = await Promise.all([import('../traced-refolding.ts'), import('../log-sequence.ts')]);
  const { trace, ...refolded } = refoldTraced(file, text);
  process.stdout.write(`${logSequence(trace, paintFor(process.stdout)).join('\n')}\n\n`);
  return refolded;
}
