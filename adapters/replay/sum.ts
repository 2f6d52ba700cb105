/**
 * The checksum at the end of a line: CRC-32 (that of zlib) of the line without it, as eight digits of lower-case hex. It finds
 * every change of one byte. It is no signature: whoever wants to forge a log writes new sums.
 */
import crc32 from 'crc-32';

/** One line of ASCII, so that no two files of different bytes read as the same line. */
export function writeSummed(value: object): string {
  const bare = JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${bare.slice(0, -1)},"sum":"${sumOf(bare)}"}`;
}

/** A line without its sum, and whether the sum fits; the row itself and undefined when it has none at its very end. */
export function readSummed(row: string): { readonly bare: string; readonly fits: boolean | undefined } {
  const match = /,"sum":"([0-9a-f]{8})"\}$/.exec(row);
  if (!match) return { bare: row, fits: undefined };
  const bare = `${row.slice(0, match.index)}}`;
  return { bare, fits: sumOf(bare) === match[1] };
}

function sumOf(bare: string): string {
  return (crc32.str(bare) >>> 0).toString(16).padStart(8, '0');
}
