/** Every protocol that the swarm plays. */
import type { SwarmCast } from '../cast.ts';
import type { Drawn } from '../draw.ts';
import { n4 } from './n4.ts';
import { natCheck } from './nat-check.ts';
import { pwnat } from './pwnat.ts';
import { seedUdp } from './seed-udp.ts';
import { stunCheck } from './stun-check.ts';
import { tcpOpen } from './tcp-open.ts';
import { udpPunch } from './udp-punch.ts';

export const CASTS: readonly (SwarmCast & Drawn)[] = [udpPunch, tcpOpen, n4, pwnat, seedUdp, stunCheck, natCheck];

export function castOf(protocol: string, casts: readonly SwarmCast[] = CASTS): SwarmCast {
  const cast = casts.find(({ name }) => name === protocol);
  if (cast === undefined) throw new Error(`no protocol '${protocol}': there are ${casts.map(({ name }) => name).join(', ')}`);
  return cast;
}
