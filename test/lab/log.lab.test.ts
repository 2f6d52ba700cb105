/**
 * A punch through real NATs, recorded, is the same run again when only its log is there. With NATPUNCH_WRITE_TRACES set the
 * logs become test/traces/, which `npm test` refolds.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replay } from '../../adapters/replay/index.ts';
import { run } from '../../effects/run.ts';
import { publicPeerCodec, udpPunchPeer } from '../../machines/udp-punch/index.ts';
import type { PeerEvent } from '../../machines/udp-punch/peer-setup.ts';
import type { PeerInput } from '../../machines/udp-punch/session.ts';
import { buildLab, type LabSpec } from './lab.ts';
import type { Punched } from './punch-agent.ts';

const SERVER = { host: '198.18.0.2', port: 3478 };
const TRACES = join(import.meta.dirname, '../traces');
const AGENT = new URL('punch-agent.ts', import.meta.url);

/** The logs of both sides of one punch. */
async function recorded(spec: LabSpec, room: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-lab-'));
  const lab = await buildLab(spec);
  try {
    const [a, b, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT), lab.agent('s', AGENT)]);
    await s.call('serve', [SERVER]);
    const files = [join(folder, 'a.jsonl'), join(folder, 'b.jsonl')];
    await Promise.all([a, b].map((agent, n) => agent.call<Punched>('punch', [SERVER, room, `payload of ${n}`, files[n]], { timeoutMs: 40_000 })));
    return files.map((file) => readFileSync(file, 'utf8'));
  } finally {
    await lab.dispose();
    rmSync(folder, { recursive: true });
  }
}

const refold = (log: string): ReturnType<typeof replay> =>
  replay(log, ({ net, clock, header }) => {
    const { actor, stop } = run(udpPunchPeer, { net, clock, codec: publicPeerCodec(), id: header.id, input: header.input as unknown as PeerInput });
    actor.start();
    return { stop, tell: (event) => actor.send(event as PeerEvent) };
  });

test.each([
  ['port-restricted', 'port-restricted', 0],
  ['restricted', 'symmetric', 25],
  ['port-restricted+linux-open', 'port-restricted+linux-open', 0],
  ['symmetric', 'symmetric', 0],
  ['symmetric-seq', 'symmetric-seq', 0],
  ['symmetric', 'port-restricted', 25],
])('the logs of %s × %s at %i ms refold without divergence, and hold neither room nor payload', async (a, b, delayMs) => {
  const room = 'a secret of this test';
  for (const [side, log] of (await recorded({ a, b, delayMs }, room)).entries()) {
    expect(refold(log)).toBeUndefined();
    if (process.env['NATPUNCH_WRITE_TRACES']) {
      mkdirSync(TRACES, { recursive: true });
      writeFileSync(join(TRACES, `udp-punch_${a}_${b}_${delayMs}ms_${side === 0 ? 'a' : 'b'}.jsonl`), log);
    }
    expect(log).not.toContain(room);
    expect(log).not.toContain(Buffer.from('payload of').toString('hex'));
    const lines = log.split('\n');
    const sent = lines.findIndex((line) => line.includes('"udp.send"') && line.includes('"data"'));
    lines[sent] = (lines[sent] ?? '').replace(/"data":"(..)/, (_, byte: string) => `"data":"${byte === '00' ? '01' : '00'}`);
    expect(refold(lines.join('\n'))).toMatchObject({ line: sent + 1 });
  }
});
