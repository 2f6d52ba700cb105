/**
 * Many labs for checks: every lab holds two NATs, one on either side, and a STUN server of ours on s.
 *
 * For: asking every NAT the same questions in the time of a few.
 * Never: asks anything itself; says nothing about what a NAT should do.
 */
import { buildLab, type Agent, type Lab, type LabSpec } from './lab.ts';

/** Where our server listens: A1:P1 and A2:P2. */
export const SERVER = { host: '198.18.0.2', port: 3478 } as const;
export const ALTERNATE = { host: '198.18.0.3', port: 3479 } as const;

/** One NAT with a host behind it that can check. */
export interface Bench {
  readonly lab: Lab;
  readonly node: 'a' | 'b';
  readonly agent: Agent;
  /** The worker in s. */
  readonly server: Agent;
}

/** Checks wait most of their time, so a few labs disturb each other little; not at all while figures are taken. */
const LABS_AT_ONCE = process.env['NATPUNCH_WRITE_FIGURES'] ? 1 : 4;
const AGENT = new URL('check-agent.ts', import.meta.url);

/** Does the work behind each of these NATs. `prepare` is done to each lab before. */
export async function behindEach<T>(
  names: readonly string[],
  work: (bench: Bench, name: string) => Promise<T>,
  { prepare, ...spec }: Omit<LabSpec, 'a' | 'b'> & { readonly prepare?: (lab: Lab) => Promise<unknown> } = {},
): Promise<ReadonlyMap<string, T>> {
  const results = new Map<string, T>();
  const left = [...names];
  const worker = async (): Promise<void> => {
    for (let [a, b] = left.splice(0, 2); a !== undefined; [a, b] = left.splice(0, 2)) {
      const lab = await buildLab({ ...spec, a, ...(b === undefined ? {} : { b }) });
      try {
        await prepare?.(lab);
        const server = await lab.agent('s', AGENT);
        await server.call('serve', [SERVER, ALTERNATE]);
        const sides = [['a', a], ...(b === undefined ? [] : [['b', b] as const])] as const;
        await Promise.all(sides.map(async ([node, name]) => results.set(name, await work({ lab, node, agent: await lab.agent(node, AGENT), server }, name))));
      } finally {
        await lab.dispose();
      }
    }
  };
  await Promise.all(Array.from({ length: LABS_AT_ONCE }, worker));
  return results;
}

/** Loses so many of 100 UDP packets in the core, whichever way they go. */
export async function loseUdp(lab: Lab, percent: number): Promise<void> {
  const rules = `table ip loss {
  chain forward {
    type filter hook forward priority filter; policy accept;
    meta l4proto udp numgen random mod 100 < ${percent} drop
  }
}
`;
  await lab.run('core', ['nft', '-f', '-'], rules);
}
