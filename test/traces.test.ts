/** Logs of real runs refold: what a machine asked then, it asks now. A log from the field becomes a test by being put into test/traces. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replay } from '../adapters/replay/index.ts';
import { recordable } from '../cli/machines.ts';
import { run } from '../effects/run.ts';

const FOLDER = join(import.meta.dirname, 'traces');

test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl')))('%s', (name) => {
  const difference = replay(readFileSync(join(FOLDER, name), 'utf8'), ({ net, clock, header }) => {
    const recorded = recordable(header.machine);
    if (!recorded) throw new Error(`no machine is named ${header.machine}`);
    const { actor, stop } = run(recorded.machine, { net, clock, codec: recorded.publicCodec(header.input), id: header.id, input: header.input });
    actor.start();
    return { stop, tell: (event) => actor.send(event) };
  });
  expect(difference).toBeUndefined();
});
