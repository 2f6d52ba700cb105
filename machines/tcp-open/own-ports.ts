/** What one tcp-open peer knows of its own NAT's ports, and has done with that. */
import type { Endpoint } from '../../effects/endpoint.ts';
import { type Sighting, SIGHTINGS, type Told, UNTOLD } from '../port-forecast.ts';
import type { MappingSeen } from '../rendezvous/mapping.ts';

export interface OwnPorts {
  /** The rendezvous's other port. */
  readonly alternate: Endpoint | undefined;
  /** Whether the rendezvous's two ports see one socket at one port. */
  readonly mapping: MappingSeen;
  /** Mappings of our own so far, where each destination has one. */
  readonly made: number;
  /** Connections that were made to be seen. */
  readonly samplers: readonly Sampler[];
  /** What was seen of our ports, in the order of the mappings, each with the time at which its connection was up; the last few. */
  readonly sightings: readonly Sighting[];
  /** What the peer is told of our ports; round 0 before a NAT that varies has told any. */
  readonly told: Told;
  /** The mapping of the last forecast's own connection. */
  readonly toldMade: number;
  /** `held`: nothing may be called for now, since each new destination moves a NAT on that counts. `released`: the next round is due. */
  readonly calls: 'free' | 'held' | 'released';
  /** The last aim at ports that nobody has seen, for those who watch. */
  readonly aim: Aim | undefined;
  readonly aims: number;
  /** First calls of all aims together, each a mapping where ours varies. */
  readonly spent: number;
  /** Calls of all aims together that repeat one. */
  readonly repeats: number;
}

export interface Sampler {
  readonly socket: string;
  /** Which of our mappings it made. */
  readonly made: number;
  /** When it asked, once it is up. */
  readonly askedAt?: number;
}

/** Calls at once: from so many ports of ours to one of the peer's, or from one of ours to so many. */
export interface Aim {
  readonly sockets: number;
  readonly ports: number;
  readonly odds: number;
}

export const UNSEEN: OwnPorts = {
  alternate: undefined,
  mapping: 'unknown',
  // That of the connection to the rendezvous.
  made: 1,
  samplers: [],
  sightings: [],
  told: UNTOLD,
  toldMade: 0,
  calls: 'free',
  aim: undefined,
  aims: 0,
  spent: 0,
  repeats: 0,
};

/** With one more; the oldest go first. */
export function withSighting(sightings: readonly Sighting[], added: Sighting): readonly Sighting[] {
  return [...sightings, added].toSorted((one, other) => one.made - other.made).slice(-SIGHTINGS);
}
