/** The peers of one world: which of their machines run, how they stand with each other, and whether they keep what they promise. */
import type { World } from '../../adapters/sim/index.ts';
import { type Company, partnerOf, type Standing, type SwarmCast } from './cast.ts';
import type { Meter } from './meter.ts';
import { hostsOf } from './places.ts';
import type { Broke } from './rules.ts';
import type { Down, Host, WorldSpec } from './spec.ts';

export interface Peer {
  readonly host: Host;
  /** When its machine was started, or was connected last. */
  since: number;
  /** Crashed, and not started again. */
  isDown: boolean;
  /** Told to close. */
  isDone: boolean;
  failedAt: number | undefined;
  aloneSince: number | undefined;
  speaksAt: number;
  /** How much it has heard, and when that last became more, or it was started or connected. */
  heard: number;
  heardAt: number;
}

/** Those who fail when all is calm are started anew after this time. */
const AGAIN_MS = 500;
/** For so long a user waits for a word from a peer of which the protocol cannot say that it is gone. */
const BLIND_MS = 8_000;
/** Whoever is connected says something so often. */
const SPEAK_MS = 1_000;
/** How often what happens is looked at. */
export const STEP_MS = 250;
/** A little more than any promise: steps, and effects that leave a turn later. */
export const MARGIN_MS = 3 * STEP_MS;

export interface TroupeOptions {
  readonly w: World;
  readonly spec: WorldSpec;
  readonly cast: SwarmCast;
  readonly company: Company;
  readonly meters: ReadonlyMap<string, Meter>;
  /** Told of a broken promise; it does not come back. */
  readonly broke: Broke;
}

export class Troupe {
  readonly peers: readonly Peer[];
  readonly #w: World;
  readonly #spec: WorldSpec;
  readonly #cast: SwarmCast;
  readonly #company: Company;
  readonly #meters: ReadonlyMap<string, Meter>;
  readonly #broke: Broke;

  constructor({ w, spec, cast, company, meters, broke }: TroupeOptions) {
    this.#w = w;
    this.#spec = spec;
    this.#cast = cast;
    this.#company = company;
    this.#meters = meters;
    this.#broke = broke;
    const { lateMs = 0 } = spec;
    this.peers = hostsOf(spec, cast).map((host) => ({ host, since: host === 'b' || host === 'd' ? lateMs : 0, isDown: false, isDone: false, failedAt: undefined, aloneSince: undefined, speaksAt: 0, heard: 0, heardAt: 0 }));
  }

  begin(peer: Peer): void {
    this.#w.restart(peer.host);
    const now = this.#w.clock.now();
    Object.assign(peer, { since: now, heardAt: now, isDown: false, failedAt: undefined, aloneSince: undefined });
    this.#company.began?.(peer.host);
  }

  crash(peer: Peer, how: Down): void {
    this.#w.crash(peer.host, how);
    peer.isDown = true;
  }

  close(peer: Peer): void {
    peer.isDone = true;
    this.#company.close?.(peer.host);
    const { actor } = this.#w.running(peer.host);
    if (actor.getSnapshot().status === 'active') actor.send({ type: 'close' });
  }

  find(host: Host): Peer | undefined {
    return this.peers.find((peer) => peer.host === host);
  }

  /** How much each has heard so far. */
  heard(): readonly number[] {
    return this.peers.map(({ host }) => this.#company.heard?.(host) ?? 0);
  }

  isJoined(): boolean {
    return this.peers.every(({ host }) => {
      const standing = this.standing(host);
      return standing.isUp && this.#isWith(host, standing);
    });
  }

  /** Nobody is on the way to anything. */
  isSettled(): boolean {
    return this.peers.every(({ host }) => {
      const { isOver, isUp, isServing } = this.standing(host);
      return isOver || isUp || isServing === true;
    });
  }

  /** Somebody has given its peer up for what it did not hear before all was calm. */
  wasLost(calmAt: number): boolean {
    const { lossMs } = this.#cast.limits;
    if (lossMs === undefined) return false;
    const until = calmAt + this.scaled(lossMs) + STEP_MS;
    return this.peers.some(({ host, failedAt }) => failedAt !== undefined && failedAt <= until && this.#w.outcome<{ readonly reason?: string }>(host)?.reason === 'peer-lost');
  }

  standing(host: Host): Standing {
    return this.find(host)?.isDown ? DOWN : this.#company.standing(host);
  }

  /** How all stand, for people. */
  words(peers: readonly Peer[] = this.peers): string {
    return peers.map(({ host }) => `${host} ${this.#words(host)}`).join(', ');
  }

  /** By the slowest clock of the world. */
  scaled(ms: number): number {
    return ms / Math.min(1, ...Object.values(this.#spec.clocks ?? {}));
  }

  /** Looks whether all keep their promises; with `anew` those who have failed are started again. */
  look(anew: boolean): void {
    for (const peer of this.peers) if (!peer.isDown) this.#look(peer, anew);
    const [complaint] = this.#company.complaints?.() ?? [];
    if (complaint !== undefined) this.#broke('wrong-payload', complaint);
  }

  #look(peer: Peer, anew: boolean): void {
    const { host } = peer;
    this.#company.look?.(host);
    const standing = this.standing(host);
    const excess = this.#meters.get(host)?.excess(this.#cast.budget, standing.isUp);
    if (excess !== undefined) this.#broke('over-budget', excess);
    if (standing.isUp) {
      if (peer.since < this.#w.clock.now() - STEP_MS) peer.heardAt = this.#w.clock.now();
      peer.since = this.#w.clock.now();
      this.#listen(peer);
      if (!peer.isDone && this.#w.clock.now() >= peer.speaksAt) {
        this.#company.speak?.(host);
        peer.speaksAt = this.#w.clock.now() + SPEAK_MS;
      }
      if (!standing.isBlind) return this.#lookAlone(peer, standing);
      // Whoever hears nothing, and cannot know why, is tried again by its user: both sides may take each other for connected.
      peer.aloneSince = undefined;
      if (anew && this.#w.clock.now() - peer.heardAt >= BLIND_MS) this.begin(peer);
      return;
    }
    peer.aloneSince = undefined;
    if (standing.isOver) {
      peer.failedAt ??= this.#w.clock.now();
      if (anew && this.#w.clock.now() - peer.failedAt >= AGAIN_MS) this.begin(peer);
    } else if (standing.isServing !== true && this.#w.clock.now() - peer.since > this.scaled(this.#cast.limits.lifeMs) + MARGIN_MS) {
      this.#broke('past-deadline', `${host} has no connection for ${Math.round(this.#w.clock.now() - peer.since)} ms, and is ${this.#words(host)}`);
    }
  }

  #listen(peer: Peer): void {
    const heard = this.#company.heard?.(peer.host) ?? 0;
    if (heard === peer.heard) return;
    peer.heard = heard;
    peer.heardAt = this.#w.clock.now();
  }

  /** Connected, as it thinks: the other is so too, or it finds out. */
  #lookAlone(peer: Peer, standing: Standing): void {
    if (this.#isWith(peer.host, standing)) {
      peer.aloneSince = undefined;
      return;
    }
    peer.aloneSince ??= this.#w.clock.now();
    const ms = this.#w.clock.now() - peer.aloneSince;
    if (ms > this.scaled(this.#cast.limits.aloneMs) + MARGIN_MS) this.#broke('one-sided', `${peer.host} is connected for ${Math.round(ms)} ms, and ${partnerOf(peer.host)} is ${this.#words(partnerOf(peer.host))}`);
  }

  /** Whether the other side is up with this very one. */
  #isWith(host: Host, { self, peer }: Standing): boolean {
    const other = this.standing(partnerOf(host));
    if (other.isUp && this.#company.isWith) return this.#company.isWith(host, partnerOf(host));
    return other.isUp && (self === undefined || other.peer === self) && (peer === undefined || other.self === peer);
  }

  #words(host: Host): string {
    if (this.find(host)?.isDown) return 'down';
    const { actor } = this.#w.running(host);
    const outcome = this.#w.outcome<{ readonly kind: string; readonly reason?: string }>(host);
    return `${JSON.stringify(actor.getSnapshot().value)}${outcome ? ` (${outcome.kind}${outcome.reason ? ` ${outcome.reason}` : ''})` : ''}`;
  }
}

const DOWN: Standing = { isUp: false, isOver: false };
