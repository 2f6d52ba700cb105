/**
 * What every command that connects two hosts does once its options are read: starts the wire's machine on real sockets, tells
 * how it goes, and then pipes stdin and stdout through the hole, or with `--once` only says that it stands.
 */
import type { Socket } from 'node:net';
import type { AnyStateMachine } from 'xstate';
import { nodeClock } from '../adapters/node/clock.ts';
import { nodeNet } from '../adapters/node/net.ts';
import { ResolveError, resolveHost } from '../adapters/node/resolve.ts';
import type { Recording } from '../adapters/replay/record.ts';
import { type Endpoint, formatEndpoint } from '../effects/endpoint.ts';
import { run, type Running } from '../effects/run.ts';
import { connect, type Connection, ConnectionFailed, type Ending } from '../machines/connection.ts';
import { type Connected, type Failed, failed } from '../machines/outcome.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { CALLS, meter } from './meter.ts';
import { pipe } from './pipe.ts';
import { openRecorder } from './recorder.ts';
import { adviceFor, exitCodeOf, type Result, resultOf } from './result.ts';
import { onInterrupt } from './signals.ts';
import { type Status, statusWriter } from './status.ts';
import { breakOff, endStream, pipeStream } from './stream-pipe.ts';
import type { Wire } from './wires.ts';

export interface PunchingOptions {
  readonly protocol: Wire['protocol'];
  readonly server: Endpoint;
  /** The options that named the server, and the ports of this host. */
  readonly serverOption: string;
  readonly localOption: string;
  /** `server` is resolved. */
  readonly wireFor: (server: Endpoint) => Wire | Failed;
  readonly once?: true;
  readonly record?: string;
  readonly json?: true;
}

export async function punch(options: PunchingOptions): Promise<ExitCode> {
  const { protocol, server, serverOption, localOption, wireFor, once = false, json = false, record } = options;
  const startRecording = await openRecorder(record);
  const report: Report = { protocol, localOption, json, tell: statusWriter(json) };
  let interrupted = false;
  let isOpen = false;
  let stop = (): void => process.exit(EXIT.interrupted);
  onInterrupt(() => {
    interrupted = true;
    stop();
  });

  const host = await resolveHost(server.host).catch(unresolved(serverOption));
  const wire = typeof host === 'string' ? wireFor({ host, port: server.port }) : host;
  if ('kind' in wire) return reportFailure(wire, report, { elapsedMs: 0, packetsSent: 0 });

  const { machine, codec, input } = wire;
  const clock = nodeClock();
  let stream: Socket | undefined;
  const measured = meter(nodeNet({ onRelease: (released) => (stream = released) }), wire.carries === 'stream' ? CALLS : undefined);
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
  const result = resultOf(connected, { protocol, ...effort() });
  const message = `connected to ${formatEndpoint(connected.peer)} from ${formatEndpoint(connected.local)} after ${Math.round(result.elapsedMs)} ms`;
  const hint = wire.hint?.(connected);
  // What comes later is no step toward it.
  isOpen = true;
  if (once) {
    if (!interrupted) process.stdout.write(`${json ? JSON.stringify(result) : message}\n`);
    if (hint) report.tell(hint);
    if (stream) await endStream(stream);
    await connection.close();
    return interrupted ? EXIT.interrupted : EXIT.done;
  }
  report.tell({ status: 'connected', message, ...result });
  if (hint) report.tell(hint);
  const opened = stream;
  if (opened) stop = () => breakOff(opened);
  const ending = stream ? await pipeStream(stream) : await pipe(connection);
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
  readonly localOption: string;
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

function reportFailure(failure: Failed, { protocol, localOption, json, tell }: Report, effort: Effort): ExitCode {
  const { reason, detail } = failure;
  tell({ status: 'failed', message: `natpunch: ${detail}${adviceFor(reason, localOption)} (${reason})`, reason });
  if (json) process.stdout.write(`${JSON.stringify(resultOf(failure, { protocol, ...effort }))}\n`);
  return exitCodeOf(reason);
}

function unresolved(option: string): (error: unknown) => Failed {
  return (error) => {
    if (error instanceof ResolveError) return failed('no-rendezvous', `${error.message}. Check ${option}`);
    throw error;
  };
}
