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
 * A row of `width` consecutive ports starts after a Poisson number of others, of mean `foreign`; the chance that one of
 * `offsets` is in it. Offset 0 is the port after the last known one.
 */
export function rowMet(foreign: number, width: number, offsets: readonly number[]): number {
  // Farther off lies nothing that counts.
  const [least, most] = [Math.floor(foreign - 12 * Math.sqrt(foreign)) - 12, foreign + 12 * Math.sqrt(foreign) + 20];
  let [chance, next] = [0, 0];
  for (const offset of offsets.toSorted((one, other) => one - other)) {
    for (let start = Math.max(next, offset - width + 1, least); start <= Math.min(offset, most); start += 1) chance += poisson(start, foreign);
    next = Math.max(next, offset + 1);
  }
  return Math.min(1, chance);
}

/** Ports after the last known one, 0 for the next: the middle of where the row will lie. */
export function aimAt(foreign: number, width: number): number {
  return Math.round(foreign) + Math.floor((width - 1) / 2);
}

export function poisson(count: number, mean: number): number {
  if (mean === 0) return count === 0 ? 1 : 0;
  return Math.exp(count * Math.log(mean) - mean - logFactorial(count));
}

/** Stirling's series, exact to ten digits from 10 on. */
function logFactorial(n: number): number {
  if (n >= 10) return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
  let sum = 0;
  for (let i = 2; i <= n; i += 1) sum += Math.log(i);
  return sum;
}
