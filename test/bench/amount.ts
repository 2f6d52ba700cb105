/** How much is measured: all of it, or by `--share` a part, for figures that are rough and a proof that everything can be measured. */
export const SHARE = 'NATPUNCH_BENCH_SHARE';

/** Of so many repetitions, bytes or ms: a whole number, one at least. */
export const amount = (all: number): number => Math.max(1, Math.round(all * Number(process.env[SHARE] ?? 1)));
