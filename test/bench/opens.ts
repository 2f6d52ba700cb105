/**
 * What a TCP opening costs by NAT pair: round trips until both have agreed, and segments of both peers, in the simulator. And the
 * stream that comes of it on loopback, beside a bare pair of node:net sockets.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { type WorldOptions, world } from '../../adapters/sim/index.ts';
import { formatEndpoint } from '../../effects/endpoint.ts';
import { run } from '../../effects/run.ts';
import { open } from '../../index.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { openRendezvousCodec, tcpOpen, tcpOpenRendezvous } from '../../machines/tcp-open/index.ts';
import { amount } from './amount.ts';
import { median, percentile, processorMs } from './measure.ts';
import { LATENCY_MS, type Pairing } from './punch-world.ts';
import { count, type Row, significant } from './table.ts';

const SEEDS = amount(25);
const LOSSY_WORLDS = amount(500);
const LOSS = 0.1;
const STREAM_BYTES = amount(256) * 1024 * 1024;
const TURNS = 5;

const PAIRS: readonly Pairing[] = [
  { a: 'open', b: 'open' },
  { a: 'restricted', b: 'restricted' },
  { a: 'port-restricted', b: 'port-restricted' },
  { a: 'port-restricted+rst', b: 'port-restricted+rst' },
  { a: 'restricted', b: 'symmetric' },
  { a: 'open', b: 'symmetric+rst' },
];

export async function openRows(): Promise<readonly Row[]> {
  return [...PAIRS.map(row), lossRow({ a: 'port-restricted', b: 'port-restricted' }), await streamRow()];
}

interface Opening {
  /** Of the later peer; undefined unless both have agreed. */
  readonly roundTrips: number | undefined;
  readonly segments: number;
}

function opening(pair: Pairing, options: WorldOptions): Opening {
  const w = world({ ...pair }, { latencyMs: LATENCY_MS, keep: false, ...options });
  let segments = 0;
  w.internet.observe((seen) => {
    if (seen.type === 'sent' && (seen.device === 'a' || seen.device === 'b')) segments += 1;
  });
  w.run(tcpOpen, { settleMs: 0 });
  const times = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')].flatMap((outcome) => (outcome?.kind === 'connected' ? [outcome.elapsedMs] : []));
  w.stop();
  return { segments, roundTrips: times.length === 2 ? Math.max(...times) / (2 * LATENCY_MS) : undefined };
}

function row(pair: Pairing): Row {
  const openings = Array.from({ length: SEEDS }, (_, seed) => opening(pair, { seed: seed + 1 }));
  const trips = openings.flatMap(({ roundTrips }) => roundTrips ?? []);
  const segments = openings.map((one) => one.segments);
  return {
    what: `open ${pair.a} × ${pair.b}`,
    figure: `${significant(median(trips))} round trips, ${median(segments)} segments (max ${Math.max(...segments)})`,
    note: `${trips.length} of ${SEEDS}; 2 are the rendezvous's`,
  };
}

function lossRow(pair: Pairing): Row {
  const openings = Array.from({ length: LOSSY_WORLDS }, (_, seed) => opening(pair, { seed: seed + 1, loss: LOSS }));
  const trips = openings.flatMap(({ roundTrips }) => roundTrips ?? []);
  const at = (share: number): string => significant(percentile(trips, share));
  return {
    what: `open ${pair.a} × ${pair.b}, ${LOSS * 100} % loss`,
    figure: `round trips p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}`,
    note: `${count(trips.length)} of ${count(LOSSY_WORLDS)} worlds connect`,
  };
}

async function streamRow(): Promise<Row> {
  const turns: { ours: number; bare: number }[] = [];
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const ours = await carry(await openedPair());
    const bare = await carry(await barePair());
    // The first turn warms up.
    if (turn > 0) turns.push({ ours, bare });
  }
  return {
    what: 'opened stream: bytes carried',
    figure: gigabits(median(turns.map(({ ours }) => ours))),
    baseline: { name: 'bare node:net', figure: gigabits(median(turns.map(({ bare }) => bare))), ratio: median(turns.map(({ ours, bare }) => ours / bare)) },
    note: `per core, both ends; ${STREAM_BYTES / 2 ** 20} MiB one way on loopback`,
  };
}

type Ends = readonly [from: Duplex, to: Duplex];

async function openedPair(): Promise<Ends> {
  const { actor } = run(tcpOpenRendezvous, { net: nodeNet(), codec: openRendezvousCodec(), clock: nodeClock(), id: 's', input: { listen: { host: '127.0.0.1', port: 0 }, seed: 'bench' } });
  const listening = new Promise<string>((resolve) => actor.on('server', ({ what, local }) => what === 'listening' && local && resolve(formatEndpoint(local))));
  actor.start();
  const server = await listening;
  const [one, other] = await Promise.all([open({ server, room: 'bench' }), open({ server, room: 'bench' })]);
  actor.stop();
  return [one.stream, other.stream];
}

async function barePair(): Promise<Ends> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [socket, accepted];
}

/** Bytes by the second of processor. */
async function carry([from, to]: Ends): Promise<number> {
  const piece = Buffer.alloc(65_536, 7);
  const before = processorMs();
  to.resume();
  const over = once(to, 'end');
  for (let left = STREAM_BYTES; left > 0; left -= piece.length) if (!from.write(piece)) await once(from, 'drain');
  from.end();
  await over;
  const rate = (STREAM_BYTES / (processorMs() - before)) * 1000;
  for (const end of [from, to]) end.destroy();
  return rate;
}

function gigabits(bytesPerSecond: number): string {
  return `${significant((8 * bytesPerSecond) / 1e9)} Gbit/s`;
}
