/** What the swarm has to know of a protocol in order to play it: its parts, who may meet, how long things take, and how to see it. */
import type { World } from '../../adapters/sim/index.ts';
import type { Scenario } from '../../effects/scenario.ts';
import type { Budget } from './meter.ts';
import type { Host, WorldSpec } from './spec.ts';

/** All in ms of a clock that runs as the world's. */
export interface Limits {
  /** A machine that is started ends or connects within this time, whatever happens around it. */
  readonly lifeMs: number;
  /** For so long a side may take itself for connected while the other is not, or is with somebody else. */
  readonly aloneMs: number;
  /** From calm on a pair that definitions allow connects within this time, if whoever fails is started anew. */
  readonly joinMs: number;
  /** For so long after a fault a machine may still give up a peer that it has asked in vain since before. Absent: never. */
  readonly lossMs?: number;
  /** Once one side is told to close, both are over. */
  readonly partMs: number;
}

/** How one side stands, as far as can be seen of it. */
export interface Standing {
  /** It takes both directions for proved. */
  readonly isUp: boolean;
  /** Its machine has ended. */
  readonly isOver: boolean;
  /** This side's session and the one it is connected with, where the protocol knows any. */
  readonly self?: string | undefined;
  readonly peer?: string | undefined;
  /** It cannot know that the other is gone: the protocol's own limit. */
  readonly isBlind?: boolean;
  /** It serves whoever comes, for as long as it is let. */
  readonly isServing?: boolean;
}

export interface SwarmCast {
  readonly name: string;
  readonly limits: Limits;
  readonly budget: Budget;
  readonly servers: readonly string[];
  /** One host that asks alone, or two that meet. */
  readonly kind: 'pair' | 'check';
  scenario(spec: WorldSpec): Scenario;
  /** Whether definitions say that this world's pairs meet. */
  mayMeet(spec: WorldSpec): boolean;
  /** Called once for each world, when it has been made and nobody plays yet. */
  enter(w: World, spec: WorldSpec): Company;
}

/** A protocol in one world. */
export interface Company {
  standing(host: Host): Standing;
  /** Whether two that are up are so with each other; else it is told by their sessions. */
  isWith?(host: Host, other: Host): boolean;
  /** A machine of this host has just been started. */
  began?(host: Host): void;
  /** Those who are up say something to each other. */
  speak?(host: Host): void;
  /** How much of what the other said has come to this host. */
  heard?(host: Host): number;
  /** What has come so far that should not have. */
  complaints?(): readonly string[];
  /** The host's user lets go of what its machine has given away. */
  close?(host: Host): void;
  /** It is looked at, several times a second. */
  look?(host: Host): void;
  /** For a check: what is wrong with what it says, now that all is calm. */
  faultsOf?(host: Host): readonly string[];
  /** What else the host has open that is the protocol's user's. Called when all is over. */
  leave?(): void;
}

export function partnerOf(host: Host): Host {
  return PARTNERS[host];
}

const PARTNERS: Readonly<Record<Host, Host>> = { a: 'b', b: 'a', c: 'd', d: 'c' };
