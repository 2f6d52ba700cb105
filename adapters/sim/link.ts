/**
 * One link between a device and the one above it: latency, jitter, loss, duplication and reordering. Chance is drawn from
 * the link's own name and a counter of its own in each direction, so traffic elsewhere never changes what happens here.
 */
import { chance, seedOf } from '../../effects/seed.ts';
import type { VirtualClock } from './clock.ts';
import type { DropReason, Packet } from './packet.ts';

/** What a link does to each packet, in one direction. Chances are 0 to 1, times in ms. */
export interface LinkBehaviour {
  readonly latencyMs: number;
  /** Added to the latency, evenly spread from 0 to this. By itself it never lets one packet overtake another. */
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplicate: number;
  /** The chance that a packet is held back so that later ones overtake it. */
  readonly reorder: number;
  /** For how long at most. */
  readonly reorderMs: number;
}

/** Nothing is lost and nothing takes time. */
export const PERFECT_LINK: LinkBehaviour = { latencyMs: 0, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0, reorderMs: 20 };

/** What a link needs of the world it is in. */
export interface LinkWorld {
  readonly clock: VirtualClock;
  /** A second packet like this one, with an id of its own. */
  copy(packet: Packet, device: string): Packet;
  dropped(packet: Packet, device: string, reason: DropReason): void;
}

/** One direction of a link. */
export class Lane {
  /** The link's name, for reports. */
  readonly device: string;
  behaviour: LinkBehaviour;
  /** A cut link drops everything. */
  cut = false;
  readonly #world: LinkWorld;
  readonly #arrive: (packet: Packet) => void;
  readonly #seeds: { readonly loss: number; readonly duplicate: number; readonly reorder: number; readonly delay: number };
  #carried = 0;
  #delays = 0;
  #lastArrival = 0;

  /** `arrive` is what happens to a packet at the far end. */
  constructor(device: string, label: string, behaviour: LinkBehaviour, seed: string, world: LinkWorld, arrive: (packet: Packet) => void) {
    this.device = device;
    this.behaviour = behaviour;
    this.#world = world;
    this.#arrive = arrive;
    this.#seeds = {
      loss: seedOf(seed, `${label} loss`),
      duplicate: seedOf(seed, `${label} duplicate`),
      reorder: seedOf(seed, `${label} reorder`),
      delay: seedOf(seed, `${label} delay`),
    };
  }

  /** Carries a packet. With `later` it never arrives before this call returns, even when the link takes no time. */
  carry(packet: Packet, later: boolean): void {
    const { loss, duplicate } = this.behaviour;
    const n = this.#carried++;
    if (this.cut) return this.#world.dropped(packet, this.device, 'partition');
    if (loss > 0 && chance(this.#seeds.loss, n) < loss) return this.#world.dropped(packet, this.device, 'loss');
    const twice = duplicate > 0 && chance(this.#seeds.duplicate, n) < duplicate;
    const copy = twice ? this.#world.copy(packet, this.device) : undefined;
    this.#send(packet, n, later);
    if (copy !== undefined) this.#send(copy, n, later);
  }

  #send(packet: Packet, n: number, later: boolean): void {
    const { latencyMs, jitterMs, reorder, reorderMs } = this.behaviour;
    const { clock } = this.#world;
    const now = clock.now();
    let at = now + latencyMs;
    if (jitterMs > 0) at += jitterMs * chance(this.#seeds.delay, this.#delays++);
    if (reorder > 0 && chance(this.#seeds.reorder, n) < reorder) at += reorderMs * chance(this.#seeds.delay, this.#delays++);
    else if (at < this.#lastArrival) at = this.#lastArrival;
    else this.#lastArrival = at;
    if (at > now || later) clock.scheduleAt(at, this.#arrive, packet);
    else this.#arrive(packet);
  }
}
