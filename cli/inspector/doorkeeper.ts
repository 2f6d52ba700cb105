/**
 * Who may ask the inspector's server anything: whoever has the token, under a name of this host. A page of somebody else
 * whose name was made to point here (DNS rebinding) says its own name, and is refused before its token is looked at.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** `Host` names this machine. The port may be another one: that of an SSH port forward. */
export function isOwnHost(host: string | undefined): boolean {
  return host !== undefined && /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(host);
}

/**
 * `same`: the request comes from the page itself. `loopback`: from any page of this host. Programs that are no browser send no
 * origin and pass.
 */
export function isOwnOrigin({ origin, host }: IncomingHttpHeaders, which: 'same' | 'loopback'): boolean {
  if (origin === undefined) return true;
  if (which === 'same') return origin === `http://${host}`;
  return /^https?:\/\//.test(origin) && isOwnHost(origin.replace(/^https?:\/\//, ''));
}

/**
 * What stands behind the token in the path: '' for nothing, `/` for a slash alone, else without its first slash; undefined
 * without the right token. How long it takes does not depend on how much of the token is right.
 */
export function tokenOf(url: string, token: string): string | undefined {
  const [, given, rest = ''] = /^\/?([^/?]*)(\/[^?]*)?/.exec(url)!;
  if (!timingSafeEqual(hashed(given!), hashed(token))) return undefined;
  return rest.length > 1 ? rest.slice(1) : rest;
}

function hashed(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
