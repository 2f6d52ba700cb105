/** `natpunch udp`: punches a UDP hole on real sockets, then carries stdin and stdout through it, or only says that it stands. */
import { type Command, InvalidArgumentError } from 'commander';
import type { AnyStateMachine } from 'xstate';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { ResolveError, resolveHost } from '../../adapters/node/resolve.ts';
import type { Recording } from '../../adapters/replay/record.ts';
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { run, type Running } from '../../effects/run.ts';
import { connect, type Connection, ConnectionFailed, type Ending } from '../../machines/connection.ts';
import { type Connected, type Failed, failed } from '../../machines/outcome.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { meter } from '../meter.ts';
import * as options from '../options.ts';
import { pipe } from '../pipe.ts';
import { openRecorder } from '../recorder.ts';
import { adviceFor, exitCodeOf, type Result, resultOf } from '../result.ts';
import { onInterrupt } from '../signals.ts';
import { type Status, statusWriter } from '../status.ts';
import { seedUdpWire, udpPunchWire, type Wire, type WireOptions } from '../wires.ts';

const HELP = `
Example: the same on both sides; then type
  $ natpunch udp --server example.org:3478 --room "a long secret"
Example: one datagram
  $ echo hi | natpunch udp --server example.org:3478 --room "a long secret"

stdin goes to the peer: each read is sent as datagrams of at most 1200 bytes.
What the peer sends comes out on stdout. Datagrams can be lost, doubled or
reordered, and nothing encrypts them.
When stdin ends after anything was sent, the hole is closed as soon as the peer
has been silent for a second. An empty stdin (< /dev/null) only listens. A peer
that closes ends the command with 0. With --json the result goes to stdout with
--once or on failure; while piping it is a status line on stderr.
The protocol of --wire seed has no goodbye: the peer notices after a minute.`;

export function defineUdp(command: Command): void {
  command
    .description('Opens a UDP hole to whoever names the same room of the same rendezvous.')
    .requiredOption('--server <host:port>', 'the rendezvous', options.remote)
    .option('--room <name>', 'the secret that both peers name (default: $NATPUNCH_ROOM, which no process list shows)', options.notEmpty)
    .option('--wire <protocol>', "natpunch, or seed: that of server.py and client.py, without rooms", wireName, 'natpunch')
    .option('--once', 'confirm the hole both ways, print the result, and exit')
    .option('--local <[addr:]port>', 'the address to send from', options.ownAddress)
    .option('--timeout <s>', 'how long to wait for the peer to come (default: 60); punching then takes up to 10 s more', options.seconds)
    .option('--seed <n>', 'derive identifiers from it, to repeat a run; never the same on both sides', options.notEmpty)
    .option('--record <file>', 'write down what the machine does, for replay')
    .option('--json', 'results and status lines as JSON')
    .addHelpText('after', HELP)
    .action(async (given: UdpOptions) => {
      if (given.wire === 'seed' && given.room !== undefined) command.error("error: option '--room' means nothing with --wire seed, which has no rooms");
      if (given.wire === 'seed' && given.seed !== undefined) command.error("error: option '--seed' means nothing with --wire seed, which has no identifiers");
      if (given.wire === 'natpunch' && roomOf(given) === undefined) command.error("error: required option '--room <name>' not specified");
      process.exitCode = await udp(given);
    });
}

type WireName = 'natpunch' | 'seed';

interface UdpOptions {
  readonly server: Endpoint;
  readonly room?: string;
  readonly wire: WireName;
  readonly once?: true;
  readonly local?: Partial<Endpoint>;
  readonly timeout?: number;
  readonly seed?: string;
  readonly record?: string;
  readonly json?: true;
}

async function udp(given: UdpOptions): Promise<ExitCode> {
  const { server, local, timeout = 60, once = false, json = false, record } = given;
  const startRecording = await openRecorder(record);
  const report: Report = { protocol: given.wire === 'seed' ? 'seed-udp' : 'udp-punch', json, tell: statusWriter(json) };
  let interrupted = false;
  let isOpen = false;
  let stop = (): void => process.exit(EXIT.interrupted);
  onInterrupt(() => {
    interrupted = true;
    stop();
  });

  const host = await resolveHost(server.host).catch(unresolved);
  if (typeof host !== 'string') return reportFailure(host, report, { elapsedMs: 0, packetsSent: 0 });

  const wire = wireOf(given, { server: { host, port: server.port }, local, waitMs: timeout * 1000 });
  const { machine, codec, input } = wire;
  const clock = nodeClock();
  const measured = meter(nodeNet());
  const recording = startRecording?.({ machine, codec, input, id: 'peer', net: measured.net, clock });
  const running = run(machine, { net: recording?.net ?? measured.net, clock: recording?.clock ?? clock, codec, input, id: 'peer' });
  running.actor.subscribe({
    next: (snapshot) => {
      const status = isOpen ? undefined : wire.progress(snapshot);
      if (status) report.tell(status);
    },
    error: () => undefined,
  });

  const startedAt = clock.now();
  const effort = (): Effort => ({ elapsedMs: clock.now() - startedAt, packetsSent: measured.packetsSent });
  const { connection, heard } = start(running, recording);
  stop = () => void connection.close();
  let connected: Connected;
  try {
    connected = await (once || wire.pipesFrom === 'confirmed' ? connection.opened : Promise.race([heard, connection.opened]));
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    return reportFailure(failed(error.reason, error.message), report, effort());
  }
  const result = resultOf(connected, { protocol: report.protocol, ...effort() });
  const message = `connected to ${formatEndpoint(connected.peer)} from ${formatEndpoint(connected.local)} after ${result.elapsedMs} ms`;
  if (once) {
    if (!interrupted) process.stdout.write(`${json ? JSON.stringify(result) : message}\n`);
    await connection.close();
    return interrupted ? EXIT.interrupted : EXIT.done;
  }
  isOpen = true;
  report.tell({ status: 'connected', message, ...result });
  const ending = await pipe(connection);
  if (interrupted) {
    report.tell({ status: 'closed', message: 'closed' });
    return EXIT.interrupted;
  }
  if (ending.by === 'failure') return reportFailure(ending.failure, { ...report, json: false }, effort());
  report.tell({ status: 'closed', message: ending.by === 'peer' ? 'the peer has closed the connection' : 'closed' });
  return EXIT.done;
}

interface Report {
  readonly protocol: string;
  /** Whether a failure's result goes to stdout. */
  readonly json: boolean;
  readonly tell: (status: Status) => void;
}

type Effort = Pick<Result, 'elapsedMs' | 'packetsSent'>;

/** The connection, whose closing is recorded; and the peer's first sign of life. */
function start(running: Running<AnyStateMachine>, recording: Recording | undefined): { readonly connection: Connection; readonly heard: Promise<Connected> } {
  let hear: (connected: Connected) => void = () => undefined;
  const heard = new Promise<Connected>((resolve) => {
    hear = resolve;
  });
  const connection = connect(running, (outcome) => {
    if (outcome.kind === 'connected') hear(outcome);
  });
  const close = (): Promise<Ending> => {
    recording?.told({ type: 'close' });
    return connection.close();
  };
  return { connection: { ...connection, close }, heard };
}

function reportFailure(failure: Failed, { protocol, json, tell }: Report, effort: Effort): ExitCode {
  const { reason, detail } = failure;
  tell({ status: 'failed', message: `natpunch: ${detail}${adviceFor(reason, '--local')} (${reason})`, reason });
  if (json) process.stdout.write(`${JSON.stringify(resultOf(failure, { protocol, ...effort }))}\n`);
  return exitCodeOf(reason);
}

function unresolved(error: unknown): Failed {
  if (error instanceof ResolveError) return failed('no-rendezvous', `${error.message}. Check --server`);
  throw error;
}

function wireOf(options: UdpOptions, given: WireOptions): Wire {
  return options.wire === 'seed' ? seedUdpWire(given) : udpPunchWire(given, roomOf(options) ?? '', options.seed);
}

function wireName(text: string): WireName {
  if (text === 'natpunch' || text === 'seed') return text;
  throw new InvalidArgumentError(`unknown protocol '${text}'. Protocols: natpunch, seed`);
}

function roomOf({ room }: UdpOptions): string | undefined {
  return room ?? (process.env['NATPUNCH_ROOM'] || undefined);
}
