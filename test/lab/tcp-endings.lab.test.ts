/**
 * TCP opening on the kernel's sockets where somebody is killed or intrudes: whoever is left says what became of it, in time, and
 * holds no socket, by the kernel's own count.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, type TestContext } from 'vitest';
import { type Agent, buildLab, type Lab, type LabSpec } from './lab.ts';
import type { Opened } from './tcp-open-agent.ts';

const AGENT = new URL('tcp-open-agent.ts', import.meta.url);
/** One way between any two. An opening takes 185 ms, the first of a process some more. */
const DELAY_MS = 25;
/** When somebody is killed, ms after both have been told to begin: from before anything is sent until after all is agreed. */
const MOMENTS = [0, 75, 125, 175, 200, 225, 250, 3_000];
/** The longest wait of all: an introduction, 12 s of rounds, and what a busy machine adds. */
const PATIENCE = { timeoutMs: 30_000 };

/** Each takes the next port, too. */
const server = (n = 0): { host: string; port: number } => ({ host: '198.18.0.2', port: 3_478 + 2 * n });
const room = (n: number): string => `room ${n}`;

const SPEC: LabSpec = { a: 'port-restricted', b: 'port-restricted+rst', delayMs: DELAY_MS };

/** A lab of the test's own, and somebody in a. They wait for the most part, so all tests run at once. */
async function standing(spec: LabSpec, { onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<{ readonly lab: Lab; readonly a: Agent }> {
  const lab = await buildLab(spec);
  onTestFinished(() => lab.dispose());
  return { lab, a: await lab.agent('a', AGENT) };
}

/** One process for each moment. */
async function crowd(lab: Lab, host: 'b' | 's'): Promise<readonly Agent[]> {
  const agents: Agent[] = [];
  for (const _ of MOMENTS) agents.push(await lab.agent(host, AGENT));
  return agents;
}

const open = (agent: Agent, n: number, to = server()): Promise<Opened> => agent.call<Opened>('open', [to, room(n)], PATIENCE);

describe.concurrent('somebody is killed', () => {
  test('a peer, at any moment: the other has its answer in time, and no socket', { timeout: 90_000 }, async (context) => {
    const { lab, a } = await standing(SPEC, context);
    const s = await lab.agent('s', AGENT);
    await s.call('serve', [server()]);
    const peers = await crowd(lab, 'b');
    const kinds = await Promise.all(
      peers.map(async (peer, n) => {
        const [ours, theirs] = [open(a, n), open(peer, n)];
        theirs.catch(() => 'it was killed');
        await sleep(MOMENTS[n]);
        await peer.stop();
        const { kind, reason } = await ours;
        if (kind === 'connected') await a.call('drain', [room(n)], PATIENCE);
        return reason ?? kind;
      }),
    );
    expect(kinds.filter((kind) => !['no-peer', 'no-reply', 'peer-lost', 'connected'].includes(kind))).toEqual([]);
    expect([kinds[0], kinds.at(-1)]).toEqual(['no-peer', 'connected']);
    expect(await a.call('held')).toBe(0);
  });

  test('the rendezvous, at any moment: both are told, or both connect, and neither holds a socket', { timeout: 90_000 }, async (context) => {
    const { lab, a } = await standing(SPEC, context);
    const b = await lab.agent('b', AGENT);
    const servers = await crowd(lab, 's');
    await Promise.all(servers.map((one, n) => one.call('serve', [server(n)])));
    const pairs = await Promise.all(
      servers.map(async (one, n) => {
        const both = Promise.all([open(a, n, server(n)), open(b, n, server(n))]);
        await sleep(MOMENTS[n]);
        await one.stop();
        const kinds = (await both).map(({ kind, reason }) => reason ?? kind);
        if (kinds[0] === 'connected') await Promise.all([a, b].map((side) => side.call('drain', [room(n)], PATIENCE)));
        return kinds.join(', ');
      }),
    );
    expect(pairs.filter((kinds) => !['no-rendezvous, no-rendezvous', 'connected, connected'].includes(kinds))).toEqual([]);
    expect([pairs[0], pairs.at(-1)]).toEqual(['no-rendezvous, no-rendezvous', 'connected, connected']);
    expect(await Promise.all([a.call('held'), b.call('held')])).toEqual([0, 0]);
  });
});

test.concurrent('a stranger who calls the listening port hears nothing, and is refused once the two have met', async (context) => {
  const { lab, a } = await standing({ a: 'open', b: 'port-restricted', delayMs: DELAY_MS }, context);
  const [b, s, stranger] = [await lab.agent('b', AGENT), await lab.agent('s', AGENT), await lab.agent('s', AGENT)];
  await s.call('serve', [server()]);
  const pair = Promise.all([a.call<Opened>('open', [server(), 'r'], PATIENCE), b.call<Opened>('open', [server(), 'r', 4_500], PATIENCE)]);
  const port = await a.call<number>('listeningPort');
  const at = { host: '198.18.1.2', port };
  const knocks = await Promise.all(['', 'GET / HTTP/1.1\r\n\r\n'].map((words) => stranger.call('knock', [at, words], PATIENCE)));
  // Whoever has said something is reset, since nobody reads it; whoever is silent is ended.
  expect(knocks).toEqual([['connected', 'ended'], ['connected', expect.stringMatching(/^(ended|ECONNRESET)$/)]]);
  expect(await pair).toMatchObject([{ kind: 'connected' }, { kind: 'connected' }]);
  expect(await stranger.call('knock', [at, ''])).toEqual(['ECONNREFUSED']);
  await Promise.all([a, b].map((side) => side.call('drain', ['r'])));
  expect(await Promise.all([a.call('held'), b.call('held')])).toEqual([0, 0]);
});
