/** The table of NAT pairs in the docs and in the README is what the simulated internet does; `npx vitest -u` writes it anew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { udpPunch } from '../../machines/udp-punch/index.ts';
import { canMeetPlainly, NATS } from './oracle.ts';
import { play } from './play.ts';

const ROOT = join(import.meta.dirname, '../..');

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(): string {
  const cell = (a: string, b: string): string => {
    const { a: outcome, both } = play(udpPunch, a, b, { seed: 'table', latencyMs: 20 });
    if (!both || outcome?.kind !== 'connected') return '·';
    return `${Math.round((outcome.elapsedMs / 40) * 10) / 10} rtt${canMeetPlainly(a, b) ? '' : '*'}`;
  };
  return [
    row(['a \\ b', ...NATS]),
    row(['---', ...NATS.map(() => '---')]),
    ...NATS.map((a) => row([a, ...NATS.map((b) => cell(a, b))])),
  ].join('\n');
}

test('the table of NAT pairs is what the simulator measures', async () => {
  const page = [
    '# Who meets whom by UDP punching',
    '',
    'Time until a is connected, in round trips of 40 ms, or · where no hole can exist. * marks pairs whose ports were guessed: told from the last ones where a NAT counts, tried by the hundred where it draws them. Written by `test/grid/nat-pairs.test.ts`.',
    '',
    table(),
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot(join(ROOT, 'docs/nat-pairs.md'));
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(table());
});
