/** Runs in a host of the lab, as its agent: the n4 machines on the real sockets of that namespace. */
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { meter } from '../../cli/meter.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { run } from '../../effects/run.ts';
import { connect, ConnectionFailed } from '../../machines/connection.ts';
import { n4Codec, n4Peer, n4Server, N4_DEFAULTS } from '../../machines/n4/index.ts';
import type { N4PeerInput } from '../../machines/n4/session.ts';

/** What came of one sweep, as JSON. */
export interface Swept {
  readonly kind: 'connected' | 'failed';
  readonly reason?: string;
  readonly detail?: string;
  /** From the start until the peer was heard, and until it was known to hear us. */
  readonly heardMs?: number;
  readonly confirmedMs: number;
  /** Datagrams until the confirmation, and in all. */
  readonly packetsToConfirm: number;
  readonly packets: number;
  readonly local?: Endpoint;
  readonly peer?: Endpoint;
  /** The payload that came through the hole. */
  readonly heard?: string;
}

const clock = nodeClock();

/** Resolves when the server listens. */
export async function serve(listen: Endpoint): Promise<void> {
  const { actor } = run(n4Server, { net: nodeNet(), codec: n4Codec(), clock, id: 's', input: { listen, seed: newSeed() } });
  await new Promise<void>((resolve, reject) => {
    let open = 0;
    actor.on('server', ({ what }) => {
      if (what === 'listening') open += 1;
      if (open === 2) resolve();
    });
    actor.subscribe({ complete: () => reject(new Error('the server ended')) });
    actor.start();
  });
}

/** One hole; `words` go through it and the peer's are waited for, unless there are none: who plays with a program says nothing. */
export async function sweep(server: Endpoint, words: string, given: Partial<N4PeerInput> = {}): Promise<Swept> {
  const measured = meter(nodeNet());
  const startedAt = clock.now();
  const input = { ...N4_DEFAULTS, server, waitMs: 20_000, ...given };
  const connection = connect(run(n4Peer, { net: measured.net, codec: n4Codec(), clock, id: 'peer', input }));
  const heard = new Promise<string>((resolve) => {
    connection.messages.subscribe({ next: (data) => resolve(new TextDecoder().decode(data)), complete: () => resolve('(closed)') });
  });
  try {
    const { elapsedMs, local, peer } = await connection.opened;
    const open = { kind: 'connected', heardMs: elapsedMs, confirmedMs: clock.now() - startedAt, packetsToConfirm: measured.packetsSent, local, peer } as const;
    if (words === '') {
      await connection.close();
      return { ...open, packets: measured.packetsSent };
    }
    connection.send(new TextEncoder().encode(words));
    const answer = await heard;
    await connection.close();
    return { ...open, packets: measured.packetsSent, heard: answer };
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    return { kind: 'failed', reason: error.reason, detail: error.message, confirmedMs: clock.now() - startedAt, packetsToConfirm: measured.packetsSent, packets: measured.packetsSent };
  }
}
