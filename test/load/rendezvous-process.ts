/**
 * A rendezvous in a process of its own, so that what it needs of memory and processor can be told. Started by
 * `startRendezvous` of rendezvous-child.ts with --expose-gc; answers each message of its parent with its figures.
 */
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { run } from '../../effects/run.ts';
import { rendezvousCodec, udpPunchRendezvous } from '../../machines/udp-punch/index.ts';
import type { Figures } from './rendezvous-child.ts';
import { startTelling } from './tell-figures.ts';

const { actor } = run(udpPunchRendezvous, {
  net: nodeNet(),
  codec: rendezvousCodec('the secret of a test'),
  clock: nodeClock(),
  id: 's',
  input: { listen: { host: '127.0.0.1', port: 0 }, seed: newSeed() },
});

let everOpened = 0;
let peakRooms = 0;
const paired = new Set<string>();

actor.on('server', ({ what, room }) => {
  if (what === 'paired' && room !== undefined) paired.add(room);
  if (what === 'room-opened') {
    everOpened += 1;
    peakRooms = Math.max(peakRooms, actor.getSnapshot().context.memory.rooms.size);
  }
});
startTelling<Figures>(actor, () => ({ rooms: actor.getSnapshot().context.memory.rooms.size, peakRooms, everOpened, paired: [...paired] }));
