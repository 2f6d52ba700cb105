/**
 * Plays one world from its spec and says what it breaks of the promises. First everything goes wrong that the spec names; then all is
 * calm, and whoever has failed is started anew, as a user would; then those who are connected talk; then one side ends, and all the
 * rest; and then nothing is left.
 */
import { type Place, type World, world } from '../../adapters/sim/index.ts';
import type { NatChain } from '../../adapters/sim/index.ts';
import { type Company, partnerOf, type Standing, type SwarmCast } from './cast.ts';
import { Meter } from './meter.ts';
import { built } from './nats.ts';
import { calmAt, type Fault, type Host, type NatSpec, type WorldSpec } from './spec.ts';
import { neighbourOf, STRANGER, Strangers } from './strangers.ts';

export type Rule = 'throw' | 'one-sided' | 'not-joined' | 'wrong-payload' | 'past-deadline' | 'over-budget' | 'not-ended' | 'socket-left' | 'timer-left' | 'wrong-verdict';

export interface Violation {
  readonly rule: Rule;
  readonly what: string;
  /** In the world's time, ms. */
  readonly at: number;
}

export interface Played {
  readonly violation: Violation | undefined;
  /** Connected, or failed honestly; and whether definitions say that it had to be. */
  readonly verdict: 'met' | 'parted';
  readonly hadToMeet: boolean;
  /** From calm on, of the slowest pair; undefined if not all met. */
  readonly joinedMs: number | undefined;
  readonly virtualMs: number;
}

/** How often what happens is looked at. */
const STEP_MS = 250;
/** Those who fail when all is calm are started anew after this time. */
const AGAIN_MS = 500;
/** For so long a user waits for a word from a peer of which the protocol cannot say that it is gone. */
const BLIND_MS = 8_000;
/** Whoever is connected says something so often. */
const SPEAK_MS = 1_000;
/** How long those who have met talk. */
const TALK_MS = 3_000;
/** A little more than any promise: steps, and effects that leave a turn later. */
const MARGIN_MS = 3 * STEP_MS;
/** After everything is closed, the longest that TCP remembers, and packets under way. */
const DRY_MS = 400_000;

export function play(spec: WorldSpec, cast: SwarmCast): Played {
  const drama = new Drama(spec, cast);
  try {
    drama.all();
  } catch (error) {
    if (!(error instanceof Broken)) drama.violate('throw', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return drama.played();
}

class Broken extends Error {}

interface Peer {
  readonly host: Host;
  startedAt: number;
  /** Crashed, and not started again. */
  isDown: boolean;
  /** Told to close. */
  isDone: boolean;
  failedAt: number | undefined;
  aloneSince: number | undefined;
  speaksAt: number;
}

class Drama {
  readonly #spec: WorldSpec;
  readonly #cast: SwarmCast;
  readonly #w: World;
  readonly #company: Company;
  readonly #strangers: Strangers;
  readonly #peers: readonly Peer[];
  readonly #meters = new Map<string, Meter>();
  readonly #calmAt: number;
  #violation: Violation | undefined;
  #joinedMs: number | undefined;
  #isStopped = false;

  constructor(spec: WorldSpec, cast: SwarmCast) {
    this.#spec = spec;
    this.#cast = cast;
    this.#calmAt = calmAt(spec);
    const { seed, latencyMs, weather, lateMs = 0, clocks = {} } = spec;
    this.#w = world(placesOf(spec, cast), {
      seed,
      latencyMs,
      ...weather,
      servers: cast.servers,
      keep: false,
      startMs: { b: lateMs, d: lateMs },
      clocks: Object.fromEntries(Object.entries(clocks).map(([host, rate]) => [host, { rate }])),
      decorate: (host, surroundings) => {
        const meter = new Meter(host);
        this.#meters.set(host, meter);
        return meter.around(surroundings);
      },
    });
    this.#strangers = new Strangers(this.#w, seed);
    this.#company = cast.enter(this.#w, spec);
    this.#peers = hostsOf(spec, cast).map((host) => ({ host, startedAt: host === 'b' || host === 'd' ? lateMs : 0, isDown: false, isDone: false, failedAt: undefined, aloneSince: undefined, speaksAt: 0 }));
  }

  all(): void {
    this.#w.run(this.#cast.scenario(this.#spec), { settleMs: 0, maxMs: 0 });
    for (const { host } of this.#peers) this.#company.began?.(host);
    for (const fault of this.#spec.faults) this.#w.clock.setTimeout(() => this.#strike(fault), fault.at);
    this.#until(() => this.#now >= this.#calmAt, this.#calmAt);
    this.#calm();
    const mayMeet = this.#cast.mayMeet(this.#spec);
    if (this.#cast.kind === 'check') this.#check(mayMeet);
    else {
      this.#join(mayMeet);
      this.#talk(mayMeet);
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
    for (const peer of this.#peers) if (peer.isDown) this.#begin(peer);
  }

  /** Those who fail are started anew, if they should meet; the others are left to their end. */
  #join(mayMeet: boolean): void {
    const { joinMs, lifeMs } = this.#cast.limits;
    const limit = this.#calmAt + this.#scaled(mayMeet ? joinMs : lifeMs);
    const isSettled = (): boolean => this.#isJoined() || (!mayMeet && this.#peers.every(({ host }) => isSettledBy(this.#standing(host))));
    this.#until(isSettled, limit, mayMeet);
    if (this.#isJoined()) this.#joinedMs = this.#now - this.#calmAt;
    else if (mayMeet) this.#break('not-joined', `${this.#cast.name}: not connected ${Math.round(limit - this.#calmAt)} ms after the last fault: ${this.#all()}`);
  }

  /** Both directions carry, and go on to. */
  #talk(mayMeet: boolean): void {
    const before = this.#peers.map(({ host }) => this.#company.heard?.(host) ?? 0);
    const end = this.#now + TALK_MS;
    this.#until(() => this.#now >= end, end);
    if (this.#joinedMs === undefined || !mayMeet) return;
    if (!this.#isJoined()) this.#break('one-sided', `connected, and ${TALK_MS} ms later no more, in calm: ${this.#all()}`);
    const deaf = this.#peers.filter(({ host }, n) => this.#company.heard !== undefined && this.#company.heard(host) === before[n]);
    if (deaf.length > 0) this.#break('not-joined', `connected, and ${deaf.map(({ host }) => host).join(', ')} has heard nothing in ${TALK_MS} ms: ${this.#all()}`);
  }

  /** The check that was disturbed has its end, and one in calm says what is. */
  #check(mayMeet: boolean): void {
    const isOver = (): boolean => this.#peers.every(({ host }) => this.#standing(host).isOver);
    const wait = this.#scaled(this.#cast.limits.lifeMs) + 3 * MARGIN_MS;
    this.#until(isOver, this.#now + wait);
    for (const peer of this.#peers) this.#begin(peer);
    const begunAt = this.#now;
    this.#until(isOver, begunAt + wait);
    this.#joinedMs = this.#now - begunAt;
    const faults = mayMeet ? this.#peers.flatMap(({ host }) => this.#company.faultsOf?.(host) ?? []) : [];
    if (faults.length > 0) this.#break('wrong-verdict', faults.join('; '));
  }

  /** One side of each pair ends as the spec says, then the other by itself; whoever is still there is told to close. */
  #end(): void {
    const { of, how } = this.#spec.end;
    const { partMs, aloneMs } = this.#cast.limits;
    const enders = this.#peers.filter(({ host }) => (of === 'first') === (host === 'a' || host === 'c'));
    for (const peer of enders) {
      if (how === 'close') this.#close(peer);
      else this.#crash(peer, how);
    }
    const others = this.#peers.filter((peer) => !enders.includes(peer));
    const isLeft = ({ host, isDown }: Peer): boolean => isDown || !this.#standing(host).isUp || this.#standing(host).isBlind === true;
    const wait = this.#scaled(Math.max(partMs, aloneMs)) + 3 * MARGIN_MS;
    this.#until(() => others.every(isLeft), this.#now + wait);
    for (const peer of this.#peers) if (!peer.isDown) this.#close(peer);
    const last = this.#now + this.#scaled(partMs) + MARGIN_MS;
    this.#until(() => this.#peers.every(({ host, isDown }) => isDown || this.#standing(host).isOver), last);
    const lasting = this.#peers.filter(({ host, isDown }) => !isDown && !this.#standing(host).isOver);
    if (lasting.length > 0) this.#break('not-ended', `told to close ${partMs} ms ago: ${lasting.map(({ host }) => `${host} ${this.#words(host)}`).join(', ')}`);
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

  // ---- what is done to peers

  #begin(peer: Peer): void {
    this.#w.restart(peer.host);
    peer.startedAt = this.#now;
    peer.isDown = false;
    peer.failedAt = undefined;
    peer.aloneSince = undefined;
    this.#company.began?.(peer.host);
  }

  #crash(peer: Peer, how: 'killed' | 'unplugged'): void {
    this.#w.crash(peer.host, how);
    peer.isDown = true;
  }

  #close(peer: Peer): void {
    peer.isDone = true;
    this.#company.close?.(peer.host);
    const { actor } = this.#w.running(peer.host);
    if (actor.getSnapshot().status === 'active') actor.send({ type: 'close' });
  }

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
        const peer = this.#peers.find(({ host }) => host === fault.host);
        if (!peer || peer.isDown) return;
        this.#crash(peer, fault.how);
        return later(fault.ms, () => (peer.isDown ? this.#begin(peer) : undefined));
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

  // ---- what is looked at

  /** Steps on until it is so, or until that time; with `anew` those who have failed are started again. */
  #until(isSo: () => boolean, limit: number, anew = false): void {
    while (!isSo() && this.#now < limit) {
      this.#w.advance(Math.min(STEP_MS, limit - this.#now));
      for (const peer of this.#peers) this.#look(peer, anew);
      const [complaint] = this.#company.complaints?.() ?? [];
      if (complaint !== undefined) this.#break('wrong-payload', complaint);
    }
  }

  #look(peer: Peer, anew: boolean): void {
    if (peer.isDown) return;
    const { host } = peer;
    this.#company.look?.(host);
    const standing = this.#standing(host);
    const excess = this.#meters.get(host)?.excess(this.#cast.budget, standing.isUp);
    if (excess !== undefined) this.#break('over-budget', excess);
    if (standing.isUp) {
      if (!peer.isDone && this.#now >= peer.speaksAt) {
        this.#company.speak?.(host);
        peer.speaksAt = this.#now + SPEAK_MS;
      }
      if (!standing.isBlind) return this.#lookAlone(peer, standing);
      // Whoever hears nothing, and cannot know why, is tried again by its user.
      peer.aloneSince = this.#isWith(host, standing) ? undefined : (peer.aloneSince ?? this.#now);
      if (anew && peer.aloneSince !== undefined && this.#now - peer.aloneSince >= BLIND_MS) this.#begin(peer);
      return;
    }
    peer.aloneSince = undefined;
    if (standing.isOver) {
      peer.failedAt ??= this.#now;
      if (anew && this.#now - peer.failedAt >= AGAIN_MS) this.#begin(peer);
    } else if (standing.isServing !== true && this.#now - peer.startedAt > this.#scaled(this.#cast.limits.lifeMs) + MARGIN_MS) {
      this.#break('past-deadline', `${host} was started ${Math.round(this.#now - peer.startedAt)} ms ago, and is ${this.#words(host)}`);
    }
  }

  /** Connected, as it thinks: the other is so too, or it finds out. */
  #lookAlone(peer: Peer, standing: Standing): void {
    if (this.#isWith(peer.host, standing)) {
      peer.aloneSince = undefined;
      return;
    }
    peer.aloneSince ??= this.#now;
    const ms = this.#now - peer.aloneSince;
    if (ms > this.#scaled(this.#cast.limits.aloneMs) + MARGIN_MS) this.#break('one-sided', `${peer.host} is connected for ${Math.round(ms)} ms, and ${partnerOf(peer.host)} is ${this.#words(partnerOf(peer.host))}`);
  }

  /** Whether the other side is up with this very one. */
  #isWith(host: Host, { self, peer }: Standing): boolean {
    const other = this.#standing(partnerOf(host));
    if (other.isUp && this.#company.isWith) return this.#company.isWith(host, partnerOf(host));
    return other.isUp && (self === undefined || other.peer === self) && (peer === undefined || other.self === peer);
  }

  #isJoined(): boolean {
    return this.#peers.every(({ host }) => {
      const standing = this.#standing(host);
      return standing.isUp && this.#isWith(host, standing);
    });
  }

  #standing(host: Host): Standing {
    return this.#peers.find((peer) => peer.host === host)?.isDown ? DOWN : this.#company.standing(host);
  }

  #all(): string {
    return this.#peers.map(({ host }) => `${host} ${this.#words(host)}`).join(', ');
  }

  #words(host: Host): string {
    if (this.#peers.find((peer) => peer.host === host)?.isDown) return 'down';
    const { actor } = this.#w.running(host);
    const outcome = this.#w.outcome<{ readonly kind: string; readonly reason?: string }>(host);
    return `${JSON.stringify(actor.getSnapshot().value)}${outcome ? ` (${outcome.kind}${outcome.reason ? ` ${outcome.reason}` : ''})` : ''}`;
  }

  /** By the slowest clock of the world. */
  #scaled(ms: number): number {
    return ms / Math.min(1, ...Object.values(this.#spec.clocks ?? {}));
  }

  #break(rule: Rule, what: string): never {
    this.violate(rule, what);
    throw new Broken(what);
  }

  get #now(): number {
    return this.#w.clock.now();
  }
}

function isSettledBy({ isOver, isUp, isServing }: Standing): boolean {
  return isOver || isUp || isServing === true;
}

const DOWN: Standing = { isUp: false, isOver: false };

function hostsOf({ couples }: WorldSpec, { kind }: SwarmCast): readonly Host[] {
  if (kind === 'check') return ['a'];
  return couples === 2 ? ['a', 'b', 'c', 'd'] : ['a', 'b'];
}

function placesOf(spec: WorldSpec, cast: SwarmCast): Readonly<Record<string, Place>> {
  const { a, b, near, couples, faults } = spec;
  const chain = (nats: readonly NatSpec[]): NatChain => nats.map(built);
  const outermost = a.length === 0 ? 'a' : deviceName(a);
  const homeOfB: Place = near === 'lan' ? { behind: 'a' } : near === 'carrier' ? { behind: outermost, nats: chain(b) } : chain(b);
  const places: Record<string, Place> = { a: chain(a) };
  if (cast.kind === 'pair') places['b'] = homeOfB;
  if (cast.kind === 'pair' && couples === 2) Object.assign(places, { c: { behind: 'a' }, d: { behind: 'b' } });
  places[STRANGER] = 'open';
  for (const fault of faults) if (fault.kind === 'flood') places[neighbourOf(fault.host)] = { behind: fault.host };
  return places;
}

/** As the topology names the router next to the core. */
function deviceName(nats: readonly NatSpec[]): string {
  const depth = nats.length - 1;
  const isWall = nats[depth]?.ports?.kind === 'none';
  if (isWall) return depth === 0 ? 'firewall-a' : `firewall${depth + 1}-a`;
  return depth === 0 ? 'nat-a' : depth === 1 ? 'cgn-a' : `cgn${depth}-a`;
}
