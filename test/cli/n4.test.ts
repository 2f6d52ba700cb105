/** `natpunch n4` and `serve n4` on 127.0.0.1: a pair, what it carries, what it records, and wrong usage. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Command, DEADLINE_MS, natpunch, natpunchEnds, scratchFolder } from './command.ts';
import { connectedResult, failedResult, onlyObject } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;

/** Its port, and how it ends. */
async function served(...args: string[]): Promise<Command & { readonly port: string }> {
  const server = natpunch(['serve', 'n4', '--listen', '127.0.0.1:0', ...args]);
  const [, port = ''] = await server.seen('stderr', /listening on 127\.0\.0\.1:(\d+)\n/);
  return { ...server, port };
}

test.concurrent('--once tells the result on stdout and the nc line on stderr, the same hole on both sides; what was recorded refolds', { timeout }, async () => {
  const { port, ...server } = await served();
  const log = join(scratchFolder(), 'n4.log');
  const common = ['n4', '127.0.0.1', '--port', port, '--once'];
  const [a, b] = await Promise.all([
    natpunch([...common, '--source-port', '21000', '--json', '--record', log]).ended,
    natpunch([...common, '--source-port', '22000', '--strategy', 'adaptive']).ended,
  ]);
  expect([a.code, b.code]).toEqual([0, 0]);
  expect(connectedResult.parse(onlyObject(a.stdout))).toMatchObject({ protocol: 'n4', local: '127.0.0.1:21020', peer: '127.0.0.1:22020' });
  expect(b.stdout).toMatch(/^connected to 127\.0\.0\.1:21020 from 127\.0\.0\.1:22020 after [\d.]+ ms\n$/);
  expect(a.stderr).toContain('"message":"nc -u -p 21020 127.0.0.1 22020"');
  expect(b.stderr).toMatch(/\nnc -u -p 22020 127\.0\.0\.1 21020\n/);
  expect(await natpunchEnds('replay', log)).toMatchObject({ code: 0, stdout: expect.stringContaining('no divergence') });
  server.signal('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/room n4n4n4 opened by .*\nroom n4n4n4 paired/) });
});

test.concurrent('stdin and stdout go through the hole of an ident of one’s own', { timeout }, async () => {
  const { port } = await served('--ident', 'pipe');
  const common = ['n4', '127.0.0.1', '--port', port, '--ident', 'pipe', '--count', '30'];
  const a = natpunch([...common, '--source-port', '23000'], { input: 'open' });
  const b = natpunch([...common, '--source-port', '24000'], { input: 'open' });
  await Promise.all([a.seen('stderr', /connected to/), b.seen('stderr', /connected to/)]);
  a.write('words of a');
  b.write('words of b');
  await Promise.all([a.seen('stdout', /words of b/), b.seen('stdout', /words of a/)]);
  a.endInput();
  b.endInput();
  for (const { code, stdout } of await Promise.all([a.ended, b.ended])) expect([code, stdout]).toEqual([0, expect.stringMatching(/^words of [ab]$/)]);
});

test.concurrent('an ident that the server does not serve, and a server that is not there, are honest noes', { timeout }, async () => {
  const { port } = await served('--ident', 'ours');
  const [other, nobody] = await Promise.all([
    natpunchEnds('n4', '127.0.0.1', '--port', port, '--source-port', '0', '--once', '--json'),
    natpunchEnds('n4', '127.0.0.1', '--port', '9', '--source-port', '0', '--once'),
  ]);
  expect(other.code).toBe(1);
  expect(failedResult.parse(onlyObject(other.stdout))).toMatchObject({ reason: 'no-rendezvous', detail: expect.stringContaining("another ident than 'n4n4n4'") });
  expect([nobody.code, nobody.stdout, nobody.stderr]).toEqual([1, '', expect.stringMatching(/the other end refused\. It may not be running.*\(no-rendezvous\)\n$/)]);
});

test.concurrent('nobody else comes: said after --timeout', { timeout }, async () => {
  const { port } = await served();
  const { code, stderr } = await natpunchEnds('n4', '127.0.0.1', '--port', port, '--source-port', '0', '--timeout', '0.5');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/Nobody else came .* with the ident 'n4n4n4'\. \(no-peer\)\n$/)]);
});

test.concurrent('wrong usage exits with 2, in one line; help explains in 80 columns', { timeout }, async () => {
  const wrong: Record<string, RegExp> = {
    n4: /missing required argument 'host'/,
    'n4 example.org:1721': /host: 'example\.org:1721' is not a host alone\. Its port goes to --port/,
    'n4 example.org --port 0': /--port: /,
    'n4 example.org --ident toolong': /--ident: 'toolong' is not an ident: at most 6/,
    'n4 example.org --source-port 80': /--source-port: '80' is not a port from 1024/,
    'n4 example.org --source-port 65530': /25 ports from there would end beyond 65535/,
    'n4 example.org --count 0': /--count: '0' is not a whole number from 1 to 512/,
    'n4 example.org --strategy wild': /Allowed choices are classic, adaptive/,
    'serve n4 --listen [::1]:1721': /n4 knows IPv4 only/,
  };
  for (const words of Object.keys(wrong)) {
    const { code, stdout, stderr } = await natpunchEnds(...words.split(' '));
    expect([words, code, stdout, stderr.split('\n')[0]]).toEqual([words, 2, '', expect.stringMatching(wrong[words] ?? /^$/)]);
  }
  for (const words of [['n4'], ['serve', 'n4']]) {
    const { code, stdout } = await natpunchEnds(...words, '--help');
    expect([code, stdout.split('\n').filter((line) => line.length > 80)]).toEqual([0, []]);
    expect(stdout).toContain('Example');
  }
});
