/** Our side of seed 001's protocol with programs that are not ours, through real NATs: server and client, both ways. */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { buildLab, type Lab } from './lab.ts';
import { PYTHON } from './namespaces.ts';
import { natpunch } from './scripts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The original programs, if somebody has put them there; else ours, written from their description. */
const ORIGINALS = process.env['NATPUNCH_SEED_001'];
const PEER = fileURLToPath(new URL('seed_peer.py', import.meta.url));
const SERVER = '198.18.0.2:1024';

const theirServer = ORIGINALS ? [PYTHON, '-u', `${ORIGINALS}/server.py`] : [PYTHON, '-u', PEER, 'server', '1024'];
const theirClient = ORIGINALS ? [PYTHON, '-u', `${ORIGINALS}/client.py`] : [PYTHON, '-u', PEER, 'client', '198.18.0.2', '1024'];

let lab: Lab | undefined;
afterEach(() => lab?.dispose());

/** A program in a host, and what it has printed so far. */
class Program {
  readonly process: ChildProcess;
  out = '';
  #wake: (() => void) | undefined;

  constructor(host: string, argv: readonly string[]) {
    if (!lab) throw new Error('no lab');
    this.process = lab.exec(host, argv, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.out += text;
        this.#wake?.();
      });
    }
  }

  async says(pattern: RegExp, withinMs = 25_000): Promise<void> {
    const late = AbortSignal.timeout(withinMs);
    while (!pattern.test(this.out)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        late.addEventListener('abort', () => reject(new Error(`no ${pattern} within ${withinMs} ms; so far: ${this.out}`)), { once: true });
      });
    }
  }
}

async function waitForPort(port: number): Promise<void> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (let tries = 0; tries < 400; tries += 1) {
    if ((await lab?.run('s', ['cat', '/proc/net/udp']))?.includes(`:${hex} `)) return;
  }
  throw new Error(`nobody listens on ${port}`);
}

test('two of their clients meet through our server, and then two more', async () => {
  lab = await buildLab({ a: 'port-restricted', b: 'restricted' });
  const server = new Program('s', natpunch('serve', 'seed-udp', '--listen', SERVER));
  await server.says(/listening/);
  for (let pair = 0; pair < 2; pair += 1) {
    const clients = [new Program('a', theirClient), new Program('b', theirClient)];
    await Promise.all(clients.map((client) => client.says(/198\.18\.\d\.2.*=> \w{8}: \d/)));
    for (const client of clients) client.process.kill();
  }
});

test('our client talks both ways with their client through their server', async () => {
  lab = await buildLab({ a: 'port-restricted', b: 'port-restricted' });
  const server = new Program('s', theirServer);
  await waitForPort(1024);
  const ours = new Program('a', natpunch('udp', '--wire', 'seed', '--server', SERVER));
  const theirs = new Program('b', theirClient);
  await ours.says(/\w{8}: \d/);
  ours.process.stdin?.write('words of ours');
  await theirs.says(/198\.18\.1\.2.*=> words of ours/);
  expect(server.process.exitCode).toBe(0);
});

test('our client talks both ways with their client through our server, from behind a symmetric NAT', async () => {
  lab = await buildLab({ a: 'symmetric', b: 'restricted' });
  const server = new Program('s', natpunch('serve', 'seed-udp', '--listen', SERVER));
  await server.says(/listening/);
  const ours = new Program('a', natpunch('udp', '--wire', 'seed', '--server', SERVER));
  const theirs = new Program('b', theirClient);
  await ours.says(/\w{8}: \d/);
  ours.process.stdin?.write('words of ours');
  await theirs.says(/198\.18\.1\.2.*=> words of ours/);
});
