/** Many real peers in one process: first one of every room, then the other, a few at a time so that one event loop keeps up. */
import { waitFor } from 'xstate';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { run } from '../../effects/run.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import { type Connection, connect } from '../../machines/connection.ts';
import type { Connected } from '../../machines/outcome.ts';
import { KEY_LABEL } from '../../machines/udp-punch/codec.ts';
import { peerCodec, udpPunchPeer } from '../../machines/udp-punch/index.ts';
import { roomKeys } from '../../machines/rendezvous/keys.ts';

export interface Pair {
  /** The beginning of the room's identifier, as the rendezvous reports it. */
  readonly room: string;
  readonly host: Connected;
  readonly guest: Connected;
}

const AT_A_TIME = 100;
/** For a machine that is busy with something else. */
const PATIENCE_MS = 30_000;

export class Crowd {
  readonly #port: number;
  readonly #rooms: readonly string[];
  readonly #hosts: Connection[] = [];
  readonly #guests: Connection[] = [];

  constructor(port: number, rooms: number) {
    this.#port = port;
    this.#rooms = Array.from({ length: rooms }, () => newSeed());
  }

  /** Resolves when every room is open and has one peer, who waits. */
  async openRooms(): Promise<void> {
    await inBatches(this.#rooms, async (room) => {
      const { actor, connection } = this.#enter(room);
      this.#hosts.push(connection);
      await waitFor(actor, (snapshot) => snapshot.matches('waiting'), { timeout: PATIENCE_MS });
    });
  }

  /** Resolves when every second peer has come and both of each room are confirmed; rejects when one fails. */
  async pair(): Promise<readonly Pair[]> {
    const pairs: Pair[] = [];
    let next = 0;
    await inBatches(this.#rooms, async (room) => {
      const host = this.#hosts[next]!;
      next += 1;
      const { connection } = this.#enter(room);
      this.#guests.push(connection);
      const [one, other] = await Promise.all([host.opened, connection.opened]);
      pairs.push({ room: toHex(roomKeys(room, KEY_LABEL).id).slice(0, 8), host: one, guest: other });
    });
    return pairs;
  }

  /** Every peer says goodbye. */
  async close(): Promise<void> {
    await Promise.all([...this.#guests, ...this.#hosts].map((connection) => connection.close()));
  }

  #enter(room: string) {
    const running = run(udpPunchPeer, {
      net: nodeNet(),
      codec: peerCodec(room),
      clock: nodeClock(),
      id: 'peer',
      input: { server: { host: '127.0.0.1', port: this.#port }, seed: newSeed(), local: { host: '127.0.0.1' } },
    });
    return { actor: running.actor, connection: connect(running) };
  }
}

async function inBatches<T>(items: readonly T[], visit: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_A_TIME) await Promise.all(items.slice(at, at + AT_A_TIME).map(visit));
}
