/** What the user has chosen to see: the moment, the actor, filters and sizes. Knows nothing of how it is drawn. */
import type { Fate, Packet, Picture } from './picture.ts';

export interface Filters {
  /** In what is said, addresses, reasons; any case. */
  readonly text: string;
  /** Protocols that are hidden. */
  readonly protocols: ReadonlySet<string>;
  /** Sides that are hidden, with every packet from or to them. */
  readonly sides: ReadonlySet<string>;
  readonly fate: Fate | 'any';
  readonly timers: boolean;
  readonly states: boolean;
}

export interface View {
  /** The event up to which the run is told; the last one while it follows the end. */
  readonly cursor: number;
  readonly isFollowing: boolean;
  readonly isPlaying: boolean;
  /** Rows per second, as a multiple of the usual. */
  readonly speed: number;
  readonly actor: string | undefined;
  readonly packet: number | undefined;
  readonly filters: Filters;
  readonly opened: ReadonlySet<string>;
  /** Height of a row in px. */
  readonly row: number;
  readonly panel: 'details' | 'context' | 'tables';
  /** Which part a narrow window shows. */
  readonly part: 'sequence' | 'chart' | 'details';
}

export const NO_FILTERS: Filters = { text: '', protocols: new Set(), sides: new Set(), fate: 'any', timers: true, states: true };

export const FIRST_VIEW: View = {
  cursor: 0,
  isFollowing: true,
  isPlaying: false,
  speed: 1,
  actor: undefined,
  packet: undefined,
  filters: NO_FILTERS,
  opened: new Set(),
  row: 26,
  panel: 'details',
  part: 'sequence',
};

/** What passes the filters. Marks of hidden sides go with them. */
export function filtered(picture: Picture, { text, protocols, sides, fate, timers, states }: Filters): Pick<Picture, 'packets' | 'marks'> {
  const words = text.trim().toLowerCase();
  const isHidden = (lane: number): boolean => sides.size > 0 && sides.has(picture.lanes[Math.round(lane)]?.side ?? '');
  const packets =
    words === '' && protocols.size === 0 && sides.size === 0 && fate === 'any'
      ? picture.packets
      : picture.packets.filter(
          (packet) =>
            !protocols.has(packet.protocol) &&
            (fate === 'any' || packet.fate === fate) &&
            !isHidden(packet.from) &&
            !isHidden(packet.to) &&
            (words === '' || textOf(packet).includes(words)),
        );
  const marks = picture.marks.filter(
    ({ kind, lane, text: said }) =>
      (kind !== 'timer' || timers) && (kind !== 'state' || states) && !isHidden(lane) && (words === '' || kind === 'outcome' || said.toLowerCase().includes(words)),
  );
  return { packets, marks };
}

export function isFiltering({ text, protocols, sides, fate, timers, states }: Filters): boolean {
  return text.trim() !== '' || protocols.size > 0 || sides.size > 0 || fate !== 'any' || !timers || !states;
}

const texts = new WeakMap<Packet, string>();

function textOf(packet: Packet): string {
  let text = texts.get(packet);
  if (text === undefined) {
    const flows = packet.stops.flatMap(({ before, after, device }) => [device, before?.src, before?.dst, after?.src, after?.dst]);
    text = [packet.label, packet.protocol, packet.fate, packet.reason, ...flows].filter((one) => one !== undefined).join(' ').toLowerCase();
    texts.set(packet, text);
  }
  return text;
}
