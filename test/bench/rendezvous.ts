/** The rendezvous on loopback: rooms paired, and junk survived, beside a bare node:dgram loop that pairs without checks. */
import { Crowd } from '../load/crowd.ts';
import { anyJunk, JUNK_KINDS, type JunkKind, junk } from '../load/junk.ts';
import { type RendezvousChild, startRendezvous } from '../load/rendezvous-child.ts';
import { type Storm, storm } from '../load/stranger.ts';
import { amount } from './amount.ts';
import { median } from './measure.ts';
import { type Pairing, pairRooms } from './pairing.ts';
import { perSecond, type Row } from './table.ts';

const TURNS = 3;
const ROOMS = amount(3_000);
const JUNK = amount(20_000);
const SURVIVORS = 20;

export async function rendezvousRows(): Promise<readonly Row[]> {
  const ours = await startRendezvous();
  const bare = await startRendezvous(new URL('bare-pairing-process.ts', import.meta.url));
  try {
    return [...(await pairingRows(ours, bare)), ...(await junkRows(ours))];
  } finally {
    await ours.stop();
    await bare.stop();
  }
}

async function pairingRows(ours: RendezvousChild, bare: RendezvousChild): Promise<readonly Row[]> {
  const turns: { one: Pairing; other: Pairing }[] = [];
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const one = await pairRooms(ours, ROOMS, turn * ROOMS);
    const other = await pairRooms(bare, ROOMS, turn * ROOMS);
    // The first turn warms up.
    if (turn > 0) turns.push({ one, other });
  }
  const row = (what: string, of: (pairing: Pairing) => number, note: string): Row => ({
    what,
    figure: perSecond(median(turns.map(({ one }) => of(one)))),
    baseline: {
      name: 'bare node:dgram pairing',
      figure: perSecond(median(turns.map(({ other }) => of(other)))),
      ratio: median(turns.map(({ one, other }) => of(one) / of(other))),
    },
    note,
  });
  return [
    row('rendezvous: rooms paired, per core of its own', (pairing) => pairing.roomsPerCpuSecond, 'a room: 4 datagrams in, 3 out'),
    row('rendezvous: rooms paired, on this machine', (pairing) => pairing.roomsPerSecond, 'with both peers of each room on it'),
  ];
}

async function junkRows(rendezvous: RendezvousChild): Promise<readonly Row[]> {
  const strangers = await storm(rendezvous.port, 16);
  const rows: Row[] = [];
  for (const kind of ['all kinds', ...JUNK_KINDS] as const) {
    const make = (n: number): Uint8Array => (kind === 'all kinds' ? anyJunk(1, n) : junk(kind, kind.length, n));
    rows.push({ what: `rendezvous: junk survived, ${describe(kind)}`, figure: perSecond(await junkRate(rendezvous, strangers, make)), note: 'per core of its own' });
  }
  strangers.close();
  const crowd = new Crowd(rendezvous.port, SURVIVORS);
  await crowd.openRooms();
  await crowd.pair();
  await crowd.close();
  return rows;
}

async function junkRate(rendezvous: RendezvousChild, strangers: Storm, make: (n: number) => Uint8Array): Promise<number> {
  await strangers.send(JUNK / 4, make);
  const before = await rendezvous.figures();
  await strangers.send(JUNK, (n) => make(n + JUNK));
  const { cpuMs } = await rendezvous.figures();
  return (JUNK / (cpuMs - before.cpuMs)) * 1000;
}

function describe(kind: JunkKind | 'all kinds'): string {
  return kind === 'spoofed' ? 'spoofed registrations' : kind;
}
