/** The inspector and its recordings know no protocol: whatever machine there is, or will be, is seen by itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/index.ts';
import { readStatechart } from '../../cli/inspector/page/chart/statechart.ts';
import { traceWorld } from '../../cli/inspector/trace/sim.ts';
import { Tracer } from '../../cli/inspector/trace/tracer.ts';
import { recordable } from '../../cli/machines.ts';
import { everyMachine } from '../page/machines.ts';
import { knock } from '../sim/knock.ts';
import { ofKind } from './traced.ts';

const INSPECTOR = join(import.meta.dirname, '../../cli/inspector');

test('no part of it imports a machine, but the list of what the playground can play', () => {
  const files = readdirSync(INSPECTOR, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  const importing = files.filter((name) => /from '[^']*\/machines\//.test(readFileSync(join(INSPECTOR, name), 'utf8')));
  expect(files.length).toBeGreaterThan(60);
  expect(importing).toEqual(['page/play/casts.ts']);
});

test('no part of it names a message, a state or a machine of a protocol', () => {
  const names = new Set(everyMachine.flatMap(({ id }) => [id, ...id.split('/').slice(0, 1)]));
  const isNamed = (text: string): readonly string[] => [...names].filter((name) => new RegExp(`'${name}[/'.]`).test(text));
  const files = readdirSync(INSPECTOR, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && !name.startsWith('page/play/'));
  expect(files.flatMap((name) => isNamed(readFileSync(join(INSPECTOR, name), 'utf8')).map((word) => `${name}: ${word}`))).toEqual([]);
});

test('every machine that exists can be recorded, and has a chart', () => {
  expect(everyMachine.length).toBeGreaterThan(10);
  for (const { id } of everyMachine) expect(recordable(id)?.machine.id, id).toBe(id);
});

test('a machine that nobody has seen before is there with its chart, states, messages and outcome', () => {
  const tracer = new Tracer({ title: 'knock', origin: 'sim' });
  const w = world({ a: 'port-restricted', b: 'restricted' }, { latencyMs: 20 });
  const end = traceWorld(tracer, w);
  w.run(knock).stop();
  end();
  const trace = tracer.trace();
  const charts = new Map(ofKind(trace, 'machine').map(({ machine, definition }) => [machine, readStatechart(definition)]));
  expect([...charts.keys()].toSorted()).toEqual(['peer', 'server']);
  expect(charts.get('peer')?.root.children.map(({ key }) => key)).toContain('asking');
  expect(ofKind(trace, 'snapshot').some(({ actor, value }) => actor === 'a' && value === 'asking')).toBe(true);
  expect(new Set(ofKind(trace, 'packet').flatMap(({ content }) => content?.label ?? []))).toEqual(new Set(['hello', 'peer', 'knock']));
  expect(ofKind(trace, 'outcome').map(({ actor }) => actor).toSorted()).toEqual(['a', 'b']);
});
