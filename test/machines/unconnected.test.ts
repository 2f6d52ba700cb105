/** A machine that nobody has given a network. */
import { expect, test } from 'vitest';
import { createActor } from 'xstate';
import { udpPunchPeer } from '../../machines/udp-punch/index.ts';

test('a machine that is started without run() says what it lacks', () => {
  const actor = createActor(udpPunchPeer, { input: { server: { host: '192.0.2.1', port: 1 }, seed: 's' } });
  const failures: unknown[] = [];
  actor.subscribe({ error: (error) => failures.push(error) });
  actor.start();
  expect(failures).toEqual([new Error('This machine has no network: start it with run() of effects/run.ts.')]);
});
