/** Values of options, from text. Each throws commander's `InvalidArgumentError`, whose message says what would be right. */
import { InvalidArgumentError } from 'commander';
import { type Endpoint, parseEndpoint } from '../effects/endpoint.ts';

/** `host:port` of somebody else; the host may be a name. */
export function remote(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
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
  const { host = '0.0.0.0', port } = ownAddress(text);
  return { host, port };
}

/** `[addr:]port` of this host; port 0 is any free one. */
export function ownAddress(text: string): { readonly host?: string; readonly port: number } {
  const alone = /^:?(\d{1,5})$/.exec(text)?.[1];
  const endpoint = alone === undefined ? parseEndpoint(text) : { port: Number(alone) };
  if (!endpoint || endpoint.port > 65_535) throw new InvalidArgumentError(`'${text}' is not a port or addr:port (or [v6]:port) of this host`);
  return endpoint;
}

/** Above 0, at most a day. */
export function seconds(text: string): number {
  const value = decimal(text);
  if (value === undefined || value <= 0 || value > 86_400) throw new InvalidArgumentError(`'${text}' is not a number of seconds above 0`);
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

function decimal(text: string): number | undefined {
  return /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : undefined;
}
