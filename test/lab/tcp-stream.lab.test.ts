/** What passes through an opened connection between real NATs: everything, both ways at once, at the reader's pace. Needs a minute. */
import { expect, test } from 'vitest';
import { type Agent, buildLab } from './lab.ts';

const SERVER = { host: '198.18.0.2', port: 3478 };
const AGENT = new URL('tcp-open-agent.ts', import.meta.url);
const MIB = 1024 * 1024;

async function opened<T>(use: (a: Agent, b: Agent) => Promise<T>): Promise<T> {
  const lab = await buildLab({ a: 'port-restricted', b: 'port-restricted' });
  try {
    const [a, b, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT), lab.agent('s', AGENT)]);
    await s.call('serve', [SERVER]);
    await Promise.all([a, b].map(async (agent) => expect(await agent.call('open', [SERVER, 'r'])).toMatchObject({ kind: 'connected' })));
    return await use(a, b);
  } finally {
    await lab.dispose();
  }
}

interface Exchanged {
  readonly sent: string;
  readonly got: string;
  readonly length: number;
}

test('100 MB each way at once arrive with the same hash', async () => {
  const [a, b] = await opened((one, other) =>
    Promise.all([one, other].map((agent, n) => agent.call<Exchanged>('exchange', ['r', n + 1, 100_000_000], { timeoutMs: 60_000 }))),
  );
  expect([a?.got, a?.length]).toEqual([b?.sent, 100_000_000]);
  expect([b?.got, b?.length]).toEqual([a?.sent, 100_000_000]);
});

test('a reader that does not read stops the writer, and neither process grows', async () => {
  const [writer, grownReader] = await opened((one, other) =>
    Promise.all([one.call<{ readonly written: number; readonly grown: number }>('fill', ['r', 1_000]), other.call<number>('idle', ['r', 2_000])]),
  );
  expect(writer.written).toBeLessThan(32 * MIB);
  expect([writer.grown < 32 * MIB, grownReader < 32 * MIB]).toEqual([true, true]);
});
