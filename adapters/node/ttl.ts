/** The time to live this host gives a datagram by itself; a socket that was given another has to be set back to it. */
import { readFileSync } from 'node:fs';
import type { Family } from './addresses.ts';

/** Hops. Linux says; elsewhere the well-known default (Windows 128, others 64). Read once. */
export function defaultTtl(family: Family): number {
  return (known[family] ??= readDefault(family));
}

const known: { [F in Family]?: number } = {};

const LINUX = { 4: '/proc/sys/net/ipv4/ip_default_ttl', 6: '/proc/sys/net/ipv6/conf/default/hop_limit' } as const;

function readDefault(family: Family): number {
  const usual = process.platform === 'win32' ? 128 : 64;
  if (process.platform !== 'linux') return usual;
  try {
    const ttl = Number(readFileSync(LINUX[family], 'ascii'));
    return Number.isInteger(ttl) && ttl >= 1 && ttl <= 255 ? ttl : usual;
  } catch {
    // A sandbox without /proc: the kernel's own default is the usual one.
    return usual;
  }
}
