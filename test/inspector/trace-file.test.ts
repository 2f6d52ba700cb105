/** A trace that is written while its run goes on: the same lines as of one that is over, and there before it ends. */
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/index.ts';
import { TraceFile } from '../../cli/inspector/trace-file.ts';
import { writeTrace } from '../../cli/inspector/trace/format.ts';
import { traceWorld } from '../../cli/inspector/trace/sim.ts';
import { Tracer } from '../../cli/inspector/trace/tracer.ts';
import { PROTOCOLS } from '../../cli/scenarios.ts';

test.each(PROTOCOLS.map(({ name, scenario }) => ({ name, scenario })))('$name, written in parts, is what it is when written at once', ({ scenario }) => {
  const text = { parts: '', whole: '' };
  let writes = 0;
  let file: TraceFile | undefined;
  const parts = new Tracer({ title: 'one', origin: 'sim', many: 1, whenMany: () => file?.write() });
  const whole = new Tracer({ title: 'one', origin: 'sim' });
  file = new TraceFile({
    write: (lines) => {
      writes += 1;
      text.parts += `${lines}\n`;
    },
    close: () => undefined,
  });
  file.follow(parts);
  for (const tracer of [parts, whole]) {
    const w = world({ a: 'symmetric-seq', b: 'port-restricted' }, { latencyMs: 20 });
    const end = traceWorld(tracer, w);
    w.run(scenario).stop();
    end();
  }
  expect(writes).toBeGreaterThan(10);
  file.end();
  text.whole = writeTrace(whole.trace());
  expect(text.parts).toBe(text.whole);
});

test('of several runs the first is written, and without any an empty file is left', () => {
  const written: string[] = [];
  const file = new TraceFile({ write: (lines) => void written.push(lines), close: () => void written.push('closed') });
  file.write();
  file.end();
  expect(written.splice(0)).toEqual(['closed']);
  for (const title of ['one', 'other']) file.follow(new Tracer({ title, origin: 'sim' }));
  file.end();
  expect(written).toEqual([expect.stringContaining('"title":"one"'), '{"done":true}', 'closed']);
});
