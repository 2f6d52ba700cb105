/** Recordings of pwnat's two ends: they refold to their last line, and show neither the secret nor a byte of what was carried. */
import { expect, test } from 'vitest';
import { record, type Recording } from '../../adapters/replay/record.ts';
import { replay } from '../../adapters/replay/replay.ts';
import type { WorldOptions } from '../../adapters/sim/index.ts';
import { redactor } from '../../effects/codec.ts';
import { run } from '../../effects/run.ts';
import { publicPwnatCodec, pwnatCaller, pwnatCodec, pwnatListener } from '../../machines/index.ts';
import { TunnelWorld, type TunnelOptions } from './pwnat-world.ts';

const MACHINES = { a: pwnatListener, b: pwnatCaller } as const;
const LETTER = Buffer.from('nobody else is to read this');

async function recorded(options: TunnelOptions): Promise<Readonly<Record<string, readonly string[]>>> {
  const { variant = 'pwnat', secret } = options;
  const logs: Record<string, string[]> = {};
  const recordings: Record<string, Recording> = {};
  const decorate: WorldOptions['decorate'] = (host, surroundings, { input }) => {
    const lines: string[] = (logs[host] = []);
    const header = { machine: MACHINES[host as 'a' | 'b'].id, id: host, input: input as object };
    return (recordings[host] = record({ ...surroundings, write: (line) => lines.push(line), header, redact: redactor(pwnatCodec({ variant, secret }), publicPwnatCodec(variant)) }));
  };
  const t = new TunnelWorld({ a: 'port-restricted', b: 'port-restricted+icmp-errors' }, { latencyMs: 20, decorate, ...options }).run();
  await t.visit('g');
  t.guests.ask({ type: 'tcp.send', socket: 'g', data: LETTER });
  expect(Buffer.from(await t.web.read('web/1', LETTER.length)).equals(LETTER)).toBe(true);
  const much = Buffer.concat(Array.from({ length: 8_000 }, () => LETTER));
  t.web.ask({ type: 'tcp.send', socket: 'web/1', data: much });
  expect(Buffer.from(await t.guests.read('g', much.length)).equals(much)).toBe(true);
  t.w.advance(60_000);
  t.web.ask({ type: 'close', socket: 'web/1' });
  await t.guests.ended('g');
  for (const host of ['b', 'a']) {
    recordings[host]?.told({ type: 'close' });
    t.w.running(host).actor.send({ type: 'close' });
    t.w.advance(1_000);
  }
  t.stop();
  return logs;
}

const refold = (lines: readonly string[], host: 'a' | 'b', variant: 'pwnat' | 'pypwnat') =>
  replay(`${lines.join('\n')}\n`, ({ net, clock, header }) => {
    const { actor, stop } = run(MACHINES[host], { net, clock, codec: publicPwnatCodec(variant), id: header.id, input: header.input as never });
    actor.start();
    return { stop, tell: (event) => actor.send(event as { type: 'close' }) };
  });

test.each([
  ['without a secret', {}],
  ['with a secret, on a line that loses', { secret: 'correct horse', loss: 0.05, seed: 2 }],
  ['of pypwnat', { variant: 'pypwnat', secret: 'correct horse' }],
] as const)('a session %s refolds at both ends, and shows nothing', async (_, options) => {
  const logs = await recorded(options);
  const variant = 'variant' in options ? options.variant : 'pwnat';
  for (const host of ['a', 'b'] as const) {
    const lines = logs[host] ?? [];
    expect(refold(lines, host, variant)).toBeUndefined();
    const text = lines.join('\n');
    expect([text.includes('correct horse'), text.includes(LETTER.toString('hex').slice(0, 12)), text.includes(LETTER.toString()), /"payload":27\b/.test(text)]).toEqual([false, false, false, true]);
  }
}, 20_000);

test('a log in which a piece of the stream has another length diverges', async () => {
  const { b = [] } = await recorded({});
  const at = b.findIndex((line) => line.includes('"payload":27'));
  const bare = b.map((line) => line.replace(/,"sum":"[0-9a-f]{8}"/, ''));
  bare[at] = bare[at]?.replace('"payload":27', '"payload":28') ?? '';
  expect(refold(bare, 'b', 'pwnat')).toMatchObject({ kind: 'divergence' });
});
