/** The server's side of stun-child.ts: tells where it listens, and then its figures whenever it is asked. */
import type { Actor, AnyStateMachine } from 'xstate';
import type { FromStunServer, StunFigures, ToStunServer } from './stun-child.ts';

/** Starts a server, of `serverMachine`, and tells of it; `more`: what it tells of itself besides. The process ends with its parent. */
export function startTelling<F extends StunFigures>(actor: Actor<AnyStateMachine>, more: () => Omit<F, keyof StunFigures>): void {
  let isServing = false;
  actor.subscribe((snapshot) => {
    if (!snapshot.matches('serving') || isServing) return;
    isServing = true;
    tell({ opened: snapshot.context.opened });
  });
  actor.start();
  process.on('message', (question: ToStunServer) => {
    if (question === 'collected figures') globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    tell({ heapBytes: heapUsed, rssBytes: rss, cpuMs: (user + system) / 1000, ...more() });
  });
  process.on('disconnect', () => process.exit());
}

function tell(message: FromStunServer): void {
  process.send?.(message);
}
