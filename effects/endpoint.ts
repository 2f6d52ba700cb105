/** Transport addresses as plain values. Text form `host:port`, `[v6]:port`; no name is ever resolved here. */

/** One end of a datagram or connection. `host` is an IPv4 or IPv6 literal, or a name before an adapter resolves it. */
export interface Endpoint {
  readonly host: string;
  /** 0 to 65535; 0 means "any" where something is to be bound. */
  readonly port: number;
}

/** `1.2.3.4:5`, `[::1]:5`, or `[fe80::1%eth0]:5` with its zone. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address alone where there is no port, as in ICMP. */
export function endName(end: Endpoint): string {
  return end.port === 0 ? end.host : formatEndpoint(end);
}

/** A port that something can be sent to: 1 to 65535. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** The endpoint that `text` names, or undefined when it is not `host:port` or `[v6]:port` with a port of 0 to 65535. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[^\s\]]+)?)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const host = match[1] ?? match[2];
  const port = Number(match[3]);
  return host === undefined || port > 65535 ? undefined : { host, port };
}

/** Whether both name one host and port; hosts are compared as text. */
export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.port === other.port && one.host === other.host;
}

/** True for an IPv6 literal. */
export function isIPv6(host: string): boolean {
  return host.includes(':');
}

/** Every IPv4 address of a host, and any free port, where something is to be bound; elsewhere nobody. */
export const ANYWHERE: Endpoint = { host: '0.0.0.0', port: 0 };

/** True for what stands for every address of a host. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** True for an address by which a host reaches itself, and nobody else. */
export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1';
}

/** Where to bind what is to reach `remote`: any address of its family, unless `local` names one. */
export function localFor(remote: Endpoint, local?: Partial<Endpoint>): Partial<Endpoint> {
  return { ...(isIPv6(remote.host) ? { host: '::' } : {}), ...local };
}
