/** What helpers of tests leave open: `clear.ts` clears it away behind each file. A helper's own `afterAll` would see the first file only, since modules are loaded once for all. */
const left = new Set<() => void | Promise<void>>();

/** `clear` is called behind the file that runs, once. */
export function leave(clear: () => void | Promise<void>): void {
  left.add(clear);
}

export async function clearAll(): Promise<void> {
  const all = [...left];
  left.clear();
  await Promise.all(all.map((clear) => clear()));
}
