/** One udp-punch session on the simulated internet, and what its two peers sent until both had confirmed it. */
import { tap } from 'rxjs';
import { type World, type WorldOptions, world } from '../../adapters/sim/index.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';

/** One way, between any two hosts: a round trip is twice this. */
export const LATENCY_MS = 20;
/** Five round trips after the later peer was heard: time for its confirmation and for leaving the room. */
const SETTLE_MS = 10 * LATENCY_MS;

export interface Pairing {
  readonly a: string;
  readonly b: string;
}

export interface Punch {
  readonly outcomes: readonly (Outcome | undefined)[];
  /** Datagrams that both peers sent, by type of message. */
  readonly sent: ReadonlyMap<string, number>;
}

/** A whole session, stopped. */
export function playPunch(pair: Pairing, options: WorldOptions): World {
  return world({ ...pair }, { latencyMs: LATENCY_MS, settleMs: SETTLE_MS, keep: false, ...options }).run(udpPunch).stop();
}

export function countPunch(pair: Pairing, options: WorldOptions): Punch {
  const sent = new Map<string, number>();
  const played = playPunch(pair, {
    ...options,
    decorate: (host, { net, clock }, { codec }) => {
      const note = (data: Uint8Array): void => {
        const decoded = codec.decode(data);
        const type = decoded.kind === 'message' ? decoded.message.type : decoded.kind;
        sent.set(type, (sent.get(type) ?? 0) + 1);
      };
      return { clock, net: (effects) => net(host === 's' ? effects : effects.pipe(tap((effect) => effect.type === 'udp.send' && note(effect.data)))) };
    },
  });
  return { outcomes: [played.outcome<Outcome>('a'), played.outcome<Outcome>('b')], sent };
}
