/**
 * Plays one world from its spec and says what it breaks of the promises. First everything goes wrong that the spec names; then all is
 * calm, and whoever has failed is started anew, as a user would; then those who are connected talk; then one side ends, and all the
 * rest; and then nothing is left.
 */
import { type World, world } from '../../adapters/sim/index.ts';
import type { Company, SwarmCast } from './cast.ts';
import { Meter } from './meter.ts';
import { placesOf } from './places.ts';
import type { Rule, Violation } from './rules.ts';
import { calmAt, type Fault, type WorldSpec } from './spec.ts';
import { Strangers } from './strangers.ts';
import { MARGIN_MS, type Peer, STEP_MS, Troupe } from './troupe.ts';

export interface Played {
  readonly violation: Violation | undefined;
  /** Connected, or failed honestly; and whether definitions say that it had to be. */
  readonly verdict: 'met' | 'parted';
  readonly hadToMeet: boolean;
  /** From calm on, of the slowest pair; undefined if not all met. */
  readonly joinedMs: number | undefined;
  readonly virtualMs: number;
}

/** How long those who have met talk. */
const TALK_MS = 3_000;
/** After everything is closed: as long as TCP repeats an end that nobody answers, nine times at most, two minutes apart, and remembers it. */
const DRY_MS = 1_200_000;

export function play(spec: WorldSpec, cast: SwarmCast, { keep = false }: { readonly keep?: boolean } = {}): Played {
  const drama = new Drama(spec, cast, keep);
  try {
    drama.all();
  } catch (error) {
    if (!(error instanceof Broken)) drama.violate('throw', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return drama.played();
}

class Broken extends Error {}

class Drama {
  readonly #spec: WorldSpec;
  readonly #cast: SwarmCast;
  readonly #w: World;
  readonly #company: Company;
  readonly #strangers: Strangers;
  readonly #troupe: Troupe;
  readonly #calmAt: number;
  #violation: Violation | undefined;
  #joinedMs: number | undefined;
  #isStopped = false;

  constructor(spec: WorldSpec, cast: SwarmCast, keep: boolean) {
    this.#spec = spec;
    this.#cast = cast;
    this.#calmAt = calmAt(spec);
    const meters = new Map<string, Meter>();
    const { seed, latencyMs, weather, lateMs = 0, clocks = {} } = spec;
    this.#w = world(placesOf(spec, cast), {
      seed,
      latencyMs,
      ...weather,
      servers: cast.servers,
      keep,
      startMs: { b: lateMs, d: lateMs },
      clocks: Object.fromEntries(Object.entries(clocks).map(([host, rate]) => [host, { rate }])),
      decorate: (host, surroundings) => {
        const meter = new Meter(host);
        meters.set(host, meter);
        return meter.around(surroundings);
      },
    });
    this.#strangers = new Strangers(this.#w, seed);
    this.#company = cast.enter(this.#w, spec);
    this.#troupe = new Troupe({ w: this.#w, spec, cast, company: this.#company, meters, broke: (rule, what) => this.#break(rule, what) });
  }

  all(): void {
    this.#w.run(this.#cast.scenario(this.#spec), { settleMs: 0, maxMs: 0 });
    for (const { host } of this.#troupe.peers) this.#company.began?.(host);
    for (const fault of this.#spec.faults) this.#w.clock.setTimeout(() => this.#strike(fault), fault.at);
    this.#until(() => this.#now >= this.#calmAt, this.#calmAt);
    this.#calm();
    const mayMeet = this.#cast.mayMeet(this.#spec);
    if (this.#cast.kind === 'check') this.#check(mayMeet);
    else {
      this.#join(mayMeet);
      if (!this.#talk(mayMeet, TALK_MS)) {
        this.#join(mayMeet);
        // As long as it took to give up what a fault had cut: nothing of that is left to be an excuse.
        this.#talk(mayMeet, TALK_MS + this.#troupe.scaled(this.#cast.limits.lossMs ?? 0));
      }
      this.#end();
    }
    this.#nothingLeft();
  }

  played(): Played {
    if (!this.#isStopped) this.#w.stop();
    const { violation, joinedMs } = { violation: this.#violation, joinedMs: this.#joinedMs };
    return { violation, verdict: joinedMs === undefined ? 'parted' : 'met', hadToMeet: this.#cast.mayMeet(this.#spec), joinedMs, virtualMs: this.#now };
  }

  violate(rule: Rule, what: string): void {
    this.#violation ??= { rule, what, at: this.#now };
  }

  // ---- the acts

  /** From here on nothing goes wrong. */
  #calm(): void {
    for (const link of this.#w.internet.links.values()) {
      for (const lane of [link.up, link.down]) lane.behaviour = { ...lane.behaviour, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 };
    }
    for (const peer of this.#troupe.peers) if (peer.isDown) this.#troupe.begin(peer);
  }

  /** Those who fail are started anew, if they should meet; the others are left to their end. */
  #join(mayMeet: boolean): void {
    const { joinMs, lifeMs } = this.#cast.limits;
    const limit = this.#calmAt + this.#troupe.scaled(mayMeet ? joinMs : lifeMs);
    const before = this.#troupe.heard();
    // What a fault has cut may look well for a while: only what is heard in calm counts.
    const isJoined = (): boolean => this.#troupe.isJoined() && this.#troupe.heard().every((heard, n) => heard !== before[n]);
    const isSettled = (): boolean => isJoined() || (!mayMeet && this.#troupe.isSettled());
    this.#until(isSettled, limit, mayMeet);
    if (mayMeet ? isJoined() : this.#troupe.isJoined()) this.#joinedMs = this.#now - this.#calmAt;
    else if (mayMeet) this.#break('not-joined', `${this.#cast.name}: not connected ${Math.round(limit - this.#calmAt)} ms after the last fault: ${this.#troupe.words()}`);
  }

  /** Both directions carry, and go on to; false if it was not for long, and a fault's doing. */
  #talk(mayMeet: boolean, ms: number): boolean {
    const before = this.#troupe.heard();
    const end = this.#now + ms;
    this.#until(() => this.#now >= end, end);
    if (this.#joinedMs === undefined || !mayMeet) return true;
    if (ms === TALK_MS && this.#troupe.wasLost(this.#calmAt)) return false;
    if (!this.#troupe.isJoined()) this.#break('one-sided', `connected, and ${ms} ms later no more, in calm: ${this.#troupe.words()}`);
    const deaf = this.#troupe.peers.filter((_, n) => this.#troupe.heard()[n] === before[n]);
    if (deaf.length > 0) this.#break('not-joined', `connected, and ${deaf.map(({ host }) => host).join(', ')} has heard nothing in ${ms} ms: ${this.#troupe.words()}`);
    return true;
  }

  /** The check that was disturbed has its end, and one in calm says what is. */
  #check(mayMeet: boolean): void {
    const isOver = (): boolean => this.#troupe.peers.every(({ host }) => this.#troupe.standing(host).isOver);
    const wait = this.#troupe.scaled(this.#cast.limits.lifeMs) + 3 * MARGIN_MS;
    this.#until(isOver, this.#now + wait);
    for (const peer of this.#troupe.peers) this.#troupe.begin(peer);
    const begunAt = this.#now;
    this.#until(isOver, begunAt + wait);
    this.#joinedMs = this.#now - begunAt;
    const faults = mayMeet ? this.#troupe.peers.flatMap(({ host }) => this.#company.faultsOf?.(host) ?? []) : [];
    if (faults.length > 0) this.#break('wrong-verdict', faults.join('; '));
  }

  /** One side of each pair ends as the spec says, then the other by itself; whoever is still there is told to close. */
  #end(): void {
    const { of, how } = this.#spec.end;
    const { partMs, aloneMs } = this.#cast.limits;
    const enders = this.#troupe.peers.filter(({ host }) => (of === 'first') === (host === 'a' || host === 'c'));
    for (const peer of enders) {
      if (how === 'close') this.#troupe.close(peer);
      else this.#troupe.crash(peer, how);
    }
    const others = this.#troupe.peers.filter((peer) => !enders.includes(peer));
    const isLeft = ({ host, isDown }: Peer): boolean => isDown || !this.#troupe.standing(host).isUp || this.#troupe.standing(host).isBlind === true;
    const wait = this.#troupe.scaled(Math.max(partMs, aloneMs)) + 3 * MARGIN_MS;
    this.#until(() => others.every(isLeft), this.#now + wait);
    for (const peer of this.#troupe.peers) if (!peer.isDown) this.#troupe.close(peer);
    const last = this.#now + this.#troupe.scaled(partMs) + MARGIN_MS;
    this.#until(() => this.#troupe.peers.every(({ host, isDown }) => isDown || this.#troupe.standing(host).isOver), last);
    const lasting = this.#troupe.peers.filter(({ host, isDown }) => !isDown && !this.#troupe.standing(host).isOver);
    if (lasting.length > 0) this.#break('not-ended', `told to close ${partMs} ms ago: ${this.#troupe.words(lasting)}`);
  }

  #nothingLeft(): void {
    this.#strangers.stop();
    this.#company.leave?.();
    for (const server of this.#cast.servers) this.#w.running(server).actor.send({ type: 'close' });
    this.#w.advance(STEP_MS);
    const alive = this.#cast.servers.filter((server) => this.#w.running(server).actor.getSnapshot().status === 'active');
    if (alive.length > 0) this.#break('not-ended', `${alive.join(', ')} was told to close, and has not`);
    const leaks = this.#w.leaks();
    if (leaks.length > 0) this.#break('socket-left', leaks.slice(0, 5).join('; '));
    this.#isStopped = true;
    this.#w.stop();
    const until = this.#now + DRY_MS;
    while (this.#w.clock.pending > 0 && (this.#w.clock.next() ?? Infinity) <= until) this.#w.clock.step();
    if (this.#w.clock.pending > 0) this.#break('timer-left', `${this.#w.clock.pending} timers are left ${DRY_MS} ms after the end`);
  }

  // ---- what goes wrong

  #strike(fault: Fault): void {
    const w = this.#w;
    const later = (ms: number, what: () => void): void => void w.clock.setTimeout(what, ms);
    switch (fault.kind) {
      case 'reboot': {
        const { reachedBy } = w.sites.get(fault.host) ?? { reachedBy: new Set<string>() };
        for (const router of w.internet.routers.values()) if (router.addresses.some((address) => reachedBy.has(address))) router.nat?.reboot();
        return;
      }
      case 'flood':
        return this.#strangers.flood(fault.host, fault.flows);
      case 'partition':
        w.partition(fault.host);
        return later(fault.ms, () => void w.heal(fault.host));
      case 'crash': {
        const peer = this.#troupe.find(fault.host);
        if (!peer || peer.isDown) return;
        this.#troupe.crash(peer, fault.how);
        return later(fault.ms, () => (peer.isDown ? this.#troupe.begin(peer) : undefined));
      }
      case 'outage':
        for (const server of this.#cast.servers) w.crash(server, fault.how);
        return later(fault.ms, () => this.#cast.servers.forEach((server) => w.restart(server)));
      case 'junk':
        return this.#strangers.junk(fault.host, fault.count, fault.size);
      case 'knock':
        return this.#strangers.knock(fault.host, fault.count, fault.size);
    }
  }

  /** Steps on until it is so, or until that time; with `anew` those who have failed are started again. */
  #until(isSo: () => boolean, limit: number, anew = false): void {
    while (!isSo() && this.#now < limit) {
      this.#w.advance(Math.min(STEP_MS, limit - this.#now));
      this.#troupe.look(anew);
    }
  }

  #break(rule: Rule, what: string): never {
    this.violate(rule, what);
    throw new Broken(what);
  }

  get #now(): number {
    return this.#w.clock.now();
  }
}
