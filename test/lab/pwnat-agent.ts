/** Runs in a host of the lab, as its agent: pwnat's machines on the real sockets of that namespace, and the TCP programs on either side of them. */
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { record, type Recording } from '../../adapters/replay/record.ts';
import { meter } from '../../cli/meter.ts';
import { redactor } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Net } from '../../effects/net.ts';
import { run } from '../../effects/run.ts';
import type { ServerReported } from '../../effects/scenario.ts';
import { connect, type Connection, ConnectionFailed } from '../../machines/connection.ts';
import { publicPwnatCodec, pwnatCaller, pwnatCodec, pwnatListener, type VariantName } from '../../machines/pwnat/index.ts';

/** What came of one call, as JSON. */
export interface Called {
  readonly kind: 'connected' | 'failed';
  readonly reason?: string;
  readonly detail?: string;
  /** From the start of the caller until it was answered, or gave up. */
  readonly knownMs: number;
  /** Until the first byte came back through the tunnel. */
  readonly firstByteMs?: number;
  readonly heard?: string;
  /** Datagrams and ICMP until then. */
  readonly packets: number;
}

const clock = nodeClock();
const TARGET = 8_080;
let listening: Connection | undefined;

/** What the tunnel leads to: says everything back. Once for all listeners of this host. */
export async function echo(): Promise<void> {
  await once(createServer((socket) => socket.pipe(socket)).listen(TARGET, '127.0.0.1'), 'listening');
}

export interface Given {
  readonly secret?: string;
  readonly stun?: Endpoint;
  /** The file of a recording. */
  readonly log?: string;
}

/** A listener in the place of the one before; resolves when it listens. */
export async function listen(variant: VariantName, { secret, log }: Given = {}): Promise<void> {
  await listening?.close();
  const codec = pwnatCodec({ variant, secret });
  const allow = [{ host: '127.0.0.1', port: String(TARGET), at: { host: '127.0.0.1', port: TARGET } }];
  const input = { seed: newSeed(), variant, allow, ...(secret === undefined ? {} : { authenticated: true as const }) };
  const recording = recorded(log, { machine: pwnatListener.id, id: 'listener', input }, nodeNet(), { variant, ...(secret === undefined ? {} : { secret }) });
  const running = run(pwnatListener, { ...recording, codec, id: 'listener', input });
  const isReady = new Promise<void>((resolve, reject) => {
    running.actor.on('server', ({ what }: ServerReported) => (what === 'listening' ? resolve() : undefined));
    running.actor.subscribe({ complete: () => reject(new Error(`the listener ended: ${JSON.stringify(running.actor.getSnapshot().output)}`)) });
  });
  listening = told(connect(running), recording);
  await isReady;
}

/** Calls, and sends words through a TCP connection as soon as the door is open. */
export async function call(server: Endpoint, variant: VariantName, words: string, given: Given = {}): Promise<Called> {
  const { secret, stun, log } = given;
  const measured = meter(nodeNet(), ['udp.send', 'icmp.send']);
  const input = {
    seed: newSeed(),
    variant,
    server,
    to: { host: '127.0.0.1', port: String(TARGET) },
    listen: { host: '127.0.0.1', port: 0 },
    ...(secret === undefined ? {} : { authenticated: true as const }),
    ...(stun ? { stun } : {}),
  };
  const startedAt = clock.now();
  const recording = recorded(log, { machine: pwnatCaller.id, id: 'caller', input }, measured.net, { variant, ...(secret === undefined ? {} : { secret }) });
  const running = run(pwnatCaller, { ...recording, codec: pwnatCodec({ variant, secret }), id: 'caller', input });
  let answered: Promise<{ readonly heard: string; readonly firstByteMs: number }> | undefined;
  running.actor.on('server', ({ what, local }: ServerReported) => {
    if (what === 'listening' && local) answered = say(local.port, words, startedAt);
  });
  const connection = told(connect(running), recording);
  try {
    await connection.opened;
    const knownMs = clock.now() - startedAt;
    const answer = await answered;
    const packets = measured.packetsSent;
    await connection.close();
    return { kind: 'connected', knownMs, packets, ...answer };
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    return { kind: 'failed', reason: error.reason, detail: error.message, knownMs: clock.now() - startedAt, packets: measured.packetsSent };
  }
}


/** Closes the listener. */
export async function rest(): Promise<void> {
  await listening?.close();
  listening = undefined;
}

type Recorded = Pick<Recording, 'net' | 'clock'> & Partial<Pick<Recording, 'told'>>;

/** As the command line records: with a codec that knows no secret. */
function recorded(log: string | undefined, header: Parameters<typeof record>[0]['header'], net: Net, keys: { readonly variant: VariantName; readonly secret?: string }): Recorded {
  if (log === undefined) return { net, clock };
  return record({ net, clock, header, write: (line) => appendFileSync(log, `${line}\n`), redact: redactor(pwnatCodec(keys), publicPwnatCodec(keys.variant)) });
}

/** That it was closed is part of the recording. */
function told(connection: Connection, recording: Recorded): Connection {
  const close = (): ReturnType<Connection['close']> => {
    recording.told?.({ type: 'close' });
    return connection.close();
  };
  return { ...connection, close };
}

async function say(port: number, words: string, startedAt: number): Promise<{ readonly heard: string; readonly firstByteMs: number }> {
  const socket = connectTcp(port, '127.0.0.1').setEncoding('utf8').on('error', () => undefined);
  socket.write(words);
  let [heard, firstByteMs] = ['', 0];
  for await (const text of socket as AsyncIterable<string>) {
    firstByteMs ||= clock.now() - startedAt;
    heard += text;
    if (heard.length >= words.length) break;
  }
  socket.destroy();
  return { heard, firstByteMs };
}
