/** Values of options, from text. Each throws commander's `InvalidArgumentError`, whose message says what would be right. */
import { isIPv4, isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { type Endpoint, parseEndpoint } from '../effects/endpoint.ts';

/** `host:port` of somebody else; the host may be a name. */
export function remote(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (bareHost(text) !== undefined) throw new InvalidArgumentError(withoutPort(text));
  if (!endpoint || endpoint.port === 0) throw new InvalidArgumentError(`'${text}' is not host:port (or [v6]:port) with a port of 1 to 65535`);
  return endpoint;
}

/** `host[:port]` of a STUN server; its own port, 3478, may be left out. */
export function stunServer(text: string): Endpoint {
  const isBare = /^(?:[^:[\]]+|\[[^\]]+\])$/.test(text);
  return remote(isBare ? `${text}:3478` : text);
}

/** `addr:port` to listen on; `:port` or `port` alone means every IPv4 address. */
export function listenAddress(text: string): Endpoint {
  // Clients have to know the port.
  if (bareHost(text) !== undefined) throw new InvalidArgumentError(withoutPort(text));
  const { host = '0.0.0.0', port } = ownAddress(text);
  return { host, port };
}

/** `[addr:]port` of this host, or an address alone; port 0 is any free one, which is what an address alone means. */
export function ownAddress(text: string): { readonly host?: string; readonly port: number } {
  const host = bareHost(text);
  if (host !== undefined) return { host, port: 0 };
  const alone = /^:?(\d{1,5})$/.exec(text)?.[1];
  const endpoint = alone === undefined ? parseEndpoint(text) : { port: Number(alone) };
  if (!endpoint || endpoint.port > 65_535) throw new InvalidArgumentError(`'${text}' is not a port or addr:port (or [v6]:port) of this host`);
  return endpoint;
}

/** Above 0, at most a day. */
export function seconds(text: string): number {
  const value = decimal(text);
  if (value === undefined || value <= 0 || value > DAY_S) throw new InvalidArgumentError(`'${text}' is not a number of seconds above 0 and at most ${DAY_S}, a day`);
  return value;
}

export function milliseconds(text: string): number {
  const value = decimal(text);
  if (value === undefined || value > 60_000) throw new InvalidArgumentError(`'${text}' is not a number of ms from 0 to 60000`);
  return value;
}

export function probability(text: string): number {
  const value = decimal(text);
  if (value === undefined || value > 1) throw new InvalidArgumentError(`'${text}' is not a probability from 0 to 1`);
  return value;
}

export function count(text: string): number {
  const value = decimal(text);
  if (value === undefined || !Number.isInteger(value) || value < 1 || value > 100_000) throw new InvalidArgumentError(`'${text}' is not a whole number from 1 to 100000`);
  return value;
}

export function notEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('it must not be empty');
  return text;
}

const DAY_S = 86_400;

/** What is missing of an address alone. */
function withoutPort(text: string): string {
  return `'${text}' has no port; write ${text}:<port>`;
}

/** Of an address alone. One of IPv6 needs its brackets: `::1:5000` could be either. */
function bareHost(text: string): string | undefined {
  const inner = /^\[(.*)\]$/.exec(text)?.[1];
  if (inner !== undefined) return isIPv6(inner) ? inner : undefined;
  return isIPv4(text) ? text : undefined;
}

function decimal(text: string): number | undefined {
  return /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : undefined;
}
