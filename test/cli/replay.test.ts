/** `--record` and `natpunch replay`: a recording refolds; one changed byte is found, and named. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withoutSums } from '../replay/session.ts';
import { DEADLINE_MS, natpunchEnds, scratchFolder } from './command.ts';

test.concurrent.each(['udp', 'seed-udp'])('a run of %s refolds, and a changed byte is named by its line', { timeout: DEADLINE_MS }, async (protocol) => {
  const folder = scratchFolder();
  const log = join(folder, 'a.jsonl');
  const changed = join(folder, 'changed.jsonl');
  const rewritten = join(folder, 'rewritten.jsonl');
  expect((await natpunchEnds('sim', protocol, '--a', 'symmetric', '--b', 'restricted', '--record', log)).code).toBe(0);
  expect(statSync(log).mode & 0o077).toBe(0);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const sent = lines.findLastIndex((line) => line.includes('udp.send'));
  const heard = lines.findIndex((line) => line.includes('udp.received'));
  writeFileSync(changed, `${lines.with(heard, (lines[heard] ?? '').replace(/(?<="t":)./, (digit) => (digit === '9' ? '8' : '9'))).join('\n')}\n`);
  // Without sums, as if written by hand: only the machine can tell that it is wrong.
  const bare = withoutSums(lines);
  writeFileSync(rewritten, `${bare.with(sent, (bare[sent] ?? '').replace(/"data":"../, '"data":"ff')).join('\n')}\n`);

  const [same, touched, different] = await Promise.all([log, changed, rewritten].map((file) => natpunchEnds('replay', file)));
  expect(same).toEqual({ code: 0, stdout: `refolded ${lines.length} lines, no divergence\n`, stderr: '' });
  expect(touched).toEqual({ code: 1, stdout: '', stderr: `natpunch: ${changed}, line ${heard + 1}: changed after it was written\n` });
  expect(different).toMatchObject({ code: 1, stdout: '' });
  expect(different?.stderr).toMatch(new RegExp(`^natpunch: .*rewritten.jsonl, line ${sent + 1}: .*the log has .*"data":"ff.*, the machine .*"data":".*\n$`));
});

test.concurrent('a log is drawn where somebody asks for it, and its trace is written beside', { timeout: DEADLINE_MS }, async () => {
  const folder = scratchFolder();
  const [log, trace] = [join(folder, 'a.jsonl'), join(folder, 'a.trace')];
  await natpunchEnds('sim', 'udp', '--a', 'open', '--b', 'open', '--record', log);
  const { code, stdout } = await natpunchEnds('replay', log, '--sequence', '--trace', trace);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ +0 {2}○ opening\n[^]*\nrefolded \d+ lines, no divergence\n$/);
  expect(JSON.parse(readFileSync(trace, 'utf8').split('\n')[0] ?? '')).toMatchObject({ format: 'natpunch-trace/1', origin: 'log' });
});

test.concurrent('what is no log is refused with its line, and what is not there with its name', { timeout: DEADLINE_MS }, async () => {
  const folder = scratchFolder();
  const header = JSON.stringify({ format: 'natpunch-log/1', machine: 'udp-punch/peer', input: { server: { host: '192.0.2.1', port: 1 }, seed: 's' }, id: 'a' });
  const cases: Record<string, readonly [string, RegExp]> = {
    'text.jsonl': ['hello\n', /line 1: not JSON/],
    'broken.jsonl': [`${header}\n{"t":0,"what":1}\n`, /line 2: needs one of/],
    'other.jsonl': [`${header.replace('udp-punch/peer', 'tea/pot')}\n`, /line 1: no machine is called 'tea\/pot'\. Machines: udp-punch\/peer, /],
  };
  for (const [name, [text]] of Object.entries(cases)) writeFileSync(join(folder, name), text);
  const names = [...Object.keys(cases), 'absent.jsonl'];
  const endings = await Promise.all(names.map((name) => natpunchEnds('replay', join(folder, name))));
  endings.forEach(({ code, stdout, stderr }, index) => {
    const name = names[index] ?? '';
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(name);
    expect(stderr).toMatch(cases[name]?.[1] ?? /there is no such file/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

test.concurrent('a folder, a file that is no run, and an export of nothing are refused', { timeout: DEADLINE_MS }, async () => {
  const folder = scratchFolder();
  const text = join(folder, 'text');
  writeFileSync(text, 'hello\n');
  const endings = await Promise.all([natpunchEnds('replay', folder), natpunchEnds('inspect', text), natpunchEnds('inspect', '--export', 'trace')]);
  expect(endings.map(({ code, stderr }) => [code, stderr])).toEqual([
    [1, expect.stringMatching(/: that is a folder\b/)],
    [1, expect.stringMatching(/text, line 1: not the header of a natpunch-log\/1 or a natpunch-trace\/1\. Name a file written by --record or --trace\n$/)],
    [2, 'natpunch: --export needs a file\n'],
  ]);
});

test.concurrent('a log of a process that was killed refolds as far as it goes, and both say that it has no end', { timeout: DEADLINE_MS }, async () => {
  const log = join(scratchFolder(), 'a.jsonl');
  await natpunchEnds('sim', 'udp', '--a', 'open', '--b', 'open', '--record', log);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  writeFileSync(log, `${lines.slice(0, -1).join('\n')}\n`);
  const [replayed, shown] = await Promise.all([natpunchEnds('replay', log), natpunchEnds('inspect', log, '--export', 'trace')]);
  expect(replayed).toMatchObject({ code: 0, stdout: `refolded ${lines.length - 1} lines, no divergence; the log stops without its end\n` });
  expect(shown).toMatchObject({ code: 0, stderr: expect.stringContaining(`stops after line ${lines.length - 1}`) });
});

test.concurrent('a recording that cannot be written is refused before anything starts', { timeout: DEADLINE_MS }, async () => {
  const record = ['--record', join(scratchFolder(), 'no/such/folder/a.jsonl')];
  const endings = await Promise.all([
    natpunchEnds('sim', 'udp', '--a', 'open', '--b', 'open', ...record),
    natpunchEnds('udp', '--server', '127.0.0.1:9', '--room', 'r', ...record),
    natpunchEnds('serve', 'rendezvous', '--listen', '127.0.0.1:0', ...record),
  ]);
  for (const { code, stdout, stderr } of endings) {
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^natpunch: cannot write the recording .*: there is no such folder\. Choose another file with --record\n$/);
  }
});
