/** Our STUN server over loopback, beside a bare node:dgram socket that answers as many bytes, and beside coturn; and what it keeps in memory. */
import { storm } from '../load/stranger.ts';
import { type StunChild, startStunServer } from '../load/stun-child.ts';
import { plainRequest, stunJunk } from '../load/stun-junk.ts';
import { amount } from './amount.ts';
import { type Coturn, startCoturn } from './coturn.ts';
import { median } from './measure.ts';
import { ANSWER_SIZE, IN_FLIGHT, REQUEST_SIZE, startLoad, type StunLoad } from './stun-load.ts';
import { count, perSecond, type Row } from './table.ts';

const TURNS = 5;
/** Two, or the clients would be slower than the servers. */
const CLIENTS = 2;
const REQUESTS = CLIENTS * amount(40_000);
const COTURN_PORT = 34_780;
const MANY_REQUESTS = CLIENTS * amount(500_000);
const MUCH_JUNK = amount(200_000);

export async function stunServerRows(): Promise<readonly Row[]> {
  const ours = await startStunServer();
  const bare = await startStunServer(new URL('bare-stun-process.ts', import.meta.url));
  const coturn = await startCoturn(COTURN_PORT);
  const load = startLoad(CLIENTS);
  try {
    const rows = await rateRows(load, ours, bare, coturn);
    return [...rows, ...(await memoryRows(load, ours))];
  } finally {
    await load.stop();
    await coturn?.stop();
    await bare.stop();
    await ours.stop();
  }
}

interface Rated {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

async function rateRows(load: StunLoad, ours: StunChild, bare: StunChild, coturn: Coturn | undefined): Promise<readonly Row[]> {
  const turns: { ours: Rated; bare: Rated; coturn: Rated | undefined }[] = [];
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const one = await rated(load, portOf(ours), async () => (await ours.figures()).cpuMs);
    const two = await rated(load, portOf(bare), async () => (await bare.figures()).cpuMs);
    const three = coturn && (await rated(load, coturn.port, async () => coturn.cpuMs()));
    // The first turn warms up.
    if (turn > 0) turns.push({ ours: one, bare: two, coturn: three });
  }
  const row = (what: string, of: (rate: Rated) => number, other: 'bare' | 'coturn', name: string, note: string): Row => {
    const both = turns.flatMap((turn) => (turn[other] ? [{ one: of(turn.ours), two: of(turn[other]) }] : []));
    const figure = perSecond(median(turns.map((turn) => of(turn.ours))));
    if (both.length === 0) return { what, figure, note: `${name}: not installed, or it does not answer` };
    return { what, figure, baseline: { name, figure: perSecond(median(both.map(({ two }) => two))), ratio: median(both.map(({ one, two }) => one / two)) }, note };
  };
  const [core, wall] = ['STUN server: answers, per core of its own', 'STUN server: answers, on this machine'];
  const note = `${REQUEST_SIZE} bytes in, ${ANSWER_SIZE} out`;
  const inFlight = `${IN_FLIGHT} in flight, ${CLIENTS} clients on the same machine`;
  return [
    row(core, ({ perCpuSecond }) => perCpuSecond, 'bare', 'bare node:dgram', note),
    row(wall, (rate) => rate.perSecond, 'bare', 'bare node:dgram', inFlight),
    row(core, ({ perCpuSecond }) => perCpuSecond, 'coturn', 'coturn', note),
    row(wall, (rate) => rate.perSecond, 'coturn', 'coturn', inFlight),
  ];
}

async function rated(load: StunLoad, port: number, cpuMs: () => Promise<number>): Promise<Rated> {
  const before = await cpuMs();
  const { seconds } = await load.ask(port, REQUESTS);
  const cpuSeconds = ((await cpuMs()) - before) / 1000;
  return { perSecond: REQUESTS / seconds, perCpuSecond: REQUESTS / cpuSeconds };
}

async function memoryRows(load: StunLoad, server: StunChild): Promise<readonly Row[]> {
  const marks = [await server.collectedFigures()];
  await load.ask(portOf(server), MANY_REQUESTS);
  marks.push(await server.collectedFigures());
  const strangers = await storm(portOf(server), 16, plainRequest);
  const cpuBefore = (await server.figures()).cpuMs;
  await strangers.send(MUCH_JUNK, (n) => stunJunk(1, n));
  marks.push(await server.collectedFigures());
  strangers.close();
  const junkMs = marks[2]!.cpuMs - cpuBefore;
  const series = (of: (figures: (typeof marks)[number]) => number): string => marks.map((mark) => mib(of(mark))).join(' > ');
  const note = `before > after ${count(MANY_REQUESTS)} requests > after ${count(MUCH_JUNK)} junk datagrams`;
  return [
    { what: 'STUN server: heap', figure: `${series(({ heapBytes }) => heapBytes)} MiB`, note },
    { what: 'STUN server: resident', figure: `${series(({ rssBytes }) => rssBytes)} MiB`, note },
    { what: 'STUN server: junk survived', figure: perSecond((MUCH_JUNK / junkMs) * 1000), note: 'per core of its own' },
  ];
}

function portOf({ opened }: StunChild): number {
  return opened['a1p1']?.port ?? 0;
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
