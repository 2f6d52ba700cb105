/** Runs servers until a signal or one's end, on one address: each part is a machine of its own. One line for each event. */
import type { AnyStateMachine } from 'xstate';
import { nodeClock } from '../adapters/node/clock.ts';
import { nodeNet } from '../adapters/node/net.ts';
import { ResolveError, resolveHost } from '../adapters/node/resolve.ts';
import { type Endpoint, formatEndpoint } from '../effects/endpoint.ts';
import { run } from '../effects/run.ts';
import type { ServerReported } from '../effects/scenario.ts';
import { n4Server } from '../machines/n4/index.ts';
import type { Failed } from '../machines/outcome.ts';
import { EXIT, type ExitCode, Stop } from './exit.ts';
import type { AnyCodec } from './machines.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { adviceFor, exitCodeOf } from './result.ts';
import { onInterrupt } from './signals.ts';
import { statusWriter } from './status.ts';
import { wildcardWarning } from './wildcard.ts';

export interface ServingOptions {
  readonly timeout?: number;
  readonly record?: string;
  readonly json?: true;
}

export interface ServerPart {
  readonly machine: AnyStateMachine;
  readonly codec: AnyCodec;
  readonly inputFor: (listen: Endpoint) => unknown;
}

export interface Words {
  /** The options that name its addresses. */
  readonly named?: string;
  /** On stderr once it listens. */
  readonly notes?: readonly string[];
}

/**
 * The second part listens where the first was seen to, so that a port left to the system is one for both; its recording is
 * the first one's name with `.2` behind.
 */
export async function serve({ timeout, record, json }: ServingOptions, parts: readonly [ServerPart, ServerPart?], listen: Endpoint, { named = '--listen', notes = [] }: Words = {}): Promise<ExitCode> {
  const [first, second] = parts;
  const recorders = [await openRecorder(record), second && record !== undefined ? await openRecorder(`${record}.2`) : undefined];
  const at = { host: await resolveHost(listen.host).catch(unresolved('--listen')), port: listen.port };
  const warning = first.machine === n4Server ? undefined : wildcardWarning(listen.host);
  const warnings = [...(warning === undefined ? [] : [warning]), ...notes];
  const stops: (() => void)[] = [];
  let isStopping = false;
  const stop = (): void => {
    isStopping = true;
    for (const one of stops) one();
  };
  onInterrupt(stop, EXIT.done);
  if (timeout !== undefined) setTimeout(stop, timeout * 1000).unref();

  const play = async (part: ServerPart, own: Endpoint, recorder: Recorder | undefined, opened: (local: Endpoint) => void): Promise<Failed | undefined> => {
    if (isStopping) return undefined;
    const failure = await playOne(part, own, recorder, stops, (event) => {
      for (const message of warnings.splice(0)) statusWriter(json === true)({ status: 'warning', message: `natpunch: ${message}` });
      tell(event, json === true);
      if (event.what === 'listening' && event.local) opened(event.local);
    });
    stop();
    return failure;
  };

  let other: Promise<Failed | undefined> | undefined;
  const failures = [
    await play(first, at, recorders[0], ({ port }) => {
      if (second) other ??= play(second, { host: at.host, port }, recorders[1], () => undefined);
    }),
    await other,
  ];
  const failure = failures.find((one) => one !== undefined);
  if (failure) throw new Stop(exitCodeOf(failure.reason), `${failure.detail}${adviceFor(failure.reason, named)}`);
  return EXIT.done;
}

export function unresolved(option: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof ResolveError) throw new Stop(EXIT.no, `${error.message}. Check ${option}`);
    throw error;
  };
}

/** One machine from its start to its end. */
function playOne(
  { machine, codec, inputFor }: ServerPart,
  listen: Endpoint,
  recorder: Recorder | undefined,
  stops: (() => void)[],
  hear: (event: ServerReported) => void,
): Promise<Failed | undefined> {
  const input = inputFor(listen);
  const [clock, net] = [nodeClock(), nodeNet()];
  const recording = recorder?.({ machine, codec, input, id: 'server', net, clock });
  const { actor } = run(machine, { net: recording?.net ?? net, clock: recording?.clock ?? clock, codec, input, id: 'server' });
  stops.push(() => {
    if (actor.getSnapshot().status !== 'active') return;
    recording?.told({ type: 'close' });
    actor.send({ type: 'close' });
  });
  actor.on('server', (event: unknown) => hear(event as ServerReported));
  return new Promise((resolve, reject) => {
    actor.subscribe({ complete: () => resolve(actor.getSnapshot().output as Failed | undefined), error: reject });
    actor.start();
  });
}

function tell({ what, local, transport, room, from }: ServerReported, json: boolean): void {
  const fields = { local: local && formatEndpoint(local), transport, room, from: from && formatEndpoint(from) };
  if (json) process.stdout.write(`${JSON.stringify({ event: what, time: new Date().toISOString(), ...fields })}\n`);
  else process.stderr.write(`${sentence(what, fields)}\n`);
}

interface Fields {
  readonly local?: string | undefined;
  readonly transport?: 'tcp' | undefined;
  readonly room?: string | undefined;
  readonly from?: string | undefined;
}

function sentence(what: ServerReported['what'], { local = '', transport, room = '', from = '' }: Fields): string {
  switch (what) {
    case 'listening':
      return `listening on ${local}${transport === 'tcp' ? ' (TCP)' : ''}`;
    case 'room-opened':
      return room === '' ? `${from} waits for another client` : `room ${room} opened by ${from}`;
    case 'paired':
      return room.includes(':') ? `paired ${from} with ${room}` : `room ${room} paired, the second from ${from}`;
    case 'checking':
      return `${from} asks to be checked`;
    case 'reported':
      return `told the server where ${from} is seen`;
    // Of tunnels, which no server here has.
    default:
      return what;
  }
}
