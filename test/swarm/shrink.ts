/** Makes a world that breaks a promise smaller, as long as it breaks the same one: fewest faults first, then the plainest world. */
import { calmAt, type Fault, type NatSpec, type WorldSpec } from './spec.ts';

/** `breaks` plays a world and says whether it breaks the rule in question. At most so many are played. */
export function shrunk(spec: WorldSpec, breaks: (smaller: WorldSpec) => boolean, plays = 300): WorldSpec {
  let least = spec;
  let left = plays;
  for (let found = true; found && left > 0; ) {
    found = false;
    for (const smaller of smallerThan(least)) {
      if (left <= 0) break;
      left -= 1;
      if (!breaks(smaller)) continue;
      least = smaller;
      found = true;
      break;
    }
  }
  return least;
}

/** What shrinking makes less. */
export function sizeOf(spec: WorldSpec): number {
  const nats = [...spec.a, ...spec.b];
  const words = nats.reduce((sum, nat) => sum + 1 + Object.keys(nat).length, 0);
  const rest = [spec.near, spec.couples, spec.weather, spec.lateMs, spec.clocks, spec.way].filter((one) => one !== undefined).length;
  return 1_000 * spec.faults.length + 10 * (words + rest) + Math.min(9, calmAt(spec) / 5_000);
}

/** The next ones to try, those that take most away first. */
export function smallerThan(spec: WorldSpec): readonly WorldSpec[] {
  const { near, couples, weather, lateMs, clocks, way, ...bare } = spec;
  const all = { ...bare, ...(near ? { near } : {}), ...(couples ? { couples } : {}), ...(weather ? { weather } : {}), ...(lateMs ? { lateMs } : {}), ...(clocks ? { clocks } : {}), ...(way === undefined ? {} : { way }) };
  const without = (...keys: (keyof WorldSpec)[]): WorldSpec => Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key as keyof WorldSpec))) as unknown as WorldSpec;
  return [
    ...(spec.faults.length + spec.a.length + spec.b.length > 1 ? [{ ...bare, faults: [], a: [], b: [] }, { ...bare, faults: [] }, { ...all, faults: [] }, { ...all, a: [], b: [] }] : []),
    ...spec.faults.map((_, n) => ({ ...all, faults: spec.faults.filter((__, i) => i !== n) })),
    ...(weather ? [without('weather'), ...Object.keys(weather).map((key) => ({ ...all, weather: Object.fromEntries(Object.entries(weather).filter(([one]) => one !== key)) }))] : []),
    ...(couples ? [{ ...without('couples'), faults: spec.faults.filter((fault) => !('host' in fault) || (fault.host !== 'c' && fault.host !== 'd')) }] : []),
    ...(clocks ? [without('clocks')] : []),
    ...(near ? [without('near')] : []),
    ...(lateMs ? [without('lateMs')] : []),
    ...(way === undefined ? [] : [without('way')]),
    ...natsBelow(spec.a).map((a) => ({ ...all, a })),
    ...natsBelow(spec.b).map((b) => ({ ...all, b })),
    ...(spec.latencyMs !== 20 ? [{ ...all, latencyMs: 20 }] : []),
    ...(spec.end.how !== 'close' || spec.end.of !== 'first' ? [{ ...all, end: { of: 'first', how: 'close' } as const }] : []),
    ...spec.faults.flatMap((fault, n) => faultsBelow(fault).map((less) => ({ ...all, faults: spec.faults.map((one, i) => (i === n ? less : one)) }))),
  ];
}

function natsBelow(nats: readonly NatSpec[]): readonly (readonly NatSpec[])[] {
  return nats.flatMap((nat, n) => {
    const others = (instead: readonly NatSpec[]): readonly NatSpec[] => [...nats.slice(0, n), ...instead, ...nats.slice(n + 1)];
    const plainer = Object.keys(nat).map((key) => others([Object.fromEntries(Object.entries(nat).filter(([one]) => one !== key))]));
    return [others([]), ...plainer];
  });
}

/** Half as long, half as many, at a round time. */
function faultsBelow(fault: Fault): readonly Fault[] {
  return [
    ...('count' in fault && fault.count > 1 ? [{ ...fault, count: Math.floor(fault.count / 2) }] : []),
    ...('size' in fault && fault.size > 0 ? [{ ...fault, size: Math.floor(fault.size / 2) }] : []),
    ...('flows' in fault && fault.flows > 1 ? [{ ...fault, flows: Math.floor(fault.flows / 2) }] : []),
    ...('ms' in fault && fault.ms > 10 ? [{ ...fault, ms: Math.floor(fault.ms / 2) }] : []),
    ...('how' in fault && fault.how !== 'killed' ? [{ ...fault, how: 'killed' as const }] : []),
  ];
}
