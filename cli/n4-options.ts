/** Values of the n4 commands' options, from text, as `options.ts`. */
import { InvalidArgumentError } from 'commander';
import { isIdent } from '../machines/n4/codec.ts';
import { FIRST_PORT, LAST_PORT } from '../machines/port-forecast.ts';

/** Spaces at the end do not count. Empty is an ident too: the wire has six spaces for it. */
export function n4Ident(text: string): string {
  const ident = text.replace(/ +$/, '');
  if (!isIdent(ident)) throw new InvalidArgumentError(`'${text}' is not an ident: at most 6 printable ASCII characters`);
  return ident;
}

export function sourcePort(text: string): number {
  const port = whole(text);
  if (port === undefined || (port !== 0 && (port < FIRST_PORT || port > LAST_PORT))) {
    throw new InvalidArgumentError(`'${text}' is not a port from ${FIRST_PORT} to ${LAST_PORT}, or 0 for any`);
  }
  return port;
}

/** More sockets than this are more than a router's table should be asked for. */
const COUNT_LIMIT = 512;

export function socketCount(text: string): number {
  const count = whole(text);
  if (count === undefined || count < 1 || count > COUNT_LIMIT) throw new InvalidArgumentError(`'${text}' is not a whole number from 1 to ${COUNT_LIMIT}`);
  return count;
}

/** Anything further away is a typing mistake, not a guess at a NAT. */
const OFFSET_LIMIT = 10_000;

export function portOffset(text: string): number {
  const offset = whole(text);
  if (offset === undefined || Math.abs(offset) > OFFSET_LIMIT) throw new InvalidArgumentError(`'${text}' is not a whole number from -${OFFSET_LIMIT} to ${OFFSET_LIMIT}`);
  return offset;
}

function whole(text: string): number | undefined {
  return /^-?\d{1,6}$/.test(text) ? Number(text) : undefined;
}
