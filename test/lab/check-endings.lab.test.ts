/**
 * Checks through real NATs that are recorded refold, and checks that are cut short leave no socket. With NATPUNCH_WRITE_TRACES
 * set the logs become test/traces/, which `npm test` refolds.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { replay } from '../../adapters/replay/index.ts';
import { run } from '../../effects/run.ts';
import { stunClient } from '../../machines/nat-check/stun-client.ts';
import { checkCodec } from '../../machines/nat-check/stun-messages.ts';
import { SOCKETS } from '../../machines/nat-check/stun-questions.ts';
import type { CheckInput } from '../../machines/nat-check/stun-session.ts';
import type { Timed } from './check-agent.ts';
import { ALTERNATE, SERVER } from './check-benches.ts';
import { type Agent, buildLab, type Lab, type LabSpec } from './lab.ts';
import { portraitOf, truthOf } from './nat-truth.ts';

const TRACES = join(import.meta.dirname, '../traces');
const AGENT = new URL('check-agent.ts', import.meta.url);

interface Place {
  readonly lab: Lab;
  readonly a: Agent;
}

async function place(spec: LabSpec): Promise<Place> {
  const lab = await buildLab(spec);
  onTestFinished(() => lab.dispose());
  const [a, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('s', AGENT)]);
  await s.call('serve', [SERVER, ALTERNATE]);
  return { lab, a };
}

const refold = (log: string): ReturnType<typeof replay> =>
  replay(log, ({ net, clock, header }) => {
    const { actor, stop } = run(stunClient, { net, clock, codec: checkCodec(), id: header.id, input: header.input as unknown as CheckInput });
    actor.start();
    return { stop, tell: (event) => event.type === 'close' && actor.send({ type: 'close' }) };
  });

test.each([
  ['firewall', 0],
  ['full-cone+hairpin', 0],
  ['port-restricted', 0],
  ['restricted', 25],
  ['symmetric-seq+step=2', 0],
  ['udp-blocked', 0],
])('the log of a check behind %s at %i ms refolds without divergence', async (name, delayMs) => {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-lab-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.jsonl');
  const here = await place({ a: name, delayMs });
  const { outcome } = await here.a.call<Timed>('check', [[SERVER], file]);
  expect(await socketsIn(here)).toEqual([]);
  const log = readFileSync(file, 'utf8');
  expect(portraitOf(outcome)).toEqual(truthOf(name));
  expect(refold(log)).toBeUndefined();
  if (process.env['NATPUNCH_WRITE_TRACES']) {
    mkdirSync(TRACES, { recursive: true });
    writeFileSync(join(TRACES, `stun-check_${name}_${delayMs}ms.jsonl`), log);
  }
  const lines = log.split('\n');
  const sent = lines.findIndex((line) => line.includes('"udp.send"'));
  lines[sent] = (lines[sent] ?? '').replace(/"data":"(..)/, (_, byte: string) => `"data":"${byte === '00' ? '01' : '00'}`);
  expect(refold(lines.join('\n'))).toMatchObject({ line: sent + 1 });
});

async function socketsIn({ lab }: Place): Promise<string[]> {
  return (await lab.run('a', ['ss', '-Huna'])).split('\n').filter((line) => line !== '');
}

/** Behind the first it asks in vain. To the other the way is so long that it waits for silence for a second, once it has opened its mappings. */
test.each([
  ['udp-blocked', 0, 0],
  ['port-restricted', 200, 13],
])('a check behind %s that is closed at once or half-way, or killed, leaves no socket', async (name, delayMs, mappings) => {
  const here = await place({ a: name, delayMs });
  expect(await here.a.call('cutShort', [[SERVER]])).toMatchObject({ kind: 'failed', reason: 'interrupted' });
  expect(await socketsIn(here)).toEqual([]);
  const begun = async (before: number): Promise<void> => {
    await here.a.call('beginCheck', [[SERVER]]);
    while ((await here.lab.conntrack('nat-a')).length < before + mappings);
    expect(await socketsIn(here)).toHaveLength(SOCKETS.length);
  };
  await begun(0);
  await here.a.call('closeCheck');
  expect(await socketsIn(here)).toEqual([]);
  await begun((await here.lab.conntrack('nat-a')).length);
  await here.a.stop();
  expect(await socketsIn(here)).toEqual([]);
});
