/**
 * pwnat through real NATs, recorded, is the same run again when only its log is there: met, with a secret, by pypwnat's ICMP, and no
 * path. With NATPUNCH_WRITE_TRACES set the logs become test/traces/.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replay } from '../../adapters/replay/index.ts';
import { recordable } from '../../cli/machines.ts';
import { run } from '../../effects/run.ts';
import { VARIANTS } from '../../machines/pwnat/index.ts';
import { buildLab } from './lab.ts';
import type { Called } from './pwnat-agent.ts';

const TRACES = join(import.meta.dirname, '../traces');
const AGENT = new URL('pwnat-agent.ts', import.meta.url);
const WORDS = 'private words';
const SECRET = 'a secret of this test';

const refold = (log: string): ReturnType<typeof replay> =>
  replay(log, ({ net, clock, header }) => {
    const known = recordable(header.machine);
    if (!known) throw new Error(`no machine '${header.machine}'`);
    const { actor, stop } = run(known.machine, { net, clock, codec: known.publicCodec(header.input), id: header.id, input: header.input });
    actor.start();
    return { stop, tell: (event) => actor.send(event) };
  });

test.concurrent.each([
  ['met', 'port-restricted', 'port-restricted+icmp-errors', 'pwnat', undefined],
  ['secret', 'restricted', 'open', 'pwnat', SECRET],
  ['pypwnat', 'port-restricted', 'open', 'pypwnat', undefined],
  ['no-reply', 'port-restricted', 'port-restricted', 'pwnat', undefined],
] as const)('%s: the logs of a listener behind %s and a caller behind %s refold without divergence, and hold neither secret nor words', async (name, a, b, variant, secret) => {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-lab-'));
  const lab = await buildLab({ a, b });
  try {
    const [listener, caller] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT)]);
    const logs = ['a', 'b'].map((side) => join(folder, `${side}.jsonl`));
    const given = secret === undefined ? {} : { secret };
    await listener.call('echo');
    await listener.call('listen', [variant, { ...given, log: logs[0] }]);
    const server = { host: lab.hosts.a.publicAddress, port: VARIANTS[variant].port };
    const called = await caller.call<Called>('call', [server, variant, WORDS, { ...given, log: logs[1] }], { timeoutMs: 30_000 });
    expect([called.kind, called.heard]).toEqual(name === 'no-reply' ? ['failed', undefined] : ['connected', WORDS]);
    await listener.call('rest');
    for (const [n, path] of logs.entries()) {
      const log = readFileSync(path, 'utf8');
      expect(refold(log)).toBeUndefined();
      for (const hidden of [SECRET, WORDS, Buffer.from(SECRET).toString('hex'), Buffer.from(WORDS).toString('hex')]) expect(log).not.toContain(hidden);
      const lines = log.split('\n');
      const sent = lines.findIndex((line) => line.includes('"icmp.send"'));
      lines[sent] = (lines[sent] ?? '').replace(/"data":"(..)/, '"data":"ff');
      expect(refold(lines.join('\n'))).toMatchObject({ line: sent + 1 });
      if (process.env['NATPUNCH_WRITE_TRACES']) writeFileSync(join(TRACES, `pwnat_${name}_${a}_${b}_${n === 0 ? 'listener' : 'caller'}.jsonl`), log);
    }
  } finally {
    await lab.dispose();
    rmSync(folder, { recursive: true });
  }
});
