/** What the devices of a simulated internet did, as events of a trace. */
import type { Sighting } from '../../../adapters/sim/sighting.ts';
import { formatEndpoint } from '../../../effects/endpoint.ts';
import { DROP_WORDS } from '../../words.ts';
import { endName, simulatedContent } from './packets.ts';
import type { NotedEffect } from './sightings.ts';
import type { Told } from './telling.ts';

/** `effect` is what made a host send. */
export function tellDevice(seen: Sighting, effect: NotedEffect | undefined): Told {
  if ('row' in seen) {
    const { protocol, inside, external, remote, expiresAt } = seen.row;
    const what = seen.type.slice('row.'.length) as 'added' | 'expired' | 'evicted' | 'closing' | 'closed';
    return { kind: 'row', what, place: seen.device, protocol, inside: formatEndpoint(inside), external: formatEndpoint(external), remote, expiresAt };
  }
  const shared = { kind: 'packet', packet: seen.id, place: seen.device, src: endName(seen.src), dst: endName(seen.dst) } as const;
  switch (seen.type) {
    case 'sent': {
      const { socket, data, ttl, segment } = seen;
      const type = effect?.message && 'type' in effect.message ? String(effect.message.type) : undefined;
      return { ...shared, what: 'sent', socket, content: simulatedContent(data, ttl, segment, 'icmp' in seen && seen.icmp === true, type), ...(effect?.n === undefined ? {} : { effect: effect.n }) };
    }
    case 'translated':
      return { ...shared, what: 'translated', before: { src: endName(seen.before.src), dst: endName(seen.before.dst) } };
    case 'forwarded':
      return { ...shared, what: 'forwarded' };
    case 'duplicated':
      return { ...shared, what: 'duplicated', copyOf: seen.of };
    case 'dropped':
      return { ...shared, what: 'dropped', reason: seen.reason, words: DROP_WORDS[seen.reason] };
    case 'delivered':
      return { ...shared, what: 'delivered', socket: seen.socket };
  }
}
