/** Records one session of the gossip machine, and replays what was recorded. */
import type { BadLog } from '../../adapters/replay/log.ts';
import { record } from '../../adapters/replay/record.ts';
import { type Divergence, replay } from '../../adapters/replay/replay.ts';
import { redactor } from '../../effects/codec.ts';
import { run } from '../../effects/run.ts';
import { fakeClock } from './fake-clock.ts';
import { type GossipInput, gossip, gossipCodec, gossipNet } from './gossip.ts';

export const SECRET = 'hunter2-is-the-key';
export const PAYLOAD = 'PRIVATE payload';

const open = gossipCodec('open');
const secret = gossipCodec(SECRET);
const INPUT: GossipInput = { server: '203.0.113.9:3478', tries: 5 };

export interface SessionOptions {
  /** Ms of virtual time before the application closes, or the process is killed. */
  readonly lastsMs?: number;
  readonly killed?: boolean;
  readonly atOnce?: boolean;
}

/** The lines of a session, header first. */
export function recordSession({ lastsMs = 1_500, killed = false, atOnce = false }: SessionOptions = {}): string[] {
  const lines: string[] = [];
  const clock = fakeClock();
  const recording = record({
    net: gossipNet({ clock, codec: secret, atOnce }),
    clock,
    write: (line) => lines.push(line),
    header: { machine: 'gossip', input: INPUT, id: 'a', note: 'a test' },
    redact: redactor(secret, open),
  });
  const running = run(gossip, { ...recording, codec: secret, input: INPUT, id: 'a' });
  running.actor.start();
  clock.runTo(lastsMs / 2);
  running.send(new TextEncoder().encode(PAYLOAD));
  clock.runTo(lastsMs);
  if (killed) return lines;
  recording.told({ type: 'close' });
  running.actor.send({ type: 'close' });
  return lines;
}

/** The lines as if written by hand: free to be changed. */
export function withoutSums(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/,"sum":"[0-9a-f]{8}"\}$/, '}'));
}

export function replayLines(lines: readonly string[]): Divergence | BadLog | undefined {
  return replayText(`${lines.join('\n')}\n`);
}

export function replayText(text: string): Divergence | BadLog | undefined {
  return replay(text, ({ net, clock, header }) => {
    const input = header.input as unknown as GossipInput;
    const running = run(gossip, { net, clock, codec: open, input, id: header.id });
    running.actor.start();
    return { stop: running.stop, tell: (event) => running.actor.send(event as { type: 'close' }) };
  });
}
