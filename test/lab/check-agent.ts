/** Runs in a host of the lab, as its agent: the project's own STUN check and STUN server on the real sockets of that namespace. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { record } from '../../adapters/replay/record.ts';
import { redactor } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { run, type Running } from '../../effects/run.ts';
import type { Failed } from '../../machines/outcome.ts';
import { stunClient } from '../../machines/nat-check/stun-client.ts';
import { checkCodec } from '../../machines/nat-check/stun-messages.ts';
import { stunServer, stunServerCodec } from '../../machines/nat-check/stun-server.ts';
import type { Checked } from '../../machines/nat-check/stun-session.ts';

/** What came of one check, as JSON, and how long it took from its start until it had closed its sockets. */
export interface Timed {
  readonly outcome: Checked | Failed;
  readonly elapsedMs: number;
}

const clock = nodeClock();
let server: Running<typeof stunServer> | undefined;
let pending: Running<typeof stunClient> | undefined;

/** Resolves when the server listens. */
export async function serve(listen: Endpoint, alternate?: Endpoint): Promise<void> {
  const input = { listen, ...(alternate ? { alternate } : {}) };
  const running = run(stunServer, { net: nodeNet(), codec: stunServerCodec(), clock, id: 's', input });
  server = running;
  await new Promise<void>((resolve, reject) => {
    running.actor.subscribe({ next: (snapshot) => snapshot.matches('serving') && resolve(), complete: () => reject(new Error('the STUN server ended')) });
    running.actor.start();
  });
}

export async function stopServing(): Promise<void> {
  server?.actor.send({ type: 'close' });
}

/** One check to its end. `log` records it to that file. */
export async function check(servers: readonly Endpoint[], log?: string): Promise<Timed> {
  const input = { servers, seed: newSeed() };
  const plain = { net: nodeNet(), clock };
  if (log !== undefined) writeFileSync(log, '');
  const recording =
    log === undefined
      ? undefined
      : record({
          ...plain,
          write: (line) => appendFileSync(log, `${line}\n`),
          header: { machine: stunClient.id, id: 'a', input },
          redact: redactor(checkCodec(), checkCodec()),
        });
  const { net, clock: timers } = recording ?? plain;
  const running = run(stunClient, { net, clock: timers, codec: checkCodec(), id: 'a', input });
  pending = running;
  const { actor } = running;
  const start = performance.now();
  return new Promise((resolve, reject) => {
    actor.subscribe({
      complete: () => {
        const { output } = actor.getSnapshot();
        if (output === undefined) reject(new Error('the check ended without an outcome'));
        else resolve({ outcome: output, elapsedMs: performance.now() - start });
      },
      error: reject,
    });
    actor.start();
  });
}

/** Starts a check whose outcome is given to nobody. */
export async function beginCheck(servers: readonly Endpoint[]): Promise<void> {
  void check(servers);
}

/** Tells the check that is under way to end. */
export async function closeCheck(): Promise<void> {
  pending?.actor.send({ type: 'close' });
}

/** A check that is told to end in the turn in which it starts. */
export async function cutShort(servers: readonly Endpoint[]): Promise<Timed['outcome']> {
  const ended = check(servers);
  await closeCheck();
  return (await ended).outcome;
}
