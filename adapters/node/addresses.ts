/**
 * The addresses at which this host can be reached, as its interfaces tell. Nothing is sent to find them.
 * Link-local addresses are left out: another host cannot use them without knowing a zone.
 */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';

export type Family = 4 | 6;

/** More are of no use to a peer, which tries each of them. */
const ADDRESS_LIMIT = 6;

/**
 * Own addresses of a family, best first: the one the default route uses, then the others in the system's order, bridges
 * and tunnels last. Loopback only when there is nothing else. At most six.
 */
export function hostAddresses(family: Family): readonly string[] {
  return (known[family] ??= lookUp(family));
}

/** Every address of a family on which this host can be asked, loopback too, best first. */
export function ownAddresses(family: Family): readonly string[] {
  const { outside, loopback } = interfaces(family);
  return [...bestFirst(family, outside), ...loopback];
}

/** A socket whose `lookup` answers at once: dgram's own takes a turn of the event loop even for literals. */
export const literalLookup = (
  host: string,
  _options: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => done(null, host, host.includes(':') ? 6 : 4);

/** What was found in this turn, so that opening a thousand sockets looks once and a changed network is seen by the next. */
const known: { [F in Family]?: readonly string[] | undefined } = {};

function lookUp(family: Family): readonly string[] {
  queueMicrotask(() => {
    known[family] = undefined;
  });
  const { outside, loopback } = interfaces(family);
  return (outside.length === 0 ? loopback : bestFirst(family, outside)).slice(0, ADDRESS_LIMIT);
}

/** In the system's order, bridges and tunnels last. */
function interfaces(family: Family): { readonly outside: readonly string[]; readonly loopback: readonly string[] } {
  const plain: string[] = [];
  const virtual: string[] = [];
  const loopback: string[] = [];
  for (const [name, infos] of Object.entries(networkInterfaces())) {
    for (const { family: its, address, internal } of infos ?? []) {
      if (its !== `IPv${family}` || isLinkLocal(address)) continue;
      (internal ? loopback : VIRTUAL.test(name) ? virtual : plain).push(address);
    }
  }
  return { outside: [...plain, ...virtual], loopback };
}

function bestFirst(family: Family, addresses: readonly string[]): readonly string[] {
  const routed = addresses.length > 1 ? routedAddress(family) : undefined;
  return [...addresses.filter((address) => address === routed), ...addresses.filter((address) => address !== routed)];
}

/** Interfaces of containers, virtual machines and tunnels, by the names they usually get. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|vnet|podman|cni|flannel|cali|lxc|lxd|utun|tun|tap|wg|tailscale|zt|awdl|llw)/;

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}

/** Documentation addresses (RFC 5737, RFC 3849): a route is chosen for them, and nothing is ever sent. */
const FAR_AWAY = { 4: '198.51.100.1', 6: '2001:db8::1' } as const;

/** The source address of the default route, or undefined without one: connecting a UDP socket chooses it, silently. */
function routedAddress(family: Family): string | undefined {
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', lookup: literalLookup });
  let refused = false;
  socket.on('error', () => {
    refused = true;
  });
  try {
    socket.bind(0);
    socket.connect(9, FAR_AWAY[family]);
    return refused ? undefined : socket.address().address;
  } catch {
    // No socket or no such family: the order of the interfaces stands.
    return undefined;
  } finally {
    socket.close();
  }
}
