/**
 * natpunch-trace/1: everything that can be seen of a run, as one ordered list of plain values. A simulation, real sockets, a
 * refolded log and somebody else's xstate application all become it; the page, exports and comparison know nothing else.
 * Shapes only. Whatever stands here is JSON, and no secret: no key, no payload, of real traffic only what a recording keeps.
 */

export const TRACE_FORMAT = 'natpunch-trace/1';

/** A whole run, or what is known of it so far. */
export interface Trace {
  readonly header: TraceHeader;
  /** `n` rises, by 1 but where a run was longer than what is kept: then places, machines and actors are all that is left of its beginning. */
  readonly events: readonly TraceEvent[];
}

export interface TraceHeader {
  readonly format: typeof TRACE_FORMAT;
  /** For people, e.g. `udp-punch: port-restricted × restricted, seed 1`. */
  readonly title: string;
  /** In `sim` every packet is seen at every device; in `live` and `log` only where this host sent or took it; in `stately` none. */
  readonly origin: 'sim' | 'live' | 'log' | 'stately';
  /** When `at` was 0, as ISO 8601; absent where time is virtual. */
  readonly startedAt?: string;
  /** Of a file that has no end: where it stops, in words for people. */
  readonly cut?: string;
}

/** `n` counts from 0; `at` is ms, of virtual time or since the run began, to the µs, and never goes back. */
export type TraceEvent =
  | PlaceSeen
  | MachineSeen
  | ActorSeen
  | EventSeen
  | SnapshotSeen
  | EffectSeen
  | HeardSeen
  | TimerSeen
  | PacketSeen
  | RowSeen
  | OutcomeSeen
  | NoteSeen;

interface Seen {
  readonly n: number;
  readonly at: number;
}

/** JSON. Bytes are `{$bytes: hex}`, of real traffic only their `{$length}`, a map `{$map: [[key, value], …]}`, a set `{$set: […]}`, what is cut off `{$cut: words}`. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };
export type PlainRecord = { readonly [key: string]: Plain };

/** Somewhere packets pass or end. Told before anything happens there; told again under the same name when more is known. */
export interface PlaceSeen extends Seen {
  readonly kind: 'place';
  /** As in packets: `a`, `nat-a`, `link-a`, `core`; of a host that is only known by its address, that address. */
  readonly name: string;
  readonly type: 'host' | 'server' | 'nat' | 'firewall' | 'router' | 'link' | 'core' | 'remote';
  /** Places of one side stand together: the host they belong to, or `internet`. */
  readonly side: string;
  /** From the core outwards: 0 for the core and servers, then NATs from the outermost in, the host last. */
  readonly depth: number;
  readonly addresses: readonly string[];
  /** What it does, in words for people, e.g. `port-restricted`. */
  readonly words?: string;
  /** What a NAT does, field by field. */
  readonly behaviour?: PlainRecord;
}

/** A statechart, once. */
export interface MachineSeen extends Seen {
  readonly kind: 'machine';
  readonly machine: string;
  /** `machine.definition` of xstate as JSON: names of guards, actions and delays, no code. */
  readonly definition: Plain;
}

export interface ActorSeen extends Seen {
  readonly kind: 'actor';
  /** Stable from run to run: the root's name, and below it `a/net`. */
  readonly actor: string;
  readonly parent?: string;
  /** Absent for an actor without a statechart. */
  readonly machine?: string;
  /** Where it runs; absent when it has no network. */
  readonly place?: string;
  readonly input?: Plain;
}

/** An event that an actor received. What a machine asks of its network is an `effect` instead, with what it says. */
export interface EventSeen extends Seen {
  readonly kind: 'event';
  readonly actor: string;
  /** The actor that sent it, itself for its own timers; absent when it came from outside. */
  readonly from?: string;
  readonly type: string;
  /** Everything else in it. */
  readonly fields: PlainRecord;
  /** The timer by which it came. */
  readonly timer?: number;
  /** The `heard` of which it was made. */
  readonly heard?: number;
}

/** Where an actor stands after an event. Comes before the effects that follow from it. */
export interface SnapshotSeen extends Seen {
  readonly kind: 'snapshot';
  readonly actor: string;
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** A state's name, or names within names; null for an actor without a statechart. */
  readonly value: StateValue | null;
  readonly context: Plain;
  readonly tags?: readonly string[];
  /** The transitions that led here, in order; none for the first snapshot, and when an event was not for this state. */
  readonly steps: readonly Step[];
  /** The actions that ran, by name. */
  readonly actions?: readonly string[];
  readonly output?: Plain;
  readonly error?: string;
}

export type StateValue = string | { readonly [key: string]: StateValue };

export interface Step {
  /** The state whose transition it was: keys from the root, joined by dots; the root is ''. */
  readonly source: string;
  /** Where it led, in the same form; none where the state was not left. */
  readonly targets: readonly string[];
  readonly event: string;
  /** The guard that held, e.g. `isFromPeer`, `not(isLast)`, `and(isOpen, isFresh)`. */
  readonly guard?: string;
}

/** Something asked of the network, flat: endpoints are `host:port`. */
export interface EffectSeen extends Seen {
  readonly kind: 'effect';
  readonly actor: string;
  /** `udp.send`, `tcp.connect`, … */
  readonly type: string;
  readonly socket: string;
  /** `to`, `local`, `ttl` and whatever else this type has. */
  readonly fields: PlainRecord;
  /** What the bytes say, if they are a message; its `type` is the message's. */
  readonly message?: PlainRecord;
  /** Hex. */
  readonly bytes?: string;
  /** The application's bytes: their length is all that is kept. */
  readonly payload?: number;
}

/** Something heard of the network, in the same form. */
export interface HeardSeen extends Seen {
  readonly kind: 'heard';
  readonly actor: string;
  /** `udp.opened`, `udp.received`, `net.failed`, … */
  readonly type: string;
  readonly socket: string;
  readonly fields: PlainRecord;
  readonly message?: PlainRecord;
  readonly bytes?: string;
  readonly payload?: number;
}

export interface TimerSeen extends Seen {
  readonly kind: 'timer';
  readonly actor: string;
  readonly what: 'set' | 'fired' | 'cancelled';
  /** The nth that this actor set, from 1, as in a log. */
  readonly timer: number;
  /** The event that it sends, e.g. `xstate.after.registerRetry.udp-punch/peer.registering`; absent for one of another kind. */
  readonly type?: string;
  /** Of `set`. */
  readonly delayMs?: number;
}

/**
 * What a place did with a packet. In a simulation each packet is `sent` once and then seen at every NAT until it is
 * `delivered` or `dropped`. Where only one end is seen, a packet is `sent` or `delivered`, and nobody knows of the rest.
 */
export interface PacketSeen extends Seen {
  readonly kind: 'packet';
  readonly what: 'sent' | 'translated' | 'forwarded' | 'duplicated' | 'dropped' | 'delivered';
  readonly packet: number;
  /** A place's name. */
  readonly place: string;
  /** As it stands behind this place: `host:port`, of ICMP `host`. */
  readonly src: string;
  readonly dst: string;
  /** Of `translated`: as it stood before. */
  readonly before?: { readonly src: string; readonly dst: string };
  /** Of `dropped`: a code such as `filtering`, and that in words. */
  readonly reason?: string;
  readonly words?: string;
  /** Of `duplicated`: what it is a copy of. */
  readonly copyOf?: number;
  /** Of `sent` and `delivered`: the socket's label there. */
  readonly socket?: string;
  /** Of `sent`, and of `delivered` where that is all that is seen. */
  readonly content?: PacketContent;
  /** Of `sent`: the `effect` that it carries out. Of `delivered`: the `heard` that follows is the next event of that actor. */
  readonly effect?: number;
}

export interface PacketContent {
  readonly protocol: 'udp' | 'tcp' | 'icmp';
  /** For an arrow: the message's type, `SYN`, `12 bytes`, … */
  readonly label: string;
  /** Of the payload of UDP, TCP or ICMP. */
  readonly length: number;
  /** Hex; absent where only the length is kept. */
  readonly bytes?: string;
  readonly ttl?: number;
  readonly segment?: { readonly syn: boolean; readonly fin: boolean; readonly rst: boolean; readonly seq: number; readonly ack?: number };
}

/** A row of a NAT's table came or went. The rows at a moment are those that were added by then and not taken away. */
export interface RowSeen extends Seen {
  readonly kind: 'row';
  readonly what: 'added' | 'expired' | 'evicted' | 'closing' | 'closed';
  readonly place: string;
  readonly protocol: 'udp' | 'tcp' | 'icmp';
  /** The host inside, how it is known outside, and who may answer: `*`, an address, or `host:port`. */
  readonly inside: string;
  readonly external: string;
  readonly remote: string;
  /** As known then; traffic moves it. */
  readonly expiresAt: number;
}

/** How it ended for an actor, or what it found out. */
export interface OutcomeSeen extends Seen {
  readonly kind: 'outcome';
  readonly actor: string;
  /** `connected`, or a reason such as `no-reply`. */
  readonly verdict: string;
  readonly good: boolean;
  /** For people. */
  readonly words: string;
  readonly outcome: PlainRecord;
}

/** Anything else that an actor said, such as a server's `paired`. */
export interface NoteSeen extends Seen {
  readonly kind: 'note';
  readonly actor: string;
  readonly type: string;
  readonly fields: PlainRecord;
}
