/**
 * What both commands of pwnat do once their options are read: start the machine on real sockets, tell how it goes, and let it carry
 * TCP connections until a signal, or until it cannot go on.
 */
import type { AnyStateMachine } from 'xstate';
import { nodeClock } from '../adapters/node/clock.ts';
import { nodeNet } from '../adapters/node/net.ts';
import { formatEndpoint } from '../effects/endpoint.ts';
import type { NetEffect } from '../effects/net.ts';
import { run } from '../effects/run.ts';
import type { ServerReported } from '../effects/scenario.ts';
import { connect, ConnectionFailed } from '../machines/connection.ts';
import { type Connected, type Failed, failed } from '../machines/outcome.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { AnyCodec } from './machines.ts';
import { meter } from './meter.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { adviceFor, exitCodeOf, type Result, resultOf } from './result.ts';
import { onInterrupt } from './signals.ts';
import { type Status, statusWriter } from './status.ts';

export interface Tunnelling {
  readonly machine: AnyStateMachine;
  readonly codec: AnyCodec;
  readonly input: unknown;
  /** The options that name this host's ports. */
  readonly portOptions: string;
  /** What to say before it starts. */
  readonly warnings: readonly string[];
  /** What its news mean, in words. */
  readonly say: (news: ServerReported) => string;
  /** To say that it stands is all there is to do. */
  readonly once: boolean;
  /** What `once` leaves open, in words. */
  readonly untried?: string | undefined;
}

export interface TunnelOutput {
  readonly record?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Datagrams and what opens the hole. TCP is the application's. */
const COUNTED: readonly NetEffect['type'][] = ['udp.send', 'icmp.send'];

/** `prepare` looks up names. */
export async function tunnel(prepare: () => Promise<Tunnelling | Failed>, { record, json = false }: TunnelOutput): Promise<ExitCode> {
  const startRecording = await openRecorder(record);
  const tell = statusWriter(json);
  let stop = (): void => process.exit(EXIT.interrupted);
  onInterrupt(() => stop());
  const prepared = await prepare();
  if ('kind' in prepared) return reportFailure(prepared, '', { tell, json }, { elapsedMs: 0, packetsSent: 0 });
  for (const message of prepared.warnings) tell({ status: 'warning', message: `natpunch: ${message}` });
  return play(prepared, startRecording, { tell, json }, (how) => (stop = how));
}

interface Report {
  readonly tell: (status: Status) => void;
  /** Whether a failure's result goes to stdout. */
  readonly json: boolean;
}

type Effort = Pick<Result, 'elapsedMs' | 'packetsSent'>;

async function play({ machine, codec, input, portOptions, say, once, untried }: Tunnelling, startRecording: Recorder | undefined, report: Report, onStop: (stop: () => void) => void): Promise<ExitCode> {
  const { tell, json } = report;
  const clock = nodeClock();
  const measured = meter(nodeNet(), COUNTED);
  const recording = startRecording?.({ machine, codec, input, id: 'pwnat', net: measured.net, clock });
  const running = run(machine, { net: recording?.net ?? measured.net, clock: recording?.clock ?? clock, codec, input, id: 'pwnat' });
  running.actor.on('server', (event: unknown) => {
    const news = event as ServerReported;
    const { what, local, transport, from } = news;
    tell({ status: what, message: say(news), ...(local ? { local: formatEndpoint(local) } : {}), ...(transport ? { transport } : {}), ...(from ? { from: formatEndpoint(from) } : {}) });
  });

  const startedAt = clock.now();
  const effort = (): Effort => ({ elapsedMs: clock.now() - startedAt, packetsSent: measured.packetsSent });
  const connection = connect(running);
  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
    recording?.told({ type: 'close' });
    void connection.close();
  };
  onStop(stop);
  let connected: Connected;
  try {
    connected = await connection.opened;
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    return reportFailure(failed(error.reason, error.message), portOptions, report, effort());
  }
  const result = resultOf(connected, { protocol: 'pwnat', ...effort() });
  const message = `connected to ${formatEndpoint(connected.peer)} from ${formatEndpoint(connected.local)} after ${result.elapsedMs} ms`;
  if (once) {
    if (untried !== undefined && !interrupted) tell({ status: 'warning', message: `natpunch: ${untried}` });
    if (!interrupted) process.stdout.write(`${json ? JSON.stringify(result) : message}\n`);
    recording?.told({ type: 'close' });
    await connection.close();
    return interrupted ? EXIT.interrupted : EXIT.done;
  }
  tell({ status: 'connected', message, ...result });
  const ending = await connection.ended;
  if (ending.by === 'failure') return reportFailure(ending.failure, portOptions, { ...report, json: false }, effort());
  tell({ status: 'closed', message: ending.by === 'peer' ? 'the other end has closed the tunnel' : interrupted ? 'closed' : 'the hole stands, but the other end carries no TCP through it' });
  return interrupted ? EXIT.interrupted : EXIT.done;
}

function reportFailure(failure: Failed, portOptions: string, { tell, json }: Report, effort: Effort): ExitCode {
  const { reason, detail } = failure;
  // What raw sockets need is said in the detail; a port above 1023 would not help.
  const advice = reason === 'not-permitted' && detail.includes('ICMP') ? '' : adviceFor(reason, portOptions);
  tell({ status: 'failed', message: `natpunch: ${detail}${advice} (${reason})`, reason });
  if (json) process.stdout.write(`${JSON.stringify(resultOf(failure, { protocol: 'pwnat', ...effort }))}\n`);
  return exitCodeOf(reason);
}
