/** The arithmetic of sweeps (closed forms): how likely ports meet that nobody could be told. Pure. */

/**
 * `k` ports held by one side, `n` different ports tried by the other, both at random of `ports`: the chance that at least one
 * is both. Hypergeometric: 1 - C(ports - k, n) / C(ports, n).
 */
export function birthday(k: number, n: number, ports: number): number {
  if (k + n > ports) return 1;
  let logMiss = 0;
  for (let i = 0; i < n; i += 1) logMiss += Math.log1p(-k / (ports - i));
  return 1 - Math.exp(logMiss);
}

/** The fewest packets for these odds, as many ports held as tried; at most `limit` of each. */
export function birthdaySize(odds: number, ports: number, limit: number): number {
  let [least, most] = [1, limit];
  while (least < most) {
    const size = (least + most) >> 1;
    if (birthday(size, size, ports) < odds) least = size + 1;
    else most = size;
  }
  return least;
}

/** Both sides draw a port for each destination: many sockets on each side, all to one port of the other. (n / ports)(m / ports). */
export function bothAtRandom(n: number, m: number, ports: number): number {
  return (n / ports) * (m / ports);
}

/**
 * The chance that the port aimed at is among `width` consecutive ones, when others take a Poisson number of them, of mean
 * `foreign`, before the first, and the aim is the middle.
 */
export function aimed(foreign: number, width: number): number {
  const aim = aimAt(foreign, width);
  let chance = 0;
  for (let taken = Math.max(0, aim - width + 1); taken <= aim; taken += 1) chance += poisson(taken, foreign);
  return Math.min(1, chance);
}

/** Ports after the last known one, 0 for the next: the middle of where the sweep will lie. */
export function aimAt(foreign: number, width: number): number {
  return Math.round(foreign) + Math.floor((width - 1) / 2);
}

function poisson(count: number, mean: number): number {
  if (mean === 0) return count === 0 ? 1 : 0;
  let logFactorial = 0;
  for (let i = 2; i <= count; i += 1) logFactorial += Math.log(i);
  return Math.exp(count * Math.log(mean) - mean - logFactorial);
}
