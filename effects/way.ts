/** What the bytes of an effect or event travel by, and who is at the other end. */
import type { Via } from './codec.ts';
import type { Endpoint } from './endpoint.ts';
import type { NetEffect, NetEvent } from './net.ts';

export function viaOf({ type }: NetEffect | NetEvent): Via {
  return type.startsWith('icmp.') ? 'icmp' : type.startsWith('tcp.') ? 'tcp' : 'udp';
}

/** The other end of a datagram, or of an ICMP message, which has no port. */
export function remoteOf(value: NetEffect | NetEvent): Endpoint | undefined {
  switch (value.type) {
    case 'udp.send':
      return value.to;
    case 'udp.received':
      return value.from;
    case 'icmp.send':
      return { host: value.to, port: 0 };
    case 'icmp.received':
      return { host: value.from, port: 0 };
    default:
      return undefined;
  }
}
