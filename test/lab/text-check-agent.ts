/** Runs in a host of the lab, as its agent: the roles of the three-role check on the real sockets of that namespace. */
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { run } from '../../effects/run.ts';
import type { ServerReported } from '../../effects/scenario.ts';
import { textAssist } from '../../machines/nat-check/text-assist.ts';
import type { CheckOutcome } from '../../machines/nat-check/text-check.ts';
import { textClient } from '../../machines/nat-check/text-client.ts';
import { textServer } from '../../machines/nat-check/text-server.ts';
import { textCodec } from '../../machines/nat-check/text.ts';

const clock = nodeClock();

/** Resolves when the server listens, on both of its ports. */
export async function serve(listen: Endpoint): Promise<void> {
  await listening(run(textServer, { net: nodeNet(), codec: textCodec(), clock, id: 's', input: { listen, seed: newSeed() } }).actor, 2);
}

export async function assist(listen: Endpoint, server: Endpoint): Promise<void> {
  await listening(run(textAssist, { net: nodeNet(), codec: textCodec(), clock, id: 'assist', input: { listen, server } }).actor, 1);
}

export async function check(server: Endpoint, assistant: Endpoint): Promise<CheckOutcome> {
  const { actor } = run(textClient, { net: nodeNet(), codec: textCodec(), clock, id: 'a', input: { server, assist: assistant } });
  return new Promise((resolve, reject) => {
    actor.on('outcome', ({ outcome }) => resolve(outcome));
    actor.subscribe({ error: reject });
    actor.start();
  });
}

interface Serving {
  on(type: 'server', handler: (event: ServerReported) => void): unknown;
  subscribe(observer: { complete(): void }): unknown;
  start(): unknown;
}

function listening(actor: Serving, sockets: number): Promise<void> {
  let left = sockets;
  return new Promise((resolve, reject) => {
    actor.on('server', ({ what }) => {
      if (what === 'listening') left -= 1;
      if (left === 0) resolve();
    });
    actor.subscribe({ complete: () => reject(new Error('it ended')) });
    actor.start();
  });
}
