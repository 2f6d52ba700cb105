/** Runs in a host of the lab, as its agent: the project's own machines on the real sockets of that namespace. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { meter } from '../../cli/meter.ts';
import { record } from '../../adapters/replay/record.ts';
import { redactor } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { run, type Running } from '../../effects/run.ts';
import { connect, ConnectionFailed } from '../../machines/connection.ts';
import { publicPeerCodec, peerCodec, rendezvousCodec, udpPunchPeer, udpPunchRendezvous } from '../../machines/udp-punch/index.ts';

/** What came of one punch, as JSON. */
export interface Punched {
  readonly kind: 'connected' | 'failed';
  readonly reason?: string;
  readonly detail?: string;
  readonly elapsedMs?: number;
  readonly peer?: Endpoint;
  /** Datagrams that this side sent until then, to the rendezvous too. */
  readonly packets?: number;
  /** The payload that came from the peer through the hole. */
  readonly heard?: string;
}

const clock = nodeClock();
let server: Running<typeof udpPunchRendezvous> | undefined;

/** Resolves when the rendezvous listens. */
export async function serve(listen: Endpoint): Promise<void> {
  const running = run(udpPunchRendezvous, { net: nodeNet(), codec: rendezvousCodec('the secret of a test'), clock, id: 's', input: { listen, seed: newSeed() } });
  server = running;
  await new Promise<void>((resolve, reject) => {
    running.actor.on('server', ({ what }) => what === 'listening' && resolve());
    running.actor.subscribe({ complete: () => reject(new Error('the rendezvous ended')) });
    running.actor.start();
  });
}

export async function stopServing(): Promise<void> {
  server?.actor.send({ type: 'close' });
}

/** One punch: opens the hole, sends `words` through it, waits for the peer's, and closes. `log` records it to that file. */
export async function punch(to: Endpoint, room: string, words: string, log?: string): Promise<Punched> {
  const input = { server: to, seed: newSeed(), waitMs: 8_000 };
  const counted = meter(nodeNet());
  const plain = { net: counted.net, clock };
  if (log !== undefined) writeFileSync(log, '');
  const recording =
    log === undefined
      ? undefined
      : record({
          ...plain,
          write: (line) => appendFileSync(log, `${line}\n`),
          header: { machine: 'udp-punch/peer', id: words, input },
          redact: redactor(peerCodec(room), publicPeerCodec()),
        });
  const { net, clock: timers } = recording ?? plain;
  const connection = connect(run(udpPunchPeer, { net, clock: timers, codec: peerCodec(room), id: words, input }));
  try {
    const { elapsedMs, peer } = await connection.opened;
    const packets = counted.packetsSent;
    const heard = new Promise<string>((resolve) => {
      connection.messages.subscribe({ next: (data) => resolve(new TextDecoder().decode(data)), complete: () => resolve('(closed)') });
    });
    connection.send(new TextEncoder().encode(words));
    const result: Punched = { kind: 'connected', elapsedMs, peer, packets, heard: await heard };
    recording?.told({ type: 'close' });
    await connection.close();
    return result;
  } catch (error) {
    if (error instanceof ConnectionFailed) return { kind: 'failed', reason: error.reason, detail: error.message };
    throw error;
  }
}
