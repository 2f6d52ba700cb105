/** Help, version, and wrong usage: one line that says what is wrong, a hint, and exit 2. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { NAT_FLAVOURS, NAT_MODIFIERS, OTHER_NAT_FLAVOURS } from '../../adapters/sim/nat-name.ts';
import { NAT_HELP } from '../../cli/world-options.ts';
import { EXIT, Stop } from '../../cli/exit.ts';
import { explained } from '../../cli/program.ts';
import { DEADLINE_MS, environment, natpunchEnds, said, watch } from './command.ts';

test('every command explains itself on stdout, with an example', async () => {
  const servers = ['rendezvous', 'seed-udp', 'stun', 'nat-check', 'assist'].map((name) => ['serve', name]);
  const commands = [[], ['sim'], ['grid'], ['check'], ['udp'], ['tcp'], ['n4'], ['pwnat'], ['pwnat', 'listen'], ['pwnat', 'connect'], ['serve'], ...servers, ['replay'], ['inspect']];
  for (const { command, code, stdout, stderr } of await all(commands.map((words) => [...words, '--help']))) {
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    expect(stdout).toContain('Usage: natpunch');
    expect(stdout).toContain('Example');
    expect(longLines(stdout), command).toEqual([]);
  }
});

test('each name of a NAT is explained', () => {
  const explained = new Set([...NAT_HELP.matchAll(/^ {2}(\S+?)(?:=\S+)?(?: s>)? {2,}\S/gm)].map(([, name]) => name));
  const names = [...NAT_FLAVOURS, ...OTHER_NAT_FLAVOURS, ...NAT_MODIFIERS.map((modifier) => `+${modifier.replace(/=.*/, '')}`)];
  expect([...explained].toSorted()).toEqual(names.toSorted());
});

test.concurrent('--version is that of the package', { timeout: DEADLINE_MS }, async () => {
  const { code, stdout } = await natpunchEnds('--version');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('wrong usage exits with 2: one line on stderr, a hint, and nothing on stdout', async () => {
  const wrong: Record<string, RegExp> = {
    bla: /unknown command 'bla'/,
    'sim udp --a open': /--b/,
    'sim nat-pmp --a open --b open': /unknown protocol 'nat-pmp'\. Protocols: udp, udp-punch, tcp, tcp-open, seed-udp/,
    'sim udp --a open --b cone': /unknown NAT 'cone'.*Flavours: open, full-cone,.*Modifiers: \+rst/,
    'sim udp --a open --b open --loss 2': /--loss: '2' is not a probability from 0 to 1/,
    'grid udp --seeds 0': /--seeds: '0' is not a whole number/,
    'udp --server example.org --room r': /--server: 'example\.org' is not host:port/,
    'udp --server example.org:3478': /required option '--room <name>'/,
    'udp --server example.org:1024 --wire seed --room r': /'--room' means nothing with --wire seed/,
    'udp --server 192.0.2.1 --room r': /--server: '192\.0\.2\.1' has no port; write 192\.0\.2\.1:<port>$/,
    'serve rendezvous --listen 127.0.0.1': /--listen: '127\.0\.0\.1' has no port; write 127\.0\.0\.1:<port>$/,
    'serve stun --listen [::1]': /--listen: '\[::1\]' has no port; write \[::1\]:<port>$/,
    'serve stun --listen ::1': /--listen: '::1' is not a port or addr:port \(or \[v6\]:port\)/,
    'serve assist --server 192.0.2.1': /--server: '192\.0\.2\.1' has no port/,
    'serve assist --server 192.0.2.1:7000 --timeout 3000000': /--timeout: '3000000' is not a number of seconds above 0 and at most 86400, a day$/,
    'serve rendezvous --listen nowhere': /--listen: 'nowhere' is not a port or addr:port/,
    'check': /required option '--stun <host:port>' not specified, nor --server and --assist/,
    'check --stun ::1': /--stun: '::1' is not host:port \(or \[v6\]:port\)/,
    'check --stun a.example --server 192.0.2.1:7000': /two kinds of check; give one of them/,
    'check --server 192.0.2.1:7000': /required option '--assist <ip:port>'/,
    'check --server 192.0.2.1:7000 --assist 192.0.2.2:7000 --lifetime': /'--lifetime' needs --stun/,
    'serve stun --alternate 127.0.0.2:3479': /--alternate: With an alternate, both --listen and --alternate must name an address of this host/,
    'serve stun --listen localhost:3478 --alternate localhost:3479': /--alternate: The alternate must be another address/,
    'serve stun --listen 127.0.0.1:3478 --alternate 127.0.0.2:3478': /--alternate: The alternate must have another port/,
    'serve stun --listen 127.0.0.1:3478 --alternate [::1]:3479': /--alternate: The alternate must be IPv4 where --listen is IPv4/,
    'udp --server example.org:1024 --wire seed --seed 1': /'--seed' means nothing with --wire seed/,
    'udp --server example.org:1024 --wire n4 --room r': /--wire: unknown protocol 'n4'\. Protocols: natpunch, seed$/,
    'udp --server example.org:1024 --room=': /--room: it must not be empty$/,
    'check --assist 192.0.2.1:7000': /required option '--server <ip:port>'/,
    'sim udp --a open --b open --latency 70000': /--latency: '70000' is not a number of ms from 0 to 60000$/,
    'inspect --port 70000': /--port: '70000' is not a port$/,
    'inspect --port http': /--port: 'http' is not a port$/,
    'pwnat listen --port http': /--port: 'http' is not a port from 1 to 65535$/,
    'replay': /missing required argument 'file'/,
  };
  for (const { command, code, stdout, stderr } of await all(Object.keys(wrong).map((words) => words.split(' ')))) {
    const [line = '', hint = '', ...more] = stderr.trimEnd().split('\n');
    expect({ command, code, stdout, more }).toEqual({ command, code: 2, stdout: '', more: [] });
    expect(line).toMatch(/^natpunch: /);
    expect(line).toMatch(wrong[command] ?? /^$/);
    expect(hint).toMatch(/^See: natpunch.* --help$/);
  }
});

test.concurrent('a process says the same: help on stdout and 0, what is refused on stderr and 2', { timeout: DEADLINE_MS }, async () => {
  for (const words of [['serve', 'stun', '--help'], ['udp', '--server', '192.0.2.1', '--room', 'r']]) expect(await natpunchEnds(...words)).toEqual(await said(...words));
});

test('what a command throws is one line: its own words, or a bug that is to be reported', () => {
  expect(explained(new Stop(EXIT.no, 'no path. Try again'))).toEqual({ code: 1, line: 'natpunch: no path. Try again' });
  expect(explained(new TypeError('x is not y'))).toEqual({ code: 3, line: expect.stringMatching(/^natpunch: this is a bug, please report it: TypeError: x is not y at \S.*$/) });
  expect(explained('odd')).toEqual({ code: 3, line: 'natpunch: this is a bug, please report it: \'odd\'' });
});

test.concurrent('without a command the help goes to stderr', { timeout: DEADLINE_MS }, async () => {
  const { code, stdout, stderr } = await natpunchEnds();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Usage: natpunch');
});

function all(commands: readonly (readonly string[])[]) {
  return Promise.all(commands.map(async (words) => ({ command: words.join(' '), ...(await said(...words)) })));
}

function longLines(text: string): string[] {
  return text.split('\n').filter((line) => [...line].length > 80);
}

test('results that cannot be written are a failure, and said', async () => {
  const full = openSync('/dev/full', 'w');
  const command = watch(spawn(process.execPath, [inject('program'), '--help'], { stdio: ['ignore', full, 'pipe'], env: environment() }), 'natpunch --help > /dev/full');
  const { code, stderr } = await command.ended;
  closeSync(full);
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/^natpunch: cannot write to stdout: .*ENOSPC.*\n$/) });
});
