/** pwnat in the swarm, both variants, with a secret and without, TCP connections through its tunnel: docs/protocols/pwnat.md. */
import { Subject, type Subscription } from 'rxjs';
import type { World } from '../../../adapters/sim/index.ts';
import type { NetEffect, NetEvent } from '../../../effects/net.ts';
import type { Scenario } from '../../../effects/scenario.ts';
import { pwnatCaller, pwnatCodec, pwnatListener } from '../../../machines/index.ts';
import { type VariantName, VARIANTS } from '../../../machines/pwnat/index.ts';
import type { CallerContext } from '../../../machines/pwnat/caller-setup.ts';
import type { ListenerContext } from '../../../machines/pwnat/listener-setup.ts';
import * as timing from '../../../machines/pwnat/timing.ts';
import { mayCall } from '../allowed.ts';
import type { Company, SwarmCast } from '../cast.ts';
import type { Drawn } from '../draw.ts';
import type { Host } from '../spec.ts';
import { Listener, Speaker } from '../stream.ts';
import { standingOf } from './channel.ts';

const TO = { host: 'web', port: '80' } as const;
const WEB = { host: '127.0.0.1', port: 80 };
const DOOR = { host: '127.0.0.1', port: 8_080 };
/** Without a caller a listener gives up in a world, and is started anew as one that failed. */
const LISTEN_MS = 30_000;

function scenarioOf(variant: VariantName, secret: string | undefined): Scenario {
  const codec = pwnatCodec({ variant, secret });
  const proof = secret === undefined ? {} : ({ authenticated: true } as const);
  return {
    name: variant,
    part(host, { seed, address }) {
      if (host === 'a') return { machine: pwnatListener, codec, input: { seed, variant, waitMs: LISTEN_MS, allow: [{ ...TO, at: WEB }], ...proof } };
      if (host === 'b') return { machine: pwnatCaller, codec, input: { seed, variant, server: { host: address('a'), port: VARIANTS[variant].port }, to: TO, listen: DOOR, ...proof } };
      return undefined;
    },
  };
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  pwnat: scenarioOf('pwnat', undefined),
  'pwnat with a secret': scenarioOf('pwnat', 'a long secret'),
  pypwnat: scenarioOf('pypwnat', undefined),
  'pypwnat with a secret': scenarioOf('pypwnat', 'a long secret'),
};

const PINGS_MS = timing.CHECKS * 2_000;

export const pwnat: SwarmCast & Drawn = {
  name: 'pwnat',
  kind: 'pair',
  ways: Object.keys(SCENARIOS),
  isServerless: true,
  servers: [],
  limits: {
    lifeMs: timing.OPEN_DEADLINE_MS + Math.max(LISTEN_MS, timing.REACH_DEADLINE_MS + timing.GREETED_MS + timing.REFUSAL_MS),
    // The listener forgets a silent caller, when it next looks; the caller is quicker.
    aloneMs: Math.max(timing.LINK_SILENT_MS + VARIANTS.pypwnat.echoMs, timing.LINK_PING_MS + PINGS_MS),
    joinMs: 120_000,
    partMs: timing.LEAVE_MS,
  },
  // The listener's punches; the caller's tunnel sends as fast as its window lets it, which is little here.
  budget: { perSecond: timing.PUNCH_BURST + timing.PUNCHES_A_SECOND + 100, total: 400, sockets: 16 },
  scenario: ({ way }) => SCENARIOS[way ?? 'pwnat'] ?? scenarioOf('pwnat', undefined),
  mayMeet: mayCall,
  enter: (w) => new Tunnel(w),
};

/** A TCP server behind the listener, and a guest at the caller's door. */
class Tunnel implements Company {
  readonly #w: World;
  readonly #users = new Map<Host, User>();
  readonly #complaints: string[] = [];

  constructor(w: World) {
    this.#w = w;
  }

  standing(host: Host): ReturnType<Company['standing']> {
    const { isUp, isOver } = standingOf(this.#w, host, () => ({}));
    if (host === 'a') {
      const { links } = this.#listener().callee;
      return { isUp: !isOver && links.size > 0, isOver, isServing: isUp };
    }
    const { speech } = this.#caller().calls;
    // The original's way has no keepalive of its own that would be answered.
    return { isUp, isOver, isBlind: speech === 'plain' };
  }

  isWith(): boolean {
    const { speech } = this.#caller().calls;
    return typeof speech === 'object' && this.#listener().callee.links.has(speech.pair);
  }

  began(host: Host): void {
    const life = (this.#users.get(host)?.life ?? 0) + 1;
    this.#users.get(host)?.stop();
    this.#users.set(host, new User(this.#w, host, life, (fault) => this.#complaints.push(fault)));
  }

  look(host: Host): void {
    if (host === 'b') this.#users.get('b')?.visit(this.standing('b').isUp);
  }

  speak(host: Host): void {
    this.#users.get(host)?.speak();
  }

  heard(host: Host): number {
    return this.#users.get(host)?.heard ?? 0;
  }

  complaints(): readonly string[] {
    return this.#complaints;
  }

  leave(): void {
    for (const user of this.#users.values()) user.stop();
  }

  #listener(): ListenerContext {
    return this.#w.running('a').actor.getSnapshot().context as ListenerContext;
  }

  #caller(): CallerContext {
    return this.#w.running('b').actor.getSnapshot().context as CallerContext;
  }
}

/** Whoever is at one end: the server takes all connections, the guest makes one after the other. */
class User {
  readonly life: number;
  heard = 0;
  readonly #host: Host;
  readonly #w: World;
  readonly #effects = new Subject<NetEffect>();
  readonly #net: Subscription;
  readonly #streams = new Map<string, { readonly speaker: Speaker; readonly listener: Listener }>();
  readonly #complain: (fault: string) => void;
  #visits = 0;
  #isCalling = false;

  constructor(w: World, host: Host, life: number, complain: (fault: string) => void) {
    this.#w = w;
    this.#host = host;
    this.life = life;
    this.#complain = complain;
    this.#net = w.host(host).net()(this.#effects).subscribe((event) => this.#note(event));
    if (host === 'a') this.#effects.next({ type: 'tcp.listen', socket: 'web', local: WEB });
  }

  /** While the door is open there is a guest. */
  visit(isOpen: boolean): void {
    if (!isOpen || this.#isCalling || this.#streams.size > 0) return;
    this.#isCalling = true;
    this.#visits += 1;
    this.#effects.next({ type: 'tcp.connect', socket: `guest/${this.#visits}`, to: DOOR });
  }

  speak(): void {
    for (const [socket, { speaker }] of this.#streams) this.#effects.next({ type: 'tcp.send', socket, data: speaker.next() });
  }

  stop(): void {
    this.#net.unsubscribe();
  }

  #note(event: NetEvent): void {
    switch (event.type) {
      case 'tcp.connected':
      case 'tcp.accepted':
        this.#isCalling = false;
        this.#streams.set(event.socket, { speaker: new Speaker(`${this.#host}/${this.life}/${event.socket}`), listener: new Listener(this.#host === 'a' ? 'b' : 'a') });
        return;
      case 'tcp.received': {
        const listener = this.#streams.get(event.socket)?.listener;
        const before = listener?.lines ?? 0;
        listener?.hear(event.data);
        this.heard += (listener?.lines ?? 0) - before;
        if (listener?.fault !== undefined) this.#complain(`${this.#host} at ${Math.round(this.#w.clock.now())} ms: ${listener.fault}`);
        return;
      }
      case 'tcp.closed':
      case 'net.failed':
        this.#isCalling = false;
        this.#streams.delete(event.socket);
        return;
      default:
        return;
    }
  }
}
