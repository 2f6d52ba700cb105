/** Runs in a host of the lab, as its agent: the part that a protocol's cast gives this host, on the real sockets of that namespace. */
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { run } from '../../effects/run.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { n4 } from '../../machines/n4/index.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { pwnat } from '../../machines/pwnat/index.ts';
import { seedUdp } from '../../machines/seed-udp/index.ts';

const CASTS: readonly Scenario[] = [n4, seedUdp, pwnat];
/** As the lab lays them out. */
const ADDRESSES: Readonly<Record<string, string>> = { s: '198.18.0.2', a: '198.18.1.2', b: '198.18.2.2' };

const clock = nodeClock();
const playing = new Map<string, () => void>();

/** Takes up this host's part. Resolves to whether it connected, at the latest after `patienceMs`; it goes on until `rest`. */
export async function play(cast: string, host: string, patienceMs: number): Promise<boolean> {
  const running = start(cast, host);
  return new Promise((resolve) => {
    const late = clock.setTimeout(() => resolve(false), patienceMs);
    const told = (isConnected: boolean): void => {
      clock.clearTimeout(late);
      resolve(isConnected);
    };
    running.actor.on('outcome', ({ outcome }: { readonly outcome: Outcome }) => told(outcome.kind === 'connected'));
    running.actor.start();
  });
}

/** Takes up a server's part; resolves when all its sockets are open. */
export async function serve(cast: string, host: string, sockets: number): Promise<void> {
  const running = start(cast, host);
  await new Promise<void>((resolve, reject) => {
    let open = 0;
    running.actor.on('server', ({ what }: { readonly what: string }) => {
      if (what === 'listening') open += 1;
      if (open === sockets) resolve();
    });
    running.actor.subscribe({ complete: () => reject(new Error(`the server of ${cast} ended`)) });
    running.actor.start();
  });
}

/** Ends every part of this host. */
export async function rest(): Promise<void> {
  for (const stop of playing.values()) stop();
  playing.clear();
}

function start(cast: string, host: string): ReturnType<typeof run> {
  const part = CASTS.find(({ name }) => name === cast)?.part(host, { seed: newSeed(), address: (name) => ADDRESSES[name] ?? '' });
  if (!part) throw new Error(`host ${host} plays no part in ${cast}`);
  const running = run(part.machine, { net: nodeNet(), clock, codec: part.codec, id: host, input: part.input });
  playing.set(cast, running.stop);
  return running;
}
