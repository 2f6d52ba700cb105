/** What a process that is killed leaves of --trace and --record, and what `natpunch inspect` makes of a file that stops in the middle. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isBadTrace, readTrace } from '../../cli/inspector/trace/format.ts';
import type { Trace } from '../../cli/inspector/trace/trace.ts';
import { DEADLINE_MS, natpunch, natpunchEnds, scratchFolder, served } from '../cli/command.ts';
import { ofKind } from './traced.ts';

const timeout = 2 * DEADLINE_MS;
const REST = 'what wrote it was killed, or still runs. What stands there is shown';

test.concurrent('a process that is killed leaves what had happened, and inspect says where it stops', { timeout }, async ({ expect }) => {
  const folder = scratchFolder();
  const [file, log] = [join(folder, 'trace'), join(folder, 'log')];
  const { address } = await served('rendezvous');
  const peer = natpunch(['udp', '--server', address, '--room', 'a room', '--trace', file, '--record', log], { input: 'open' });
  await peer.seen('stderr', /^registered as/m);
  // What the command said just now is in the file soon after.
  const hasHeard = (): boolean => ofKind(traceOf(readFileSync(file, 'utf8')), 'heard').some(({ message }) => message?.['type'] === 'mapped');
  await expect.poll(hasHeard, { timeout: DEADLINE_MS }).toBe(true);
  peer.signal('SIGKILL');
  expect((await peer.ended).code).toBe(null);

  const text = readFileSync(file, 'utf8');
  const whole = traceOf(text);
  expect(text.endsWith('\n')).toBe(true);
  expect(whole.header.cut).toBe(`stops after line ${text.split('\n').length - 1}`);
  expect(whole.events.map(({ n }) => n)).toEqual(whole.events.map((_, index) => index));

  // As where the disk was full: in the middle of a line.
  const lines = text.trimEnd().split('\n').length;
  writeFileSync(file, text.trimEnd().slice(0, -9));
  const shown = await natpunchEnds('inspect', file, '--export', 'trace');
  expect(shown).toMatchObject({ code: 0, stderr: `natpunch: ${file} is cut off in its last line, ${lines}: ${REST}\n` });
  expect(traceOf(shown.stdout).events).toEqual(whole.events.slice(0, -1));

  const recorded = readFileSync(log, 'utf8');
  expect(recorded.endsWith('\n')).toBe(true);
  writeFileSync(log, recorded.trimEnd().slice(0, -9));
  const { code, stdout, stderr } = await natpunchEnds('inspect', log, '--export', 'trace');
  expect({ code, stderr }).toEqual({ code: 0, stderr: `natpunch: ${log} is cut off in its last line, ${recorded.trimEnd().split('\n').length}: ${REST}\n` });
  expect(ofKind(traceOf(stdout), 'heard').length).toBeGreaterThan(0);
});

test.concurrent('at Ctrl-C a trace is ended like any other', { timeout }, async () => {
  const file = join(scratchFolder(), 'trace');
  const server = await served('rendezvous', '--trace', file);
  server.signal('SIGINT');
  expect((await server.ended).code).toBe(0);
  expect(traceOf(readFileSync(file, 'utf8')).header.cut).toBe(undefined);
});

function traceOf(text: string): Trace {
  const trace = readTrace(text);
  if (isBadTrace(trace)) throw new Error(trace.message);
  return trace;
}
