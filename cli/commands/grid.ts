/** `natpunch grid`: every pair of NATs, many seeds each, on the simulated internet, as one table. */
import { type Command, Option } from 'commander';
import { NAT_FLAVOURS, world } from '../../adapters/sim/index.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { type Paint, paintFor } from '../colour.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import * as options from '../options.ts';
import { round } from '../result.ts';
import type { Protocol } from '../scenarios.ts';
import { onInterrupt } from '../signals.ts';
import { reachOf } from '../words.ts';
import { NAT_HELP, natNames, PROTOCOL_NAMES, protocolName } from '../world-options.ts';

const EXAMPLE = `
Example: which homes can meet
  $ natpunch grid udp
Example: two NATs, on a bad line
  $ natpunch grid udp --nats port-restricted,symmetric --loss 0.1 --seeds 200
Example: a carrier's NAT, with whom its customers can meet
  $ natpunch grid udp --nats symmetric+block=512,port-restricted,open
${NAT_HELP}`;

export function defineGrid(command: Command): void {
  command
    .description('Plays a protocol between every two NATs on a simulated internet, with many seeds.')
    .argument('<protocol>', PROTOCOL_NAMES, protocolName)
    .option('--seeds <n>', 'runs in each cell', options.count, 50)
    .addOption(new Option('--nats <list>', 'NATs, with commas in between (default: the seven without modifiers; of pwnat those that differ)').argParser(natNames))
    .option('--latency <ms>', 'one way, between any two hosts', options.milliseconds, 20)
    .option('--loss <p>', 'the probability that a packet is lost, 0 to 1', options.probability, 0)
    .option('--seed <n>', 'the first seed; a run takes the next', options.count, 1)
    .option('--timeout <s>', 'virtual seconds to wait for the outcomes of a run', options.seconds, 90)
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', EXAMPLE)
    .action(async (protocol: Protocol, given: GridOptions) => {
      process.exitCode = await grid(protocol, given);
    });
}

interface GridOptions {
  readonly seeds: number;
  readonly nats?: readonly string[];
  readonly latency: number;
  readonly loss: number;
  readonly seed: number;
  readonly timeout: number;
  readonly json?: true;
}

interface Cell {
  readonly a: string;
  readonly b: string;
  readonly runs: number;
  readonly connected: number;
  readonly expected: boolean;
}

async function grid(protocol: Protocol, given: GridOptions): Promise<ExitCode> {
  const { nats = protocol.nats ?? NAT_FLAVOURS, seeds, json } = given;
  onInterrupt(() => process.exit(EXIT.interrupted));
  const startedAt = performance.now();
  const cells: Cell[] = [];
  for (const a of nats) {
    for (const b of nats) {
      cells.push({ a, b, runs: seeds, connected: await connectedRuns(protocol, a, b, given), expected: protocol.expected(reachOf(a), reachOf(b)) });
      showProgress(cells.length, nats.length ** 2);
    }
  }
  const elapsedMs = round(performance.now() - startedAt);
  if (json) process.stdout.write(`${JSON.stringify({ protocol: protocol.name, seeds, cells, elapsedMs })}\n`);
  else process.stdout.write(`${table(cells, nats, paintFor(process.stdout)).join('\n')}\n\n${legend(cells, protocol, given).join('\n')}\n`);
  return EXIT.done;
}

async function connectedRuns({ scenario }: Protocol, a: string, b: string, { seeds, seed, latency, loss, timeout }: GridOptions): Promise<number> {
  let connected = 0;
  for (let run = 0; run < seeds; run += 1) {
    // Signals are heard between runs.
    if (run % 10 === 0) await new Promise(setImmediate);
    const played = world({ a, b }, { seed: seed + run, latencyMs: latency, loss, keep: false, maxMs: timeout * 1000, settleMs: 0 }).run(scenario);
    if (['a', 'b'].every((host) => played.outcome<Outcome>(host)?.kind === 'connected')) connected += 1;
    played.stop();
  }
  return connected;
}

function showProgress(done: number, all: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(done < all ? `\r${done} of ${all} cells` : '\r\u001b[K');
}

function table(cells: readonly Cell[], nats: readonly string[], paint: Paint): string[] {
  const heads = nats.map((nat) => nat.split(/(?<=[-+])/).reduce(joinParts, []));
  const height = Math.max(...heads.map((head) => head.length));
  const widths = heads.map((head) => Math.max(4, ...head.map((part) => part.length)));
  const label = Math.max(5, ...nats.map((nat) => nat.length));
  const line = (first: string, rest: readonly string[]): string => [first, ...rest].join(' ').trimEnd();
  const centred = (text: string, width: number): string => text.padStart(Math.ceil((width + text.length) / 2)).padEnd(width);
  const headLines = Array.from({ length: height }, (_, row) =>
    line((row === height - 1 ? 'a \\ b' : '').padEnd(label), heads.map((head, index) => centred(head[row - height + head.length] ?? '', widths[index] ?? 0))),
  );
  const rows = nats.map((a) =>
    line(
      a.padEnd(label),
      nats.map((b, index) => {
        const cell = cells.find((one) => one.a === a && one.b === b);
        return cell ? paint(colourOf(cell), centred(rate(cell), widths[index] ?? 0)) : '';
      }),
    ),
  );
  return [...headLines, ...rows];
}

/** Parts of a name that fit beside each other stay together. */
function joinParts(lines: string[], part: string): string[] {
  const last = lines.at(-1);
  return last !== undefined && (last + part).length <= 8 ? [...lines.slice(0, -1), last + part] : [...lines, part];
}

/** `✓`, `·`, or how many in a hundred; never as much as all or as little as none. */
export function rate({ connected, runs }: Pick<Cell, 'connected' | 'runs'>): string {
  if (connected === runs) return '✓';
  if (connected === 0) return '·';
  const percent = (100 * connected) / runs;
  return `${percent >= 99.5 ? '>99' : percent < 0.5 ? '<1' : Math.round(percent)}%`;
}

function colourOf({ connected, runs, expected }: Cell): 'green' | 'dim' | 'yellow' | 'red' {
  if (connected > 0 && connected < runs) return 'yellow';
  if (expected !== connected > 0) return 'red';
  return connected > 0 ? 'green' : 'dim';
}

function legend(cells: readonly Cell[], { names: [name = ''] }: Protocol, { seeds, latency, loss }: GridOptions): string[] {
  const surprises = cells.filter(({ connected, runs, expected }) => connected !== (expected ? runs : 0));
  // That UDP does not pass needs no run to be understood.
  const apart = cells.find(({ connected, a, b }) => connected === 0 && a !== 'udp-blocked' && b !== 'udp-blocked');
  const circumstances = `${seeds} runs a cell, ${latency} ms one way${loss === 0 ? '' : `, ${Math.round(loss * 1000) / 10} % lost`}`;
  return [
    `✓ all connected   · none   (${circumstances})`,
    surprises.length === 0
      ? 'Every cell is as the definitions of RFC 4787 say.'
      : `${surprises.length} of ${cells.length} cells differ from what the definitions of RFC 4787 say: ${surprises.map(({ a, b }) => `${a} × ${b}`).join(', ')}`,
    ...(apart ? [`Why not, packet by packet: natpunch sim ${name} --a ${apart.a} --b ${apart.b}`] : []),
  ];
}
