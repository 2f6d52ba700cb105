/**
 * stdin → peer and peer → stdout, as one stream each way. Each direction ends by itself, and whoever is slow slows the other side
 * down, so that nothing is lost and nothing piles up.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Ending } from '../machines/connection.ts';
import { failed } from '../machines/outcome.ts';

/**
 * Ends when both directions have ended, or when stdout is gone. A terminal has no end of its own that anybody would wait for:
 * there the peer's end is ours.
 */
export async function pipeStream(stream: Socket): Promise<Ending> {
  const { stdin, stdout } = process;
  let failure: Error | undefined;
  let endedFirst: 'us' | 'peer' = 'us';
  stream.on('error', (error) => (failure = error));
  stdout.on('error', () => stream.destroy());
  stdin.on('error', () => stream.end());
  stream.on('end', () => {
    if (!stream.writableEnded) endedFirst = 'peer';
    if (stdin.isTTY) stream.end();
  });
  const closed = new Promise((resolve) => stream.on('close', resolve));
  stdin.pipe(stream);
  stream.pipe(stdout, { end: false });
  await closed;
  stdin.unpipe(stream);
  stdin.destroy();
  return failure ? { by: 'failure', failure: failed('peer-lost', `The connection broke: ${failure.message}.`) } : { by: endedFirst };
}

/** Interrupted: what has not been said to its end must not look to the peer as if it had. On a terminal nothing is cut short. */
export function breakOff(stream: Socket): void {
  if (process.stdin.isTTY || stream.writableFinished) stream.destroy();
  else stream.resetAndDestroy();
}

/** For whoever wanted the connection only to see that it stands: ends it, and waits for a moment for the peer to do so too. */
export async function endStream(stream: Socket): Promise<void> {
  stream.on('error', () => undefined);
  const timer = setTimeout(() => stream.destroy(), END_MS);
  const closed = once(stream, 'close');
  stream.resume().end();
  await closed;
  clearTimeout(timer);
}

/** A guess: long round trips, and a lost FIN. */
const END_MS = 1_000;
