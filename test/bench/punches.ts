/** What a punch costs by NAT pair: datagrams of both peers, and round trips until the later one was heard. In the simulator. */
import type { Outcome } from '../../machines/outcome.ts';
import { amount } from './amount.ts';
import { median, percentile } from './measure.ts';
import { countPunch, LATENCY_MS, type Pairing, type Punch } from './punch-world.ts';
import { count, type Row, significant } from './table.ts';

const SEEDS = amount(25);
const LOSSY_WORLDS = amount(1_000);
const LOSS = 0.1;

const PAIRS: readonly Pairing[] = [
  { a: 'open', b: 'open' },
  { a: 'full-cone', b: 'full-cone' },
  { a: 'restricted', b: 'restricted' },
  { a: 'port-restricted', b: 'port-restricted' },
  { a: 'port-restricted+cgn', b: 'port-restricted+cgn' },
  { a: 'port-restricted+linux-open', b: 'port-restricted+linux-open' },
  { a: 'open', b: 'symmetric' },
  { a: 'restricted', b: 'symmetric' },
  { a: 'port-restricted', b: 'symmetric' },
  { a: 'symmetric', b: 'symmetric' },
];

export function punchRows(): readonly Row[] {
  return [...PAIRS.map(row), lossRow({ a: 'port-restricted', b: 'port-restricted' }), lossRow({ a: 'restricted', b: 'symmetric' })];
}

function row(pair: Pairing): Row {
  const punches = Array.from({ length: SEEDS }, (_, seed) => countPunch(pair, { seed: seed + 1 }));
  const packets = punches.map(({ sent }) => [...sent.values()].reduce((sum, n) => sum + n, 0));
  const trips = punches.flatMap(({ outcomes }) => roundTrips(outcomes));
  const figure = trips.length === 0 ? 'no hole' : `${significant(median(trips))} round trips${trips.length < SEEDS ? ` in ${trips.length} of ${SEEDS}` : ''}`;
  return {
    what: `punch ${pair.a} × ${pair.b}`,
    figure: `${figure}, ${median(packets)} packets (max ${Math.max(...packets)})`,
    note: `median punch: ${byType(punches)}`,
  };
}

function lossRow(pair: Pairing): Row {
  const punches = Array.from({ length: LOSSY_WORLDS }, (_, seed) => countPunch(pair, { seed: seed + 1, loss: LOSS }));
  const trips = punches.flatMap(({ outcomes }) => roundTrips(outcomes));
  const packets = punches.map(({ sent }) => [...sent.values()].reduce((sum, n) => sum + n, 0));
  const at = (share: number): string => significant(percentile(trips, share));
  return {
    what: `punch ${pair.a} × ${pair.b}, ${LOSS * 100} % loss`,
    figure: `round trips p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)}`,
    note: `${count(trips.length)} of ${count(LOSSY_WORLDS)} worlds connect; packets p50 ${median(packets)}, max ${Math.max(...packets)}`,
  };
}

/** Of the later peer; none unless both are connected. */
function roundTrips(outcomes: readonly (Outcome | undefined)[]): readonly number[] {
  const times = outcomes.flatMap((outcome) => (outcome?.kind === 'connected' ? [outcome.elapsedMs] : []));
  return times.length === outcomes.length ? [Math.max(...times) / (2 * LATENCY_MS)] : [];
}

function byType(punches: readonly Punch[]): string {
  const types = new Set(punches.flatMap(({ sent }) => [...sent.keys()]));
  return [...types].map((type) => `${median(punches.map(({ sent }) => sent.get(type) ?? 0))} ${type}`).join(', ');
}
