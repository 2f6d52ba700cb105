/** Commands and words of the command line that need no process of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { defineSim } from '../../cli/commands/sim.ts';
import { draw } from '../../cli/lifelines.ts';
import { openLineFile } from '../../cli/line-file.ts';
import { portOffset, socketCount, sourcePort } from '../../cli/n4-options.ts';
import { callerNews } from '../../cli/pwnat-news.ts';
import { readText } from '../../cli/refolding.ts';
import { adviceFor } from '../../cli/result.ts';
import type { PacketRow } from '../../cli/sequence.ts';

const said: string[] = [];
const listening = (stream: NodeJS.WriteStream): void => {
  vi.spyOn(stream, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
};

afterEach(() => {
  vi.restoreAllMocks();
  said.length = 0;
});

async function sim(...words: readonly string[]): Promise<string> {
  listening(process.stdout);
  const [before, command] = [process.exitCode, new Command()];
  defineSim(command);
  await command.parseAsync(words, { from: 'user' });
  process.exitCode = before;
  return said.join('').replaceAll(/\s+/g, ' ');
}

test('a simulated run tells what chance takes, and nothing of round trips on a line without any', async () => {
  const text = await sim('udp', '--a', 'firewall', '--b', 'port-restricted', '--loss', '0.01', '--latency', '0');
  expect(text).toContain('Of 100 packets 1 get lost.');
  expect(text).toMatch(/a has the public address \S+, behind firewall-a \(firewall\)/);
  expect(text).toMatch(/It took \S+ ms\. \d+ packets in all/);
});

test('a simulated run in which one hears the other only tells what became of each', async () => {
  const text = await sim('udp', '--a', 'symmetric', '--b', 'symmetric', '--timeout', '5');
  expect(text).toContain('Not connected.');
});

test.each([
  [portOffset, '-5', -5], [portOffset, '10000', 10_000], [socketCount, '25', 25], [sourcePort, '0', 0],
] as const)('%o takes %s', (parse, text, value) => {
  expect(parse(text)).toBe(value);
});

test.each([[portOffset, '10001'], [portOffset, '-10001'], [portOffset, 'far'], [socketCount, '0'], [sourcePort, '80']] as const)('%o refuses %s', (parse, text) => {
  expect(() => parse(text)).toThrow(`'${text}' is not a`);
});

test('a file of lines that can take no more says so once, and is given up', () => {
  const file = openLineFile('/dev/full', 'recording', '--record');
  listening(process.stderr);
  file.write('one');
  file.write('two');
  file.close();
  expect(said).toEqual(['natpunch: the recording /dev/full ends here: the disk is full\n']);
  expect(() => openLineFile(`/tmp/${'x'.repeat(300)}`, 'recording', '--record')).toThrow(/cannot write the recording .*ENAMETOOLONG.*Choose another file with --record/);
});

test('a file that cannot be read says why', () => {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-read-'));
  expect(() => readText(folder, 'Name a log')).toThrow(`cannot read ${folder}: that is a folder. Name a log`);
  rmSync(folder, { recursive: true });
  expect(() => readText(folder, 'Name a log')).toThrow('there is no such file');
  expect(() => readText('/dev/null/log', 'Name a log')).toThrow('ENOTDIR');
});

test('an address that may not be used has its advice', () => {
  expect(adviceFor('not-permitted', '--local')).toContain('a port above 1023 with --local');
});

test('a caller\'s door that leads nowhere says so, and names what it has', () => {
  const local = { host: '127.0.0.1', port: 8080 };
  const words = (to?: typeof local) => callerNews(to)({ type: 'server', what: 'listening', ...(to ? { local } : {}) });
  expect([words(), words(local)]).toEqual(['listening on  (TCP), which leads to nothing over there, for want of --to', 'listening on 127.0.0.1:8080 (TCP), which leads to 127.0.0.1:8080 over there']);
});

test('arrows from one host both ways meet on its lifeline; one to itself turns, one to nobody goes to the far end', () => {
  const row = (...arrows: PacketRow['arrows']): PacketRow => ({ kind: 'packet', at: 0, arrows, text: 'x', notes: [], count: 1, lastAt: 0 });
  const lines = (one: PacketRow): string => draw([one], (_, text) => text)[1] ?? '';
  expect(lines(row({ from: 's', to: 'a' }, { from: 's', to: 'b' }))).toContain('◀──────────┼──────────▶');
  expect(lines(row({ from: 'a', to: 'a' }))).toContain('↻');
  expect(lines(row({ from: 'b', to: undefined }))).toMatch(/◀─+┤/);
  expect(lines(row({ from: 'a', to: undefined }))).toMatch(/├─+▶/);
  expect(lines(row({ from: 'nat-x', to: 'a' }))).toMatch(/◀─+┤/);
});
