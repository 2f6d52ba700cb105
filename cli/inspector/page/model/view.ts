/** What the user has chosen to see: the moment, the actor, filters and sizes. Knows nothing of how it is drawn. */
import { type Filters, NO_FILTERS } from './filters.ts';

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
