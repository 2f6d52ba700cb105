/**
 * n4 through real Linux NATs, with programs that are not ours: their server with two of our peers, our server with two of their
 * clients, and one of each. Prints what each needed; nothing here depends on how fast the machine is.
 */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { IS_FULL } from './full.ts';
import { type Agent, buildLab, type Lab } from './lab.ts';
import { PYTHON } from './namespaces.ts';
import type { Swept } from './n4-agent.ts';

/** The original program, if somebody has put it there; else ours, written from its description. */
const ORIGINAL = process.env['NATPUNCH_N4'];
const PROGRAM = [PYTHON, '-u', ORIGINAL ?? fileURLToPath(new URL('n4_peer.py', import.meta.url))];
const AGENT = new URL('n4-agent.ts', import.meta.url);
const SERVER = { host: '198.18.0.2', port: 1721 };
const RUNS = IS_FULL ? 5 : 2;
const PAIRS = [
  ['symmetric-seq', 'symmetric-seq'],
  ['port-restricted', 'symmetric-seq'],
  ['symmetric-seq', 'port-restricted'],
] as const;

const rows: string[] = [];
afterAll(() => console.log([`with ${ORIGINAL ?? 'our stand-in'}`, '| pair | who | won | median ms | most UDP packets of both |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')));

let lab: Lab;
afterEach(() => lab?.dispose());

/** Their program in a host, and what it has said. */
class Program {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  out = '';

  constructor(host: string, ...args: string[]) {
    this.process = lab.exec(host, [...PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.ended = new Promise((resolve) => this.process.on('close', () => resolve()));
  }

  /** As it prints it: our port, the other's address and port. */
  async won(): Promise<string[]> {
    await this.ended;
    return /nc -u -p (\d+) (\S+) (\d+)/.exec(this.out)?.slice(1) ?? [this.out];
  }
}

async function agents(...hosts: string[]): Promise<Agent[]> {
  return Promise.all(hosts.map((host) => lab.agent(host, AGENT)));
}

/** UDP datagrams that left a host so far, by its own counter. */
async function sentBy(...hosts: string[]): Promise<number> {
  const counts = await Promise.all(
    hosts.map(async (host) => {
      const [names = '', values = ''] = (await lab.run(host, ['grep', '^Udp:', '/proc/net/snmp'])).split('\n');
      return Number(values.split(' ')[names.split(' ').indexOf('OutDatagrams')]);
    }),
  );
  return counts.reduce((sum, one) => sum + one, 0);
}

const ours = (agent: Agent, words: string, run = 0): Promise<Swept> => agent.call('sweep', [SERVER, words, { sourcePort: 30_000 + 100 * run }], { timeoutMs: 50_000 });

/** Plays some rounds one after the other, and notes what they needed. `play` gives the ms until both had won. */
async function measure(pair: readonly [string, string], who: string, play: (run: number) => Promise<number>): Promise<void> {
  const [times, packets]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    const before = await sentBy('a', 'b');
    times.push(await play(run));
    packets.push((await sentBy('a', 'b')) - before);
  }
  const median = times.toSorted((x, y) => x - y)[Math.floor(times.length / 2)] ?? Number.NaN;
  rows.push(`| ${pair.join(' × ')} | ${who} | ${times.length} of ${RUNS} | ${median.toFixed(0)} | ${Math.max(...packets)} |`);
}

describe.each(PAIRS)('%s × %s', (a, b) => {
  test('two of ours at our server', async () => {
    lab = await buildLab({ a, b });
    const [server, one, other] = (await agents('s', 'a', 'b')) as [Agent, Agent, Agent];
    await server.call('serve', [SERVER]);
    await measure([a, b], 'ours, our server', async (run) => {
      const [x, y] = await Promise.all([ours(one, 'from a', run), ours(other, 'from b', run)]);
      expect([x, y]).toMatchObject([{ kind: 'connected', heard: 'from b' }, { kind: 'connected', heard: 'from a' }]);
      return Math.max(x.confirmedMs, y.confirmedMs);
    });
  });

  test('two of ours at their server', async () => {
    lab = await buildLab({ a, b });
    const server = new Program('s', '-s');
    const [one, other] = (await agents('a', 'b')) as [Agent, Agent];
    await measure([a, b], 'ours, their server', async (run) => {
      const [x, y] = await Promise.all([ours(one, 'from a', run), ours(other, 'from b', run)]);
      expect([x, y]).toMatchObject([{ kind: 'connected', heard: 'from b' }, { kind: 'connected', heard: 'from a' }]);
      return Math.max(x.confirmedMs, y.confirmedMs);
    });
    expect(server.process.exitCode).toBeNull();
  });

  test('two of theirs at our server', async () => {
    lab = await buildLab({ a, b });
    const [server] = (await agents('s')) as [Agent];
    await server.call('serve', [SERVER]);
    await measure([a, b], 'theirs, our server', async (run) => {
      const began = Date.now();
      const port = String(30_000 + 100 * run);
      const [x, y] = await Promise.all(['a', 'b'].map((host) => new Program(host, '-c', '-h', SERVER.host, '-b', port).won()));
      expect([x?.[1], y?.[1]]).toEqual(['198.18.2.2', '198.18.1.2']);
      return Date.now() - began;
    });
  });

  test('one of theirs with one of ours, at our server', async () => {
    lab = await buildLab({ a, b });
    const [server, other] = (await agents('s', 'b')) as [Agent, Agent];
    await server.call('serve', [SERVER]);
    await measure([a, b], 'theirs with ours', async (run) => {
      const theirs = new Program('a', '-c', '-h', SERVER.host, '-b', String(30_000 + 100 * run));
      const swept = await ours(other, '', run);
      const [port, host] = await theirs.won();
      expect([swept.kind, swept.peer?.host, host]).toEqual(['connected', '198.18.1.2', '198.18.2.2']);
      // Where the NAT keeps ports, both mean the same hole.
      if (a === 'port-restricted') expect(swept.peer?.port).toBe(Number(port));
      return swept.confirmedMs;
    });
  });
});

test('two of ours 25 ms apart meet while 100 foreign flows a second take ports on both sides', async () => {
  const nat = 'symmetric-seq+noise=100';
  lab = await buildLab({ a: nat, b: nat, delayMs: 25 });
  const [server, one, other] = (await agents('s', 'a', 'b')) as [Agent, Agent, Agent];
  await server.call('serve', [SERVER]);
  await measure([nat, nat], 'ours, 25 ms', async (run) => {
    const [x, y] = await Promise.all([ours(one, 'from a', run), ours(other, 'from b', run)]);
    expect([x, y]).toMatchObject([{ kind: 'connected', heard: 'from b' }, { kind: 'connected', heard: 'from a' }]);
    return Math.max(x.confirmedMs, y.confirmedMs);
  });
});
