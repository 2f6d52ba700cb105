/** Our n4 server on loopback: pairs served, each two TCP connections and two datagrams, in a process of its own. */
import { Client } from '../load/n4-client.ts';
import { startStunServer } from '../load/stun-child.ts';
import { amount } from './amount.ts';
import { median } from './measure.ts';
import { perSecond, type Row } from './table.ts';

const TURNS = 3;
const PAIRS = amount(300);
const AT_ONCE = 16;

export async function n4ServerRows(): Promise<readonly Row[]> {
  const server = await startStunServer(new URL('../load/n4-process.ts', import.meta.url));
  const port = server.opened['tcp']?.port ?? 0;
  const turns: { perCpuSecond: number; perSecond: number }[] = [];
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const before = await server.figures();
    const started = performance.now();
    await meetAll(port);
    const seconds = (performance.now() - started) / 1000;
    const cpuSeconds = ((await server.figures()).cpuMs - before.cpuMs) / 1000;
    // The first turn warms up.
    if (turn > 0) turns.push({ perCpuSecond: PAIRS / cpuSeconds, perSecond: PAIRS / seconds });
  }
  await server.stop();
  return [
    { what: 'n4 server: pairs joined, per core of its own', figure: perSecond(median(turns.map((turn) => turn.perCpuSecond))), note: 'a pair: 2 connections, 2 datagrams, 4 messages out' },
    { what: 'n4 server: pairs joined, on this machine', figure: perSecond(median(turns.map((turn) => turn.perSecond))), note: `with both peers of each pair on it, ${AT_ONCE} pairs at once` },
  ];
}

async function meetAll(port: number): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < PAIRS; n = next++) {
      const ident = n.toString(36);
      await Promise.all(['127.0.1.1', '127.0.1.2'].map((from) => new Client(port, from, ident).meet()));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
