/**
 * Which numbers a link has opened a TCP connection under, for as long as the link stands: what proves itself once is not believed
 * twice. Numbers come in rising order but for what the line does; those far behind the highest count as opened. A value; it never
 * forgets.
 */
export interface Opened {
  readonly highest: number;
  /** A bit for each of the last `BEHIND` numbers, at the number modulo that. */
  readonly bits: Uint8Array;
}

/** As many as a caller has under way at once, at the most. */
const BEHIND = 1_024;

export const NONE_OPENED: Opened = { highest: 0, bits: new Uint8Array(BEHIND / 8) };

export function isOpened({ highest, bits }: Opened, id: number): boolean {
  if (id > highest) return false;
  return id <= highest - BEHIND || ((bits[(id % BEHIND) >> 3] ?? 0) & (1 << (id & 7))) !== 0;
}

export function withOpened({ highest, bits }: Opened, id: number): Opened {
  const after = id - highest >= BEHIND ? new Uint8Array(BEHIND / 8) : bits.slice();
  const set = (at: number, mask: number, bit: number): void => {
    after[at] = ((after[at] ?? 0) & ~mask) | bit;
  };
  // Between the two nothing has been opened, whatever those bits said of numbers before.
  if (id - highest < BEHIND) for (let n = highest + 1; n < id; n += 1) set((n % BEHIND) >> 3, 1 << (n & 7), 0);
  set((id % BEHIND) >> 3, 0, 1 << (id & 7));
  return { highest: Math.max(highest, id), bits: after };
}
