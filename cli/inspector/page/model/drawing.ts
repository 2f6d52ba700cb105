/**
 * Turns the events of a trace into a picture, as they come: packets grow stop by stop, actors leave marks. What has been
 * told stays as it is, so a live run costs what is new, and the end of a long one no more than its beginning.
 */
import type { ActorSeen, EventSeen, HeardSeen, PacketSeen, PlaceSeen, SnapshotSeen, TraceEvent } from '../../trace/trace.ts';
import { type Lanes, lanesFor } from './lanes.ts';
import type { Way } from './packets.ts';
import type { Mark, Picture } from './picture.ts';
import { type RawMark, Sketch } from './sketch.ts';
import { eventWords, leavesOf } from './words.ts';

export class Drawing {
  readonly #places = new Map<string, PlaceSeen>();
  readonly #actors = new Map<string, ActorSeen>();
  readonly #packets = new Map<number, Way>();
  /** What has grown since the last picture, and how many marks that one had. */
  readonly #touched = new Set<Way>();
  #sketched = 0;
  /** None while somebody is new: they may need a lane. */
  #sketch: Sketch | undefined;
  #lanes: Lanes | undefined;
  readonly #marks: RawMark[] = [];
  /** What effects say, by their number. */
  readonly #said = new Map<number, string>();
  /** By place: what was delivered there and has not been heard of yet. */
  readonly #taken = new Map<string, Way>();
  readonly #values = new Map<string, readonly string[]>();
  readonly #rows = new Map<string, Opening[]>();
  readonly #timers = new Map<string, string>();
  #from: number | undefined;
  #until = 0;

  add(events: readonly TraceEvent[]): void {
    for (const event of events) {
      this.#from ??= event.at;
      if (event.kind === 'packet' || event.kind === 'heard') this.#until = event.at;
      this.#note(event);
    }
  }

  picture(): Picture {
    const drawn = this.#sketch?.add(this.#touched, this.#marks.slice(this.#sketched)) ?? this.#redrawn();
    this.#touched.clear();
    this.#sketched = this.#marks.length;
    const openings = [...this.#rows].flatMap(([place, spans]) => {
      const lane = this.#lanes?.placeOf(place);
      return lane === undefined ? [] : spans.map(({ from, until }) => ({ lane, from, until }));
    });
    return { ...drawn, openings, from: this.#from ?? 0, until: this.#until };
  }

  /** With all that is known, from the beginning. */
  #redrawn(): NonNullable<ReturnType<Sketch['add']>> {
    this.#lanes = lanesFor(this.#places, this.#actors);
    this.#sketch = new Sketch(this.#lanes);
    return this.#sketch.add(this.#packets.values(), this.#marks)!;
  }

  #note(event: TraceEvent): void {
    switch (event.kind) {
      case 'place':
        this.#places.set(event.name, event);
        this.#sketch = undefined;
        break;
      case 'actor':
        this.#actors.set(event.actor, event);
        this.#sketch = undefined;
        break;
      case 'packet':
        this.#packet(event);
        break;
      case 'heard':
        this.#heard(event);
        break;
      case 'effect':
        if (typeof event.message?.['type'] === 'string') this.#said.set(event.n, event.message['type']);
        break;
      case 'row':
        this.#row(event.place, event.what, event.n);
        break;
      case 'snapshot':
        this.#snapshot(event);
        break;
      case 'event':
        this.#event(event);
        break;
      case 'timer': {
        const key = `${event.actor} ${event.timer}`;
        if (event.what === 'set' && event.type !== undefined) this.#timers.set(key, event.type);
        const type = event.type ?? this.#timers.get(key);
        if (event.what !== 'set') this.#timers.delete(key);
        if (event.what === 'fired' && type !== undefined) this.#mark(event, 'timer', eventWords(type).replace(/^after /, ''));
        break;
      }
      case 'outcome':
        this.#mark(event, 'outcome', event.verdict, event.good ? 'good' : 'bad');
        break;
      case 'note':
        this.#mark(event, 'note', typeof event.fields['what'] === 'string' ? event.fields['what'] : event.type);
        break;
      default:
    }
  }

  #mark({ n, at, actor }: { n: number; at: number; actor: string }, kind: Mark['kind'], text: string, tone: Mark['tone'] = 'plain'): void {
    // Timers that run out when all is over would press the run itself into a corner.
    if (kind === 'state' || kind === 'outcome') this.#until = at;
    this.#marks.push({ n, at, actor, kind, text, tone });
  }

  /** Who reads a message can say what it is, also where who sent it did not. */
  #heard({ n, actor, message }: HeardSeen): void {
    const place = this.#actors.get(actor)?.place ?? actor;
    const way = this.#taken.get(place);
    this.#taken.delete(place);
    if (!way) return;
    this.#touched.add(way);
    way.heardAt = n;
    if (typeof message?.['type'] === 'string') way.label ??= message['type'];
  }

  #packet(event: PacketSeen): void {
    const way = this.#packets.get(event.packet);
    if (way) {
      if (event.what === 'delivered') this.#taken.set(event.place, way);
      way.seen.push(event);
      this.#touched.add(way);
      return;
    }
    const copied = event.copyOf === undefined ? undefined : this.#packets.get(event.copyOf);
    const label = event.effect === undefined ? undefined : this.#said.get(event.effect);
    const fresh: Way = { seen: [event], ...(copied ? { copied } : {}), ...(label === undefined ? {} : { label }) };
    this.#packets.set(event.packet, fresh);
    this.#touched.add(fresh);
    // Where only one end is seen, nothing is known of a packet before it is there.
    if (event.what === 'delivered') this.#taken.set(event.place, fresh);
  }

  /** Between actors without a network an event is all that passes. */
  #event({ n, at, actor, from, type, timer }: EventSeen): void {
    const sender = from === undefined ? undefined : this.#actors.get(from);
    const receiver = this.#actors.get(actor);
    const isTimer = timer !== undefined || type.startsWith('xstate.after.');
    if (isTimer && from === actor && timer === undefined) this.#mark({ n, at, actor }, 'timer', eventWords(type).replace(/^after /, ''));
    if (isTimer || type === 'xstate.init') return;
    if (from === undefined && receiver !== undefined) this.#mark({ n, at, actor }, 'note', eventWords(type));
    if (sender && receiver && from !== actor && sender.place === undefined && receiver.place === undefined) {
      const told: Way = { seen: [], told: { n, at, from: sender.actor, to: actor, label: eventWords(type) } };
      this.#packets.set(-1 - n, told);
      this.#touched.add(told);
    }
  }

  #snapshot(event: SnapshotSeen): void {
    if (event.value === null) return;
    const leaves = leavesOf(event.value);
    const before = this.#values.get(event.actor) ?? [];
    this.#values.set(event.actor, leaves);
    // Of parallel states only those that are new.
    const entered = leaves.filter((leaf) => !before.includes(leaf));
    if (entered.length > 0) this.#mark(event, 'state', entered.join(' + '));
  }

  #row(place: string, what: string, n: number): void {
    if (what === 'closing') return;
    const spans = this.#rows.get(place) ?? [];
    this.#rows.set(place, spans);
    const open = spans.at(-1);
    if (what === 'added') {
      if (open && open.until === undefined) open.rows += 1;
      else spans.push({ from: n, until: undefined, rows: 1 });
      return;
    }
    if (!open || open.until !== undefined) return;
    open.rows -= 1;
    if (open.rows === 0) open.until = n;
  }
}

interface Opening {
  readonly from: number;
  until: number | undefined;
  rows: number;
}
