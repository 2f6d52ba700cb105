/** The contract on the simulated internet: two public hosts, virtual time. */
import { world } from '../../adapters/sim/index.ts';
import { describeNet } from './contract.ts';

/** Ms of virtual time, well beyond any journey of these hosts. */
const DEADLINE_MS = 60_000;

describeNet('simulated internet', () => {
  const internet = world({ a: 'open', b: 'open' }, { latencyMs: 20 });
  const { clock } = internet;
  const host = (name: string) => ({ net: internet.host(name).net(), address: internet.address(name) });
  return {
    a: host('a'),
    b: host('b'),
    until: async (met, what) => {
      const deadline = clock.now() + DEADLINE_MS;
      while (!met() && clock.now() < deadline) internet.advance(1);
      if (!met()) throw new Error(`${what} did not happen within ${DEADLINE_MS} ms of virtual time`);
    },
  };
}, { icmp: true });
