/** What the rooms of both rendezvous have in common: where a member may be, and what their operator is told. Pure. */
import { type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { ServerReported } from '../../effects/scenario.ts';

/** Where somebody who registers may be: first where it is seen, then where it says, each once. */
export function endpointsOf({ from, candidates }: { readonly from: Endpoint; readonly candidates: readonly Endpoint[] }): readonly Endpoint[] {
  return [from, ...candidates.filter((candidate) => !sameEndpoint(candidate, from))];
}

/** Of the room's identifier so much as tells rooms apart. */
export function newsOf(what: 'room-opened' | 'paired', room: string, from: Endpoint): Omit<ServerReported, 'type'> {
  return { what, room: room.slice(0, 8), from };
}
