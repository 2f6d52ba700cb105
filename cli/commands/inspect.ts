/** `natpunch inspect`: the page, on recordings and traces; without a file, on the simulator that runs in the page itself. */
import { type Command, Option } from 'commander';
import { EXIT, type ExitCode, Stop } from '../exit.ts';
import { type Export, EXPORTS, exported } from '../inspector/exports.ts';
import { openServer, tellAddress } from '../inspector/inspection.ts';
import { Runs } from '../inspector/runs.ts';
import { isBadTrace, readTrace, rowsOf } from '../inspector/trace/format.ts';
import { traceLog } from '../inspector/trace/log.ts';
import { type Trace, TRACE_FORMAT } from '../inspector/trace/trace.ts';
import { readText } from '../refolding.ts';
import { refoldTraced } from '../traced-refolding.ts';
import { interrupted, port } from '../watching.ts';

const HELP = `
Example: what happened
  $ natpunch udp --server example.org:3478 --room "…" --record run.jsonl
  $ natpunch inspect run.jsonl
Example: two runs, from where they differ
  $ natpunch sim udp --a symmetric --b restricted --seed 1 --trace one.jsonl
  $ natpunch sim udp --a symmetric --b restricted --seed 2 --trace two.jsonl
  $ natpunch inspect one.jsonl two.jsonl
Example: for Wireshark; why a packet was dropped is its comment
  $ natpunch inspect run.jsonl --export pcapng > run.pcapng
Example: try NATs in the page
  $ natpunch inspect

The page is served on 127.0.0.1 to whoever has the address that is printed, and
asks nothing of anybody else. From another machine:
  $ ssh -L 8080:127.0.0.1:<port> host, and open it with that port
Other applications of xstate can be watched too: give the address to
createBrowserInspector({ url }) of @statelyai/inspect.
Ctrl-C ends it.`;

export function defineInspect(command: Command): void {
  command
    .description('Shows runs in a page: the sequence, the statecharts, the tables of NATs, at any moment.')
    .argument('[file]', 'as written by --record or --trace')
    .argument('[other]', 'another, beside it')
    .addOption(new Option('--port <n>', 'where to serve the page; 0 for any').argParser(port).default(0))
    .addOption(new Option('--export <what>', 'write this of the run to stdout, and show no page: mermaid diagrams, packets for Wireshark, a trace with other addresses, or as it is').choices(EXPORTS))
    .option('--json', 'the address as JSON on stderr')
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, other: string | undefined, given: InspectOptions) => {
      process.exitCode = await inspect([file, other].filter((one) => one !== undefined), given);
    });
}

interface InspectOptions {
  readonly port: number;
  readonly export?: Export;
  readonly json?: true;
}

async function inspect(files: readonly string[], { port: at, json, export: wanted }: InspectOptions): Promise<ExitCode> {
  const runs = new Runs();
  const traces = files.flatMap(tracesOf);
  if (wanted !== undefined) {
    const [first] = traces;
    if (!first) throw new Stop(EXIT.usage, '--export needs a file');
    if (wanted === 'pcapng' && process.stdout.isTTY) throw new Stop(EXIT.usage, 'packets are nothing for a terminal. Send them to a file: > run.pcapng');
    process.stdout.write(exported(first, wanted));
    return EXIT.done;
  }
  for (const trace of traces) runs.show(trace);
  const server = await openServer(at, runs);
  server.hold();
  const ended = interrupted();
  tellAddress(server.url, json === true);
  await ended;
  await server.close();
  return EXIT.done;
}

/** One, or two where a log and its replay differ. */
function tracesOf(file: string): readonly Trace[] {
  const text = readText(file, 'Name a file written by --record or --trace');
  if (text.startsWith(`{"format":"${TRACE_FORMAT}"`)) {
    const trace = readTrace(text);
    if (isBadTrace(trace)) throw new Stop(EXIT.no, `${file}, ${trace.message}`);
    tellCut(file, trace.header.cut);
    return [trace];
  }
  if (!/^\s*\{"format":\s*"natpunch-/.test(text)) throw new Stop(EXIT.no, `${file}, line 1: not the header of a natpunch-log/1 or a ${TRACE_FORMAT}. Name a file written by --record or --trace`);
  const { rows, rest } = rowsOf(text);
  // A line that was begun and not ended is nothing that happened.
  const { log, divergence, trace } = refoldTraced(file, rest === undefined ? text : `${rows.join('\n')}\n`);
  const cut = rest !== undefined ? `is cut off in its last line, ${rest}` : log.ended ? undefined : `stops after line ${rows.length}`;
  tellCut(file, cut);
  const shown = (one: Trace, title: string): Trace => ({ ...one, header: { ...one.header, title, ...(cut === undefined ? {} : { cut }) } });
  if (!divergence) return [shown(trace, trace.header.title)];
  process.stderr.write(`natpunch: ${file}, ${divergence.message}\n`);
  const recorded = traceLog(`${file}, as recorded`, log);
  return [...(recorded ? [shown(recorded, recorded.header.title)] : []), shown(trace, `${file}, refolded`)];
}

function tellCut(file: string, cut: string | undefined): void {
  if (cut !== undefined) process.stderr.write(`natpunch: ${file} ${cut}: what wrote it was killed, or still runs. What stands there is shown\n`);
}
