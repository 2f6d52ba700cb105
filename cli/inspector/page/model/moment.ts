/** The run at one moment: where each actor stands, what each NAT remembers. Folded from the trace when it is asked for. */
import type { ActorSeen, MachineSeen, PacketSeen, RowSeen, SnapshotSeen, TimerSeen, TraceEvent, TraceHeader } from '../../trace/trace.ts';

/** An actor that can be looked at. */
export interface Known {
  readonly actor: ActorSeen;
  readonly machine: MachineSeen | undefined;
}

/** A row of a NAT's table, as it stands. */
export interface TableRow {
  readonly row: RowSeen;
  readonly addedAt: number;
  /** Later than said when it was added: traffic since has moved it, as far as the trace tells. */
  readonly isClosing: boolean;
}

export interface Table {
  readonly place: string;
  readonly words: string;
  readonly addresses: readonly string[];
  readonly rows: readonly TableRow[];
  /** The event that changed it last. */
  readonly changedAt: number | undefined;
}

export interface Pending {
  /** The event that it will send. */
  readonly type: string;
  readonly setAt: number;
  readonly dueAt: number;
}

export interface Standing {
  readonly now: SnapshotSeen | undefined;
  readonly before: SnapshotSeen | undefined;
  readonly taken: SnapshotSeen | undefined;
}

/** Everything that has been told, found again quickly. Grows as the run does. */
export class Told {
  readonly header: TraceHeader;
  readonly events: TraceEvent[] = [];
  readonly actors = new Map<string, Known>();
  readonly #machines = new Map<string, MachineSeen>();
  readonly #snapshots = new Map<string, SnapshotSeen[]>();
  readonly #timers = new Map<string, TimerSeen[]>();
  readonly #rows: RowSeen[] = [];
  readonly #nats = new Map<string, { readonly words: string; readonly addresses: readonly string[] }>();
  readonly failures: number[] = [];
  #first = 0;

  constructor(header: TraceHeader) {
    this.header = header;
  }

  add(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (this.events.length === 0) this.#first = event.n;
      this.events.push(event);
      this.#note(event);
    }
  }

  get last(): number {
    return this.events.at(-1)?.n ?? 0;
  }

  get first(): number {
    return this.#first;
  }

  event(n: number): TraceEvent | undefined {
    const direct = this.events[n - this.#first];
    if (direct?.n === n) return direct;
    const near = this.events[lastUpTo(this.events, n)];
    return near?.n === n ? near : undefined;
  }

  /** The last event that is not later than `at`. */
  upTo(at: number): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.events[middle]!.at > at) high = middle;
      else low = middle + 1;
    }
    return this.events[low - 1]?.n ?? this.#first;
  }

  /** The snapshot in which an actor is after event `n`, the one before it, and the last that was reached by a transition. */
  standing(actor: string, n: number): Standing {
    const list = this.#snapshots.get(actor) ?? [];
    const index = lastUpTo(list, n);
    let taken = index;
    while (taken >= 0 && list[taken]!.steps.length === 0) taken -= 1;
    return { now: list[index], before: list[index - 1], taken: list[taken] };
  }

  /** The timers that an actor waits for after event `n`, the next first. */
  pending(actor: string, n: number): readonly Pending[] {
    const waiting = new Map<number, Pending>();
    const until = this.#consequencesOf(n);
    for (const { n: told, at, what, timer, type, delayMs } of this.#timers.get(actor) ?? []) {
      if (told > until) break;
      if (what !== 'set') waiting.delete(timer);
      else if (type !== undefined && delayMs !== undefined) waiting.set(timer, { type, setAt: at, dueAt: at + delayMs });
    }
    return [...waiting.values()].sort((one, other) => one.dueAt - other.dueAt);
  }

  /** A state is told before the timers that it sets and ends. */
  #consequencesOf(n: number): number {
    let last = lastUpTo(this.events, n);
    while (CONSEQUENCES.has(this.events[last + 1]?.kind ?? 'event')) last += 1;
    return this.events[last]?.n ?? n;
  }

  tables(n: number): Table[] {
    const living = new Map<string, Map<string, TableRow>>([...this.#nats.keys()].map((place) => [place, new Map()]));
    const changed = new Map<string, number>();
    for (const row of this.#rows) {
      if (row.n > n) break;
      const table = living.get(row.place) ?? new Map<string, TableRow>();
      living.set(row.place, table);
      changed.set(row.place, row.n);
      const key = `${row.protocol} ${row.inside} ${row.external} ${row.remote}`;
      if (row.what === 'added') table.set(key, { row, addedAt: row.at, isClosing: false });
      else if (row.what === 'closing') table.set(key, { row, addedAt: table.get(key)?.addedAt ?? row.at, isClosing: true });
      else table.delete(key);
    }
    return [...living].map(([place, rows]) => {
      const { words = '', addresses = [] } = this.#nats.get(place) ?? {};
      return { place, words, addresses, rows: [...rows.values()], changedAt: changed.get(place) };
    });
  }

  /** Everything that was seen of one packet. */
  packet(id: number): PacketSeen[] {
    return this.events.filter((event): event is PacketSeen => event.kind === 'packet' && event.packet === id);
  }

  #note(event: TraceEvent): void {
    switch (event.kind) {
      case 'machine':
        this.#machines.set(event.machine, event);
        for (const [name, known] of this.actors) if (known.actor.machine === event.machine) this.actors.set(name, { ...known, machine: event });
        break;
      case 'actor':
        this.actors.set(event.actor, { actor: event, machine: event.machine === undefined ? undefined : this.#machines.get(event.machine) });
        break;
      case 'snapshot':
        listOf(this.#snapshots, event.actor).push(event);
        break;
      case 'timer':
        listOf(this.#timers, event.actor).push(event);
        break;
      case 'row':
        this.#rows.push(event);
        break;
      case 'place':
        if (event.type === 'nat' || event.type === 'firewall') this.#nats.set(event.name, { words: event.words ?? '', addresses: event.addresses });
        break;
      case 'packet':
        if (event.what === 'dropped') this.failures.push(event.n);
        break;
      case 'outcome':
        if (!event.good) this.failures.push(event.n);
        break;
      default:
    }
  }
}

const CONSEQUENCES: ReadonlySet<TraceEvent['kind']> = new Set(['timer', 'effect', 'packet', 'row']);

function listOf<T>(lists: Map<string, T[]>, name: string): T[] {
  const known = lists.get(name);
  if (known) return known;
  const fresh: T[] = [];
  lists.set(name, fresh);
  return fresh;
}

/** The index of the last that is not after event `n`; -1 when there is none. */
function lastUpTo(list: readonly { readonly n: number }[], n: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]!.n > n) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}
