/** The contract through a recorder: what is written down passes unchanged, and what was written is a log. */
import { afterEach, expect } from 'vitest';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { isBadLog, readLog } from '../../adapters/replay/log.ts';
import { record } from '../../adapters/replay/record.ts';
import { world } from '../../adapters/sim/index.ts';
import type { Clock } from '../../effects/clock.ts';
import type { Net } from '../../effects/net.ts';
import { describeNet } from './contract.ts';
import { until } from './real-time.ts';

let logs: string[][] = [];

afterEach(() => {
  const written = logs;
  logs = [];
  for (const lines of written) {
    const log = readLog(lines.join('\n'));
    expect(isBadLog(log) ? log.message : 'a log').toBe('a log');
  }
});

describeNet('simulated internet, recorded', { tcp: 'unsupported' }, () => {
  const internet = world({ a: 'open', b: 'open' }, { latencyMs: 20 });
  const host = (name: string) => ({ net: recorded(internet.host(name).net(), internet.clock), address: internet.address(name) });
  return {
    a: host('a'),
    b: host('b'),
    until: async (met, what) => {
      for (let ms = 0; !met() && ms < 60_000; ms += 1) internet.advance(1);
      if (!met()) throw new Error(`${what} did not happen`);
    },
  };
});

describeNet('node, loopback, recorded', { tcp: 'carried' }, () => {
  const host = () => ({ net: recorded(nodeNet(), nodeClock()), address: '127.0.0.1' });
  return { a: host(), b: host(), until };
});

/** A recording is of one machine, so each subscription has its own. */
function recorded(net: Net, clock: Clock): Net {
  return (effects) => {
    const lines: string[] = [];
    logs.push(lines);
    const header = { machine: 'none', input: null, id: 'a' };
    return record({ net, clock, write: (line) => lines.push(line), header, redact: (data) => data }).net(effects);
  };
}
