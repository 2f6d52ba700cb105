/** How fast a recorded udp-punch session is read, and replayed through the machine. */
import { isBadLog, readLog } from '../../adapters/replay/log.ts';
import { record } from '../../adapters/replay/record.ts';
import { replay } from '../../adapters/replay/replay.ts';
import { world } from '../../adapters/sim/index.ts';
import { redactor } from '../../effects/codec.ts';
import { run } from '../../effects/run.ts';
import { publicPeerCodec } from '../../machines/udp-punch/codec.ts';
import { peerCodec, RENDEZVOUS_PORT, rendezvousCodec, udpPunchPeer, udpPunchRendezvous } from '../../machines/udp-punch/index.ts';
import type { PeerInput } from '../../machines/udp-punch/session.ts';
import { amount } from './amount.ts';
import { rate } from './measure.ts';
import { count, perSecond, type Row } from './table.ts';

const BUDGET_MS = amount(1_000);
/** Ten minutes of keepalives, so that starting the machine weighs little. */
const LASTS_MS = 600_000;
const ROOM = 'a room of the bench';

export function replayRows(): readonly Row[] {
  const lines = recordSession();
  const text = `${lines.join('\n')}\n`;
  const read = rate({ items: lines.length, once: () => void readSession(text) }, BUDGET_MS);
  const replayed = rate({ items: lines.length, once: () => replaySession(text) }, BUDGET_MS);
  return [
    {
      what: 'replay of a recorded peer, lines',
      figure: perSecond(replayed),
      baseline: { name: 'reading the log alone', figure: perSecond(read), ratio: replayed / read },
      note: `${count(lines.length)} lines: a punch and ten minutes of keepalives`,
    },
  ];
}

function recordSession(): readonly string[] {
  const w = world({ a: 'port-restricted', b: 'port-restricted' }, { seed: 1, latencyMs: 20, keep: false });
  const lines: string[] = [];
  const server = { host: w.address('s'), port: RENDEZVOUS_PORT };
  const inputOf = (seed: string): PeerInput => ({ server, seed });
  const recording = record({
    net: w.host('a').net(),
    clock: w.clock,
    write: (line) => void lines.push(line),
    header: { machine: 'udp-punch/peer', input: inputOf('a'), id: 'a' },
    redact: redactor(peerCodec(ROOM), publicPeerCodec()),
  });
  const running = [
    run(udpPunchRendezvous, { net: w.host('s').net(), clock: w.clock, codec: rendezvousCodec('the secret of a test'), id: 's', input: { listen: server, seed: 's' } }),
    run(udpPunchPeer, { net: recording.net, clock: recording.clock, codec: peerCodec(ROOM), id: 'a', input: inputOf('a') }),
    run(udpPunchPeer, { net: w.host('b').net(), clock: w.clock, codec: peerCodec(ROOM), id: 'b', input: inputOf('b') }),
  ];
  for (const { actor } of running) actor.start();
  w.advance(LASTS_MS);
  for (const { stop } of running) stop();
  return lines;
}

function readSession(text: string): void {
  const log = readLog(text);
  if (isBadLog(log)) throw new Error(log.message);
}

function replaySession(text: string): void {
  const difference = replay(text, ({ net, clock, header }) => {
    const running = run(udpPunchPeer, { net, clock, codec: publicPeerCodec(), id: header.id, input: header.input as unknown as PeerInput });
    running.actor.start();
    return { stop: running.stop };
  });
  if (difference) throw new Error(difference.message);
}
