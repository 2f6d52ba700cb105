/** One process of the swarm: plays every nth world of a seed, and sends what they come to now and then. */
import { CASTS, castOf } from './casts/index.ts';
import { draw } from './draw.ts';
import { play } from './play.ts';
import { count, newTally, type Tally } from './tally.ts';

export interface Share {
  readonly seed: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly protocols: readonly string[];
}

/** Plays them; `tell` hears of about every second's worlds, and is waited for. */
async function playShare({ seed, from, to, step, protocols }: Share, tell: (tally: Tally) => Promise<void>): Promise<void> {
  const drawn = CASTS.filter(({ name }) => protocols.length === 0 || protocols.includes(name));
  let tally = newTally();
  let toldAt = performance.now();
  for (let n = from; n < to; n += step) {
    const spec = draw(drawn, seed, n);
    const before = process.cpuUsage();
    const played = play(spec, castOf(spec.protocol));
    const { user, system } = process.cpuUsage(before);
    count(tally, n, spec, played, (user + system) / 1_000);
    if (performance.now() - toldAt < 1_000) continue;
    await tell(tally);
    tally = newTally();
    toldAt = performance.now();
  }
  await tell(tally);
}

process.once('message', (share: Share) => {
  void playShare(share, (tally) => new Promise((resolve) => void process.send?.(tally, undefined, undefined, () => resolve()))).then(() => process.disconnect());
});
