/**
 * An opening through real NATs, recorded, is the same run again when only its log is there: a call that is answered, one that is
 * accepted, refusals and then success, no path. With NATPUNCH_WRITE_TRACES set the logs become test/traces/.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replay } from '../../adapters/replay/index.ts';
import { run } from '../../effects/run.ts';
import { publicOpenCodec, tcpOpenPeer } from '../../machines/tcp-open/index.ts';
import type { OpenPeerInput } from '../../machines/tcp-open/session.ts';
import { buildLab, type LabSpec } from './lab.ts';
import type { Opened } from './tcp-open-agent.ts';

const SERVER = { host: '198.18.0.2', port: 3478 };
const TRACES = join(import.meta.dirname, '../traces');
const AGENT = new URL('tcp-open-agent.ts', import.meta.url);

async function recorded(spec: LabSpec, room: string, lateMs: number): Promise<readonly { readonly log: string; readonly opened: Opened }[]> {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-lab-'));
  const lab = await buildLab(spec);
  try {
    const [a, b, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT), lab.agent('s', AGENT)]);
    await s.call('serve', [SERVER]);
    return await Promise.all(
      [a, b].map(async (agent, n) => {
        const file = join(folder, `${n}.jsonl`);
        const opened = await agent.call<Opened>('talk', [SERVER, room, `private words of ${n}`, n * lateMs, file], { timeoutMs: 40_000 });
        return { opened, log: readFileSync(file, 'utf8') };
      }),
    );
  } finally {
    await lab.dispose();
    rmSync(folder, { recursive: true });
  }
}

const refold = (log: string): ReturnType<typeof replay> =>
  replay(log, ({ net, clock, header }) => {
    const { actor, stop } = run(tcpOpenPeer, { net, clock, codec: publicOpenCodec(), id: header.id, input: header.input as unknown as OpenPeerInput });
    actor.start();
    return { stop };
  });

test.concurrent.each([
  ['connect', 'port-restricted', 'port-restricted', 0, 0, /"tcp.connected","socket":"c\d+\/0"/],
  ['accept', 'restricted', 'symmetric', 0, 0, /"tcp.accepted"/],
  ['refused', 'port-restricted+rst', 'port-restricted+rst', 5, 200, /"code":"refused"/],
  ['no-path', 'symmetric', 'symmetric', 0, 0, /"tcp.listening"/],
])('%s: the logs of %s × %s at %i ms, one %i ms late, refold without divergence, and hold neither room nor words', async (name, a, b, delayMs, lateMs, shows) => {
  const room = 'a secret of this test';
  const [one, other] = await recorded({ a, b, delayMs }, room, lateMs);
  expect(one?.log).toMatch(shows);
  for (const [side, { log = '', opened } = {}] of [one, other].entries()) {
    expect(refold(log)).toBeUndefined();
    expect([opened?.kind, log.includes('"tcp.release"')]).toEqual(name === 'no-path' ? ['failed', false] : ['connected', true]);
    expect(log).not.toContain(room);
    expect(log).not.toContain(Buffer.from('private words').toString('hex'));
    if (process.env['NATPUNCH_WRITE_TRACES']) writeFileSync(join(TRACES, `tcp-open_${name}_${a}_${b}_${delayMs}ms_${side === 0 ? 'a' : 'b'}.jsonl`), log);
    const lines = log.split('\n');
    const sent = lines.findIndex((line) => line.includes('"tcp.send"'));
    lines[sent] = (lines[sent] ?? '').replace(/"data":"(..)/, (_, byte: string) => `"data":"${byte === '00' ? '01' : '00'}`);
    expect(refold(lines.join('\n'))).toMatchObject({ line: sent + 1 });
  }
});
