/** Starts `rendezvous-process.ts`, or another that tells as much of itself, and asks for its figures. */
import { startStunServer, type StunChild, type StunFigures } from './stun-child.ts';

export interface Figures extends StunFigures {
  readonly rooms: number;
  readonly peakRooms: number;
  /** How many rooms there ever were. */
  readonly everOpened: number;
  /** The beginnings of the identifiers of rooms whose peers were introduced. */
  readonly paired: readonly string[];
}

export interface RendezvousChild extends Omit<StunChild<Figures>, 'opened'> {
  readonly port: number;
}

/** `program` may be another that tells where it listens, as `main` or `udp`, and then, for each message, its figures. */
export async function startRendezvous(program = new URL('rendezvous-process.ts', import.meta.url)): Promise<RendezvousChild> {
  const { opened, ...child } = await startStunServer<Figures>(program);
  const port = (opened['main'] ?? opened['udp'])?.port;
  if (port === undefined) throw new Error('the rendezvous does not tell its port');
  return { ...child, port };
}
