/** How many whole udp-punch sessions one core simulates: a world, two NATs, a rendezvous, two peers, both confirmed. */
import { record } from '../../adapters/replay/record.ts';
import type { WorldOptions } from '../../adapters/sim/index.ts';
import { amount } from './amount.ts';
import { inTurns, type Rates, type Work } from './measure.ts';
import { LATENCY_MS, playPunch } from './punch-world.ts';
import { perSecond, type Row } from './table.ts';

const BUDGET_MS = amount(7_500);
const PAIR = { a: 'port-restricted', b: 'port-restricted' };

export function sessionRows(): readonly Row[] {
  const [bare, journal, recorded] = inTurns([session({}), session({ keep: true }), session({ decorate: recording })], BUDGET_MS) as [Rates, Rates, Rates];
  const row = (what: string, { ours, baseline, ratio }: Rates, note: string): Row => ({
    what,
    figure: perSecond(ours),
    baseline: { name: 'nothing kept', figure: perSecond(baseline), ratio },
    note,
  });
  return [
    { what: 'simulated sessions, port-restricted × port-restricted', figure: perSecond(bare.ours), note: `per core; ${LATENCY_MS} ms one way; keep: false` },
    row('… keeping and printing the trace', journal, 'keep: true and trace()'),
    row('… recording all three hosts as JSON lines', recorded, 'record() of adapters/replay'),
  ];
}

function session(options: WorldOptions): Work {
  let seed = 0;
  const once = (): void => {
    seed += 1;
    const played = playPunch(PAIR, { ...options, seed });
    if (options.keep) played.trace();
    if (played.outcome<{ kind: string }>('a')?.kind !== 'connected') throw new Error(`seed ${seed} did not connect`);
  };
  return { items: 1, once };
}

const recording: NonNullable<WorldOptions['decorate']> = (host, { net, clock }, { input }) => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return record({ net, clock, write, header: { machine: 'udp-punch', input, id: host }, redact: (data) => data });
};
