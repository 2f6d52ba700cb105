/** tcp-open in the swarm: its promises are those of `machines/tcp-open/timing.ts` and docs/protocols/tcp-open.md. */
import type { ReleasedStream, World } from '../../../adapters/sim/index.ts';
import type { Scenario } from '../../../effects/scenario.ts';
import { openCodec, tcpOpenPeer, tcpOpenRendezvous, tcpOpenRendezvousCodec } from '../../../machines/index.ts';
import type { OpenPeerContext } from '../../../machines/tcp-open/session.ts';
import * as timing from '../../../machines/tcp-open/timing.ts';
import { RENDEZVOUS_PORT } from '../../../machines/udp-punch/index.ts';
import { mayOpen } from '../allowed.ts';
import { type Company, partnerOf, type SwarmCast } from '../cast.ts';
import type { Drawn } from '../draw.ts';
import type { Host } from '../spec.ts';
import { Listener, Speaker } from '../stream.ts';

const ROOMS = { ab: openCodec('a room of the swarm'), cd: openCodec('another room of the swarm') };

const scenario: Scenario = {
  name: 'tcp',
  part(host, { seed, address }) {
    const server = { host: address('s'), port: RENDEZVOUS_PORT };
    if (host === 's') return { machine: tcpOpenRendezvous, codec: tcpOpenRendezvousCodec(), input: { listen: server, seed } };
    const codec = host === 'a' || host === 'b' ? ROOMS.ab : host === 'c' || host === 'd' ? ROOMS.cd : undefined;
    return codec && { machine: tcpOpenPeer, codec, input: { server, seed } };
  },
};

/** A user that has heard nothing for so long lets go of the stream: TCP itself would go on for a quarter of an hour. */
const SILENT_MS = 15_000;

export const tcpOpen: SwarmCast & Drawn = {
  name: 'tcp-open',
  kind: 'pair',
  rooms: true,
  servers: ['s'],
  limits: {
    lifeMs: timing.WAIT_MS + timing.ATTEMPTS * (timing.CONNECT_DEADLINE_MS + 2 * timing.ANSWER_DEADLINE_MS + timing.AGAIN_MS + timing.START_LIMIT_MS) + timing.PUNCH_DEADLINE_MS,
    aloneMs: SILENT_MS + 1_000,
    joinMs: 150_000,
    partMs: SILENT_MS,
  },
  // Calls of the shortest lines, one every third of a ms in volleys, to three endpoints at the most.
  budget: { perSecond: 3 * timing.ROUNDS, total: 3 * timing.ROUNDS + 2 * timing.AIMED_REPEATS, sockets: 600 + timing.UNPROVED },
  scenario: () => scenario,
  mayMeet: mayOpen,
  enter: (w) => new Streams(w),
};

/** The users of both ends, and the streams that they were given. */
class Streams implements Company {
  readonly #w: World;
  readonly #uses = new Map<ReleasedStream, { readonly speaker: Speaker; readonly listener: Listener; heardAt: number; isOver: boolean }>();
  readonly #lives = new Map<Host, number>();
  readonly #heard = new Map<Host, number>();
  readonly #complaints: string[] = [];

  constructor(w: World) {
    this.#w = w;
  }

  standing(host: Host): ReturnType<Company['standing']> {
    const snapshot = this.#w.running(host).actor.getSnapshot() as { readonly status: string; readonly context: OpenPeerContext };
    const stream = this.#streamOf(host);
    const isUp = stream !== undefined && this.#uses.get(stream)?.isOver === false;
    return { isUp, isOver: !isUp && snapshot.status !== 'active', self: snapshot.context.self, peer: snapshot.context.peer?.id };
  }

  began(host: Host): void {
    this.#lives.set(host, (this.#lives.get(host) ?? 0) + 1);
  }

  /** What has come is read, and whoever is silent or has ended is let go. */
  look(host: Host): void {
    const stream = this.#streamOf(host);
    if (stream === undefined) return;
    let use = this.#uses.get(stream);
    if (use === undefined) {
      use = { speaker: new Speaker(`${host}/${this.#lives.get(host)}`), listener: new Listener(partnerOf(host)), heardAt: this.#w.clock.now(), isOver: false };
      this.#uses.set(stream, use);
    }
    const data = stream.read();
    if (data.length > 0) {
      use.heardAt = this.#w.clock.now();
      const before = use.listener.lines;
      use.listener.hear(data);
      this.#heard.set(host, (this.#heard.get(host) ?? 0) + use.listener.lines - before);
      if (use.listener.fault !== undefined) this.#complaints.push(`${host}: ${use.listener.fault}`);
    }
    if (use.isOver || (stream.failure === undefined && !stream.isEnded && this.#w.clock.now() - use.heardAt < SILENT_MS)) return;
    use.isOver = true;
    stream.destroy();
  }

  speak(host: Host): void {
    const stream = this.#streamOf(host);
    const use = stream && this.#uses.get(stream);
    if (use?.isOver === false) stream?.write(use.speaker.next());
  }

  heard(host: Host): number {
    return this.#heard.get(host) ?? 0;
  }

  complaints(): readonly string[] {
    return this.#complaints;
  }

  close(host: Host): void {
    const stream = this.#streamOf(host);
    const use = stream && this.#uses.get(stream);
    if (!use || use.isOver) return;
    use.isOver = true;
    stream?.destroy();
  }

  leave(): void {
    for (const [stream, use] of this.#uses) if (!use.isOver) stream.destroy();
  }

  #streamOf(host: Host): ReleasedStream | undefined {
    return this.#w.released(host).at(-1);
  }
}
