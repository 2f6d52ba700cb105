/** `--trace` of a command, in its own process: what is watched, what is written, and where watching ends. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { world } from '../../adapters/sim/index.ts';
import { beginInspection, type Inspection } from '../../cli/inspector/inspection.ts';
import { isBadTrace, readTrace } from '../../cli/inspector/trace/format.ts';
import { run } from '../../effects/run.ts';
import { peerCodec, udpPunch } from '../../machines/udp-punch/index.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'natpunch-inspection-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

async function inspected(origin: 'live' | 'log', act: (inspection: Inspection) => void) {
  const file = join(FOLDER, origin);
  const inspection = (await beginInspection({ trace: file }, 'a command', origin))!;
  act(inspection);
  inspection.end();
  const trace = readTrace(readFileSync(file, 'utf8'));
  if (isBadTrace(trace)) throw new Error(trace.message);
  return trace;
}

test('a machine that cannot be recorded is watched all the same, and a log played again has no time of day', async () => {
  const door = createMachine({ id: 'door', initial: 'shut', states: { shut: {} } });
  const { header, events } = await inspected('log', () => {
    const w = world({ a: 'open' });
    const running = run(door, { net: w.host('a').net(), clock: w.clock, codec: peerCodec('a room'), id: 'door', input: {} });
    running.actor.start();
    running.stop();
  });
  expect(header).toEqual({ format: 'natpunch-trace/1', title: 'a command', origin: 'log' });
  expect(events.find(({ kind }) => kind === 'snapshot')).toMatchObject({ actor: 'door', value: 'shut' });
});

test('of a grid that plays on and on the first worlds are watched', async () => {
  const trace = await inspected('live', ({ runs }) => {
    for (let seed = 0; seed < 70; seed += 1) world({ a: 'open', b: { behind: 'a' } }, { seed, maxMs: 5 }).run(udpPunch).stop();
    expect(runs.all.length).toBe(64);
  });
  expect(trace.header).toMatchObject({ title: 'udp: open, seed 0', origin: 'sim' });
});
