/**
 * The sequence of a protocol's page, from a run on the simulated internet. Fewer arrows than the inspector exports, for people
 * who see the protocol for the first time: a packet is one arrow from its sender to where it ended, drawn when it ended. Where it
 * makes a row in a NAT on its way out it is two, and the first says for whom the NAT is open from then on. Equal arrows of one
 * moment are one, with their number.
 */
import type { PacketSeen, PlaceSeen, PlainRecord, SnapshotSeen, Trace, TraceEvent } from '../../cli/inspector/trace/trace.ts';

export interface Telling {
  /** What a message is called, and where it came from; by its type unless said otherwise. */
  readonly call?: (message: PlainRecord, src: string) => string;
  /** Packets that are not told, by their name. */
  readonly without?: RegExp;
  /** Arrows that have been drawn since the last change of a state are counted there, whatever their addresses, not drawn again. */
  readonly once?: boolean;
  /** The page's own names for places. */
  readonly names?: Readonly<Record<string, string>>;
}

export function pageSequence(trace: Trace, telling: Telling = {}): string {
  return new Drawing(trace, telling).text();
}

interface Line {
  readonly key: string;
  readonly at: number;
  words: string;
  readonly places: readonly string[];
  count: number;
}

interface Flight {
  readonly label: string;
  /** Where the next arrow begins. */
  from: string;
  src: string;
}

const NOTE = '';

class Drawing {
  readonly #telling: Telling;
  readonly #places: ReadonlyMap<string, PlaceSeen>;
  readonly #messages = new Map<number, PlainRecord>();
  readonly #flights = new Map<number, Flight>();
  readonly #states = new Map<string, string>();
  readonly #lines: Line[] = [];

  constructor({ events }: Trace, telling: Telling) {
    this.#telling = telling;
    this.#places = new Map(events.filter((event) => event.kind === 'place').map((place) => [place.name, place]));
    events.forEach((event, index) => this.#tell(event, events[index - 1], events));
  }

  text(): string {
    const used = new Set(this.#lines.flatMap(({ places }) => places));
    const heads = [...this.#places.values()].filter(({ name }) => used.has(name)).sort((one, other) => rank(one) - rank(other));
    return [
      'sequenceDiagram',
      ...heads.map((place) => `  participant ${idOf(place.name)} as ${this.#head(place)}`),
      ...this.#lines.map(({ words, count }) => `  ${words}${count > 1 ? ` (×${count})` : ''}`),
    ].join('\n');
  }

  #head({ name, type, words, addresses }: PlaceSeen): string {
    const named = type === 'core' ? 'the internet' : type === 'nat' ? `NAT of ${this.#named(this.#hostBehind(name) ?? name)}` : this.#named(name);
    const besides = type === 'nat' ? words : addresses[0];
    return besides === undefined ? named : `${named}<br/>${besides}`;
  }

  #named(place: string): string {
    return this.#telling.names?.[place] ?? place;
  }

  #tell(event: TraceEvent, before: TraceEvent | undefined, events: readonly TraceEvent[]): void {
    switch (event.kind) {
      case 'effect':
      case 'heard':
        if (event.message) this.#messages.set(event.n, event.message);
        break;
      case 'packet':
        this.#packet(event, before, events);
        break;
      case 'snapshot':
        this.#state(event);
        break;
      case 'outcome':
        if (this.#places.has(event.actor)) this.#note(event.at, event.actor, `${event.good ? '✓' : '✗'} ${event.words}`, true);
        break;
      default:
    }
  }

  #packet(packet: PacketSeen, before: TraceEvent | undefined, events: readonly TraceEvent[]): void {
    const { what, at } = packet;
    if (what === 'sent') {
      const label = this.#label(packet, events);
      if (!this.#telling.without?.test(label)) this.#flights.set(packet.packet, { label, from: packet.place, src: packet.src });
      return;
    }
    const flight = this.#flights.get(packet.packet);
    if (!flight) return;
    const here = this.#laneOf(packet.place);
    if (what === 'translated' || what === 'forwarded') {
      if (before?.kind !== 'row' || before.what !== 'added' || before.place !== packet.place || flight.from !== this.#hostBehind(packet.place)) return;
      this.#arrow(at, flight.from, here, '->>', `${flight.label}, opens ${before.external} for ${before.remote === '*' ? 'everybody' : before.remote}`, `opens ${before.external}`);
      flight.from = here;
      flight.src = packet.src;
    } else if (what === 'dropped') {
      this.#arrow(at, flight.from, here, '-x', `${flight.label}, dropped: ${packet.words ?? packet.reason ?? ''}`);
    } else if (what === 'delivered') {
      const rewritten = packet.src === flight.src ? '' : `, from ${packet.src}`;
      this.#arrow(at, flight.from, here, '->>', `${flight.label}${rewritten}`, rewritten === '' ? flight.label : `${flight.label} from elsewhere`);
    }
  }

  /** `similar`: arrows that may be counted together, where the words differ. */
  #arrow(at: number, from: string, to: string, head: string, words: string, similar = words): void {
    const key = `${from}${head}${to}: ${this.#telling.once ? similar.replace(/\d+(\.\d+){3}(:\d+)?/g, 'some') : words}`;
    const since = this.#lines.findLastIndex((line) => (this.#telling.once ? line.key === NOTE : line.at < at)) + 1;
    const known = this.#lines.slice(since).find((line) => line.key === key);
    if (known) known.count += 1;
    else this.#lines.push({ key, at, places: [from, to], count: 1, words: `${idOf(from)}${head}${idOf(to)}: ${clean(words)}` });
  }

  #state({ actor, value, tags = [], at }: SnapshotSeen): void {
    if (value === null || this.#places.get(actor)?.side === 'internet') return;
    const top = typeof value === 'string' ? value : Object.keys(value).join(' + ');
    const state = tags.includes('confirmed') && top !== 'confirmed' ? `${top}, confirmed` : top;
    if (this.#states.get(actor) === state || !this.#places.has(actor)) return;
    this.#states.set(actor, state);
    this.#note(at, actor, state);
  }

  /** Of one moment a place has one note: the state that it came to, and what it found. */
  #note(at: number, place: string, words: string, isOutcome = false): void {
    const last = this.#lines.findLast(({ places }) => places.includes(place));
    const isSame = last?.key === NOTE && last.at === at;
    if (!isSame) this.#lines.push({ key: NOTE, at, places: [place], count: 1, words: `Note over ${idOf(place)}: ${Math.round(at)} ms: ${clean(words)}` });
    else if (isOutcome) last.words += `<br/>${clean(words)}`;
    else last.words = `Note over ${idOf(place)}: ${Math.round(at)} ms: ${clean(words)}`;
  }

  #label({ effect, content, packet, src }: PacketSeen, events: readonly TraceEvent[]): string {
    const message = this.#messages.get(effect ?? -1) ?? this.#heardAs(packet, events);
    return message && this.#telling.call ? this.#telling.call(message, src) : (content?.label ?? 'packet');
  }

  /** What a server's reflex sends is asked by no machine; but it is heard. */
  #heardAs(packet: number, events: readonly TraceEvent[]): PlainRecord | undefined {
    const delivered = events.findIndex((event) => event.kind === 'packet' && event.packet === packet && event.what === 'delivered');
    if (delivered < 0) return undefined;
    return events.slice(delivered + 1, delivered + 3).find((event) => event.kind === 'heard')?.message;
  }

  #laneOf(place: string): string {
    const type = this.#places.get(place)?.type;
    return type === undefined || type === 'link' || type === 'router' ? 'core' : place;
  }

  #hostBehind(nat: string): string | undefined {
    const side = this.#places.get(nat)?.side;
    return [...this.#places.values()].find((place) => place.type === 'host' && place.side === side)?.name;
  }
}

/** One side, the internet, the other. */
function rank({ side, depth, name }: PlaceSeen): number {
  if (side === 'internet') return name === 'core' ? 0 : 0.1;
  return side === 'a' ? -depth - 1 : depth + 1;
}

function idOf(name: string): string {
  return name.replaceAll(/[^a-z0-9]/gi, '_');
}

/** Without what mermaid would take for its own signs. */
function clean(text: string): string {
  return text.replaceAll(/[;#"{}<>%\n]/g, ' ').replaceAll(/\bend\b/gi, 'End').replaceAll(/\s+/g, ' ').trim();
}
