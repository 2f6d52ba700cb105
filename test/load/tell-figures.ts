/** The server's side of stun-child.ts: tells where it listens, and then its figures whenever it is asked. */
import type { FromStunServer, ToStunServer } from './stun-child.ts';

/** What is open, by label, once it serves. */
export function tellOpened(opened: Extract<FromStunServer, { opened: unknown }>['opened']): void {
  tell({ opened });
}

/** To be called once. The process ends with its parent. */
export function tellFigures(): void {
  process.on('message', (question: ToStunServer) => {
    if (question === 'collected figures') globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    tell({ heapBytes: heapUsed, rssBytes: rss, cpuMs: (user + system) / 1000 });
  });
  process.on('disconnect', () => process.exit());
}

function tell(message: FromStunServer): void {
  process.send?.(message);
}
