/** The statecharts and what they name: an action, guard or delay that no state uses is dead, and no tool sees it, for states name them by strings. */
import type { AnyStateMachine } from 'xstate';
import { expect, test } from 'vitest';
import { endings } from '../../machines/endings.ts';
import * as machines from '../../machines/index.ts';

const CHARTS = Object.values(machines).filter((one): one is typeof one & AnyStateMachine => typeof one === 'object' && 'implementations' in one);

/** Not every machine can end in each of these ways. */
const ENDINGS = Object.keys(endings());

test('there are all of them', () => {
  expect(CHARTS.map(({ id }) => id).toSorted()).toEqual([
    'n4/peer', 'n4/server', 'nat-check/assist', 'nat-check/client', 'nat-check/server', 'pwnat/caller', 'pwnat/listener', 'seed-udp/peer', 'seed-udp/server',
    'stun/client', 'stun/server', 'tcp-open/peer', 'tcp-open/rendezvous', 'udp-punch/peer', 'udp-punch/rendezvous',
  ]);
});

test.each(CHARTS.map((chart) => [chart.id, chart as AnyStateMachine] as const))('%s uses every action, guard and delay that it has', (_id, { config, implementations }) => {
  const chart = JSON.stringify(config);
  const { actions, guards, delays } = implementations;
  const names = [...Object.keys(actions ?? {}), ...Object.keys(guards ?? {}), ...Object.keys(delays ?? {})];
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !ENDINGS.includes(name) && !chart.includes(`"${name}"`))).toEqual([]);
});
