/** What a pure `transition()` asks of the world, read from its actions: net commands, emitted events, timers. Runs nothing. */
import type { NetCommand } from '../../effects/net-actor.ts';

export interface Effects<M extends { readonly type: string }> {
  /** In the order in which they leave. */
  readonly net: readonly NetCommand<M>[];
  readonly emitted: readonly { readonly type: string }[];
  readonly set: readonly Timer[];
  /** Names of timers that were set before and are not wanted any more. */
  readonly cancelled: readonly string[];
}

/** A delayed transition: its event is its identity. */
export interface Timer {
  readonly event: string;
  readonly delayMs: number;
}

/** As `transition()` and `initialTransition()` return them. */
export interface ActionSeen {
  readonly type: string;
  readonly params: unknown;
}

export function effectsOf<M extends { readonly type: string }>(actions: readonly ActionSeen[]): Effects<M> {
  const net: NetCommand<M>[] = [];
  const emitted: { readonly type: string }[] = [];
  let set: Timer[] = [];
  const cancelled: string[] = [];
  for (const { type, params } of actions) {
    if (type === 'xstate.sendTo') {
      const { targetId, event } = params as { targetId: string; event: NetCommand<M> };
      if (targetId !== 'net') throw new Error(`an effect for '${targetId}', which is not the port`);
      net.push(event);
    } else if (type === 'xstate.raise') {
      const { event, delay } = params as { event: { type: string }; delay?: number };
      if (delay === undefined) throw new Error(`'${event.type}' is raised without a delay`);
      set.push({ event: event.type, delayMs: delay });
    } else if (type === 'xstate.cancel') {
      const { sendId } = params as { sendId: string };
      cancelled.push(sendId);
      set = set.filter(({ event }) => event !== sendId);
    } else if (type === 'xstate.emit') {
      emitted.push((params as { event: { type: string } }).event);
    } else if (type !== 'xstate.spawnChild' && type !== 'xstate.stopChild') {
      throw new Error(`an impure action: ${type}`);
    }
  }
  return { net, emitted, set, cancelled };
}
