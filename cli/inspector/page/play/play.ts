/** Plays a protocol on the simulated internet, here in the page, and gives its trace. Virtual time: it takes as long as it takes to compute. */
import { natFlavour } from '../../../../adapters/sim/flavours.ts';
import { world } from '../../../../adapters/sim/world.ts';
import { traceWorld } from '../../trace/sim.ts';
import type { Trace } from '../../trace/trace.ts';
import { Tracer } from '../../trace/tracer.ts';
import { castOf } from './casts.ts';

/** Everything that decides a run: the same choice, the same run. */
export interface Choice {
  readonly protocol: string;
  readonly a: string;
  readonly b: string;
  readonly latency: number;
  readonly loss: number;
  readonly seed: string;
}

export const FIRST_CHOICE: Choice = { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted', latency: 20, loss: 0, seed: '1' };

/** Virtual time that a run may take; every machine here ends by itself before. */
const MAX_MS = 120_000;

/** Throws what a machine throws, and `UnknownNat`. */
export function play(choice: Choice): Trace {
  const { protocol, a, b, latency, loss, seed } = choice;
  const cast = castOf(protocol);
  const nats: Readonly<Record<string, string>> = { a, b };
  const places = Object.fromEntries(cast.hosts.map((host) => [host, nats[host] ?? 'open']));
  const tracer = new Tracer({ title: titleOf(choice), origin: 'sim' });
  const w = world(places, { seed, latencyMs: latency, loss, maxMs: MAX_MS, servers: cast.servers, keep: false });
  const end = traceWorld(tracer, w, places);
  try {
    w.run(cast.scenario);
    w.stop();
  } finally {
    end();
  }
  return tracer.trace();
}

export function titleOf({ protocol, a, b, latency, loss, seed }: Choice): string {
  const cast = castOf(protocol);
  const nats = cast.hosts.length > 1 ? `${a} × ${b}` : a;
  return `${protocol}: ${nats}, ${latency} ms${loss > 0 ? `, ${loss * 100} % lost` : ''}, seed ${seed}`;
}

/** Undefined when the name means a NAT; else why not. */
export function natFault(name: string): string | undefined {
  try {
    natFlavour(name);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** From and to the address bar, so that a run can be shown to somebody by its address. */
export function choiceOf(hash: string): Choice | undefined {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const protocol = given.get('protocol');
  if (protocol === null) return undefined;
  const number = (name: string, otherwise: number, most: number): number => {
    const value = Number(given.get(name) ?? otherwise);
    return Number.isFinite(value) && value >= 0 ? Math.min(most, value) : otherwise;
  };
  return {
    protocol: castOf(protocol).name,
    a: given.get('a') ?? FIRST_CHOICE.a,
    b: given.get('b') ?? FIRST_CHOICE.b,
    latency: number('latency', FIRST_CHOICE.latency, 5000),
    loss: number('loss', FIRST_CHOICE.loss, 1),
    seed: given.get('seed') ?? FIRST_CHOICE.seed,
  };
}

export function hashOf(choice: Choice): string {
  return `#${new URLSearchParams(Object.entries(choice).map(([key, value]) => [key, String(value)])).toString()}`;
}
