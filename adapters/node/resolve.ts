/** Names to addresses, by the system's resolver (hosts file, then DNS). The port itself takes literals only. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { systemCode } from './failure.ts';

export type ResolveFailure = 'name-not-found' | 'no-network' | 'unknown';

/** Why a name has no address; `message` is one line for people. */
export class ResolveError extends Error {
  readonly code: ResolveFailure;
  constructor(code: ResolveFailure, message: string) {
    super(message);
    this.name = 'ResolveError';
    this.code = code;
  }
}

/** What `node:dns/promises` `lookup` does with `all`. */
export type Lookup = (host: string, options: { readonly all: true }) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** One IP literal for a name, IPv4 if it has one; a literal is returned as it is. Rejects with a `ResolveError`. */
export async function resolveHost(host: string, ask: Lookup = lookup): Promise<string> {
  if (isIP(host) !== 0) return host;
  if (host === '') throw new ResolveError('name-not-found', 'the host name is empty');
  const found = await ask(host, { all: true }).catch((error: unknown) => {
    throw explain(host, error);
  });
  const best = found.find(({ family }) => family === 4) ?? found[0];
  if (!best) throw new ResolveError('name-not-found', `${host} has no address`);
  return best.address;
}

function explain(host: string, error: unknown): ResolveError {
  const system = systemCode(error);
  switch (system) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return new ResolveError('name-not-found', `no host is named ${host}`);
    case 'EAI_AGAIN':
    case 'ECONNREFUSED':
    case 'ETIMEOUT':
      return new ResolveError('no-network', `could not look up ${host}: no name server answers; perhaps there is no network`);
    default:
      return new ResolveError('unknown', `could not look up ${host}: ${system || String(error)}`);
  }
}
