/** --inspect, --trace and --stately on the command line, and natpunch inspect: what is printed, served and written, and how it ends. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWebSocketInspector } from '@statelyai/inspect';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createActor, createMachine } from 'xstate';
import { isBadTrace, readTrace } from '../../cli/inspector/trace/format.ts';
import type { Trace } from '../../cli/inspector/trace/trace.ts';
import { DEADLINE_MS, natpunch, natpunchEnds, scratchFolder, served } from '../cli/command.ts';
import { ofKind } from './traced.ts';

const timeout = 2 * DEADLINE_MS;
const SIM = ['sim', 'udp', '--a', 'symmetric', '--b', 'restricted'];
const LOGS = join(import.meta.dirname, '../traces');

test.concurrent('sim --inspect prints its story as ever, says where the page is, and shows the run until Ctrl-C', { timeout }, async () => {
  const shown = natpunch([...SIM, '--inspect']);
  const [, url = ''] = await shown.seen('stderr', /^inspector: (http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/)$/m);
  await shown.seen('stderr', /^the inspector stays until Ctrl-C$/m);
  expect(await (await fetch(url)).text()).toContain('<script');
  expect(await (await fetch(`${url}runs`)).json()).toEqual([{ id: '1', title: 'udp: symmetric × restricted, seed 1', isDone: true }]);
  const trace = traceOf(await (await fetch(`${url}runs/1`)).text());
  expect(ofKind(trace, 'outcome').map(({ actor, verdict }) => [actor, verdict]).toSorted()).toEqual([['a', 'connected'], ['b', 'connected']]);
  shown.signal('SIGINT');
  const { code, stdout } = await shown.ended;
  const { stdout: plain } = await natpunchEnds(...SIM);
  expect({ code, stdout }).toEqual({ code: 0, stdout: plain });
});

test.concurrent('a run that failed keeps its exit code, however long one looks', { timeout }, async () => {
  const shown = natpunch(['sim', 'udp', '--a', 'symmetric', '--b', 'symmetric', '--inspect', '--json']);
  await shown.seen('stderr', /^\{"status":"inspector","message":"inspector: http.*","url":"http.*"\}$/m);
  await shown.seen('stderr', /stays until/);
  shown.signal('SIGTERM');
  expect((await shown.ended).code).toBe(1);
});

test.concurrent('a live server is watched while it serves, and both peers that it pairs', { timeout }, async () => {
  const folder = scratchFolder();
  const server = await served('rendezvous', '--inspect', '--json');
  const [, url = ''] = await server.seen('stderr', /"url":"([^"]+)"/);
  const peers = ['a', 'b'].map((name) => natpunch(['udp', '--server', server.address, '--room', 'the secret room', '--once', '--trace', join(folder, name)]));
  for (const peer of peers) expect((await peer.ended).code).toBe(0);
  const trace = traceOf(await (await fetch(`${url}runs/1`)).text());
  expect(ofKind(trace, 'note').map(({ fields }) => fields['what'])).toEqual(expect.arrayContaining(['room-opened', 'paired']));
  server.signal('SIGINT');
  // What ended the command ends the page with it.
  expect((await server.ended).code).toBe(0);
  for (const name of ['a', 'b']) {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(ofKind(traceOf(text), 'outcome')).toMatchObject([{ actor: 'peer', verdict: 'connected', good: true }]);
    expect(text).not.toContain('secret');
    expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  }
});

test.concurrent('a port that is taken, and a file that cannot be, end the command before it begins', { timeout }, async () => {
  const first = natpunch(['inspect']);
  const [, port = ''] = await first.seen('stderr', /127\.0\.0\.1:(\d+)/);
  expect(await natpunchEnds(...SIM, '--inspect', port)).toEqual({ code: 3, stdout: '', stderr: `natpunch: cannot serve the inspector: port ${port} is taken. Name another port, or none for any\n` });
  expect(await natpunchEnds(...SIM, '--trace', '/nowhere/at/all')).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/^natpunch: cannot write the trace \/nowhere\/at\/all: .* Choose another file with --trace\n$/) });
  first.signal('SIGINT');
  expect((await first.ended).code).toBe(0);
});

test.concurrent('a recording is refolded and shown; without a file the page is served for its playground', { timeout }, async () => {
  const log = readdirSync(LOGS).find((name) => name.startsWith('udp-punch_')) ?? '';
  const [withLog, without] = [natpunch(['inspect', join(LOGS, log)]), natpunch(['inspect'])];
  const [, url = ''] = await withLog.seen('stderr', /^inspector: (\S+)$/m);
  const [, playground = ''] = await without.seen('stderr', /^inspector: (\S+)$/m);
  const trace = traceOf(await (await fetch(`${url}runs/1`)).text());
  expect([ofKind(trace, 'machine').length, ofKind(trace, 'snapshot').length > 3, ofKind(trace, 'outcome').length > 0]).toEqual([1, true, true]);
  expect([(await fetch(playground)).status, await (await fetch(`${playground}runs`)).json()]).toEqual([200, []]);
  for (const shown of [withLog, without]) {
    shown.signal('SIGINT');
    expect((await shown.ended).code).toBe(0);
  }
});

test.concurrent('two traces are two runs, and a file that is neither is refused with its line', { timeout }, async () => {
  const folder = scratchFolder();
  for (const seed of ['1', '2']) expect((await natpunchEnds(...SIM, '--seed', seed, '--trace', join(folder, seed))).code).toBe(0);
  const shown = natpunch(['inspect', join(folder, '1'), join(folder, '2')]);
  const [, url = ''] = await shown.seen('stderr', /^inspector: (\S+)$/m);
  expect(await (await fetch(`${url}runs`)).json()).toMatchObject([{ title: 'udp: symmetric × restricted, seed 1' }, { title: 'udp: symmetric × restricted, seed 2' }]);
  shown.signal('SIGINT');
  writeFileSync(join(folder, 'broken'), readFileSync(join(folder, '1'), 'utf8').replace('"n":5', '"n":3'));
  expect(await natpunchEnds('inspect', join(folder, 'broken'))).toMatchObject({ code: 1, stderr: expect.stringMatching(/broken, line 7: its n does not rise\n$/) });
  expect(await natpunchEnds('inspect', join(folder, 'none'))).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no such file') });
});

test.concurrent('a recording that its machine no longer follows is shown beside its replay, with where they part', { timeout }, async () => {
  const folder = scratchFolder();
  expect((await natpunchEnds(...SIM, '--record', join(folder, 'run'))).code).toBe(0);
  const changed = readFileSync(join(folder, 'run'), 'utf8').replaceAll(/,"sum":"[0-9a-f]{8}"\}/g, '}').replace('"to":"198.18.0.2:3479"', '"to":"198.18.0.2:3480"');
  writeFileSync(join(folder, 'changed'), changed);
  const shown = natpunch(['inspect', join(folder, 'changed')]);
  const [, url = ''] = await shown.seen('stderr', /^inspector: (\S+)$/m);
  expect(await (await fetch(`${url}runs`)).json()).toMatchObject([{ title: expect.stringMatching(/, as recorded$/) }, { title: expect.stringMatching(/, refolded$/) }]);
  expect(ofKind(traceOf(await (await fetch(`${url}runs/2`)).text()), 'note').at(-1)).toMatchObject({ type: 'divergence', fields: { line: expect.any(Number) } });
  shown.signal('SIGINT');
  expect((await shown.ended).stderr).toMatch(/the machine asks something else \(to\)/);
});

test.concurrent('being watched changes no recording', { timeout }, async () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  await natpunchEnds(...SIM, '--record', at('alone'));
  await natpunchEnds(...SIM, '--record', at('watched'), '--trace', at('trace'));
  expect(readFileSync(at('watched'), 'utf8')).toBe(readFileSync(at('alone'), 'utf8'));
});

test.concurrent.each([
  ['sequence', /^sequenceDiagram\n/],
  ['states', /^stateDiagram-v2\n/],
  ['renamed', /^\{"format":"natpunch-trace\/1"/],
])('inspect --export %s writes to stdout and ends', { timeout }, async (what, beginning) => {
  const file = join(scratchFolder(), 'run');
  await natpunchEnds(...SIM, '--trace', file);
  const { code, stdout, stderr } = await natpunchEnds('inspect', file, '--export', what);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(beginning);
});

test.concurrent('--stately tells a run to whoever listens for the messages of its package', { timeout }, async () => {
  const listener = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const heard: { readonly type: string; readonly sessionId: string }[] = [];
  const connected = new Promise<void>((resolve) => {
    listener.on('connection', (socket) => {
      socket.on('message', (data: unknown) => {
        heard.push(JSON.parse(String(data)) as (typeof heard)[number]);
        if (heard.some(({ type }) => type === '@xstate.snapshot')) resolve();
      });
    });
  });
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as { readonly port: number };
  const server = await served('rendezvous', '--stately', `ws://127.0.0.1:${port}`);
  await connected;
  expect(heard.map(({ sessionId }) => sessionId)).toContain('server');
  server.signal('SIGINT');
  expect((await server.ended).code).toBe(0);
  listener.close();
});

test.concurrent("somebody else's application in Node appears as a run of its own", { timeout }, async () => {
  const shown = natpunch(['inspect']);
  const [, url = ''] = await shown.seen('stderr', /^inspector: (\S+)$/m);
  const theirs = createWebSocketInspector({ url: `${url.replace('http', 'ws')}stately` });
  const door = createActor(createMachine({ id: 'door', initial: 'shut', states: { shut: { on: { OPEN: 'open' } }, open: {} } }), { inspect: theirs.inspect });
  door.start();
  door.send({ type: 'OPEN' });
  let trace: Trace | undefined;
  while (!trace || ofKind(trace, 'snapshot').at(-1)?.value !== 'open') {
    const answer = await fetch(`${url}runs/1`);
    trace = answer.ok ? traceOf(await answer.text()) : undefined;
  }
  theirs.stop();
  expect(ofKind(trace, 'machine').map(({ machine }) => machine)).toEqual(['door']);
  expect(await (await fetch(`${url}runs`)).json()).toMatchObject([{ title: 'another application' }]);
  shown.signal('SIGINT');
  expect((await shown.ended).code).toBe(0);
});

test.concurrent.each([
  'udp',
  'serve stun',
])('%s offers to be watched', { timeout }, async (command) => {
  const { stdout } = await natpunchEnds(...command.split(' '), '--help');
  for (const option of ['--inspect [port]', '--trace <file>', '--stately [url]']) expect(stdout).toContain(option);
});

function traceOf(text: string): Trace {
  const trace = readTrace(text);
  if (isBadTrace(trace)) throw new Error(trace.message);
  return trace;
}
