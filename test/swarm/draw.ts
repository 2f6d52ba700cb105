/** The nth world of a seed: everything about it drawn, and nothing else. The same seed and number give the same world for ever. */
import type { Allocation, Dependence } from '../../adapters/sim/index.ts';
import { chance, seedOf } from '../../effects/seed.ts';
import type { Fault, Host, NatSpec, Weather, WorldSpec } from './spec.ts';

/** What can be drawn of a protocol. */
export interface Drawn {
  readonly name: string;
  readonly kind: 'pair' | 'check';
  /** How it can be spoken, each as likely as the others. */
  readonly ways?: readonly string[];
  /** It keeps rooms apart, so a second pair can play beside the first. */
  readonly rooms?: true;
  /** It has no server that could fail. */
  readonly isServerless?: true;
}

const DEPENDENCES: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];

export function draw(protocols: readonly Drawn[], seed: string, n: number): WorldSpec {
  const dice = new Dice(`${seed}/${n}`);
  const protocol = dice.one(protocols);
  if (protocol === undefined) throw new Error('no protocol to draw');
  const a = nats(dice);
  const isPair = protocol.kind === 'pair';
  const near = isPair && dice.is(0.12) ? (a.length > 0 && dice.is(0.5) ? 'carrier' : 'lan') : undefined;
  const b = !isPair || near === 'lan' ? [] : near === 'carrier' ? [nat(dice)] : nats(dice);
  const couples = protocol.rooms && dice.is(0.1) ? 2 : undefined;
  const hosts: Host[] = isPair ? (couples ? ['a', 'b', 'c', 'd'] : ['a', 'b']) : ['a'];
  const latencyMs = dice.is(0.1) ? 0 : Math.round(1 + 150 * dice.next() ** 2);
  const weather = dice.is(0.5) ? weatherOf(dice) : undefined;
  const way = protocol.ways && dice.one(protocol.ways);
  const faults = Array.from({ length: dice.is(0.15) ? 0 : dice.whole(1, 3) }, () => fault(dice, hosts, protocol.isServerless === true));
  return {
    protocol: protocol.name,
    seed: `${seed}/${n}`,
    a,
    b,
    ...(near ? { near } : {}),
    ...(couples ? { couples } : {}),
    latencyMs,
    ...(weather ? { weather } : {}),
    ...(isPair && dice.is(0.4) ? { lateMs: Math.round(4_000 * dice.next() ** 3) } : {}),
    ...(dice.is(0.15) ? { clocks: { [dice.one([...hosts, 's'] as const) ?? 'a']: 0.9 + Math.round(20 * dice.next()) / 100 } } : {}),
    ...(way === undefined ? {} : { way }),
    faults: faults.filter((one) => one !== undefined),
    end: { of: dice.is(0.5) ? 'first' : 'second', how: dice.is(0.6) ? 'close' : dice.is(0.5) ? 'killed' : 'unplugged' },
  };
}

/** Home, carrier over home, firewall, or nothing. */
function nats(dice: Dice): NatSpec[] {
  const kind = dice.next();
  if (kind < 0.12) return [];
  if (kind < 0.2) return [wall(dice)];
  if (kind < 0.75) return [nat(dice)];
  if (kind < 0.92) return [nat(dice), carrier(dice)];
  return [wall(dice), nat(dice)];
}

function wall(dice: Dice): NatSpec {
  return { ports: { kind: 'none' }, ...choice('filtering', dice.one(DEPENDENCES)), ...flag('rst', dice.is(0.3)) };
}

function carrier(dice: Dice): NatSpec {
  return dice.is(0.6) ? { ...flag('hairpin', dice.is(0.4)) } : nat(dice);
}

function nat(dice: Dice): NatSpec {
  const varies = dice.is(0.35);
  const mapping = varies ? (dice.is(0.75) ? 'address-and-port-dependent' : 'address-dependent') : undefined;
  return {
    ...(mapping ? { mapping } : {}),
    ...choice('filtering', dice.one(DEPENDENCES)),
    ...choice('ports', ports(dice, varies)),
    ...flag('parity', dice.is(0.05)),
    ...flag('hairpin', dice.is(0.25)),
    ...flag('rst', dice.is(0.2)),
    ...flag('clash', mapping !== 'address-dependent' && dice.is(0.12)),
    ...flag('icmpErrors', dice.is(0.3)),
    ...(dice.is(0.04) ? { blocked: [dice.is(0.5) ? 'udp' : 'icmp'] as const } : {}),
    ...(dice.is(0.12) ? { table: { size: dice.whole(3, 60), eviction: dice.is(0.7) ? 'oldest' : 'refuse' } as const } : {}),
    ...(dice.is(0.1) ? { lifetimeS: dice.whole(2, 40) } : {}),
  };
}

function ports(dice: Dice, varies: boolean): Allocation | undefined {
  const kind = dice.next();
  if (!varies && kind < 0.6) return undefined;
  if (kind < 0.68) return { kind: 'preserve', clash: dice.one(varies ? ['next', 'random'] as const : ['next', 'random', 'drop'] as const) ?? 'next' };
  if (kind < 0.82) return { kind: 'sequential', step: dice.one([1, 1, 1, 2, 3, -1, -2, 4, 17]) ?? 1, noisePerSecond: dice.is(0.7) ? 0 : dice.whole(1, 200) };
  if (kind < 0.93) return { kind: 'random' };
  return { kind: 'block', size: dice.one([2, 16, 64, 512, 4_096]) ?? 64 };
}

function weatherOf(dice: Dice): Weather {
  const share = (odds: number, most: number): number => (dice.is(odds) ? Math.round(1_000 * most * dice.next()) / 1_000 : 0);
  return { jitterMs: dice.is(0.5) ? dice.whole(0, 60) : 0, loss: share(0.7, 0.3), duplicate: share(0.4, 0.15), reorder: share(0.4, 0.15) };
}

/** Most faults come while an attempt is under way. */
function fault(dice: Dice, hosts: readonly Host[], isServerless: boolean): Fault | undefined {
  const at = Math.round(dice.is(0.7) ? 1_500 * dice.next() ** 1.5 : 20_000 * dice.next());
  const host = dice.one(hosts) ?? 'a';
  const target = dice.is(0.3) && !isServerless ? 's' : host;
  const ms = Math.round(10 + 12_000 * dice.next() ** 3);
  const how = dice.is(0.5) ? 'killed' : 'unplugged';
  switch (dice.whole(0, 6)) {
    case 0:
      return { kind: 'reboot', at, host };
    case 1:
      return { kind: 'flood', at, host, flows: dice.whole(1, 80) };
    case 2:
      return { kind: 'partition', at, host: target, ms };
    case 3:
      return { kind: 'crash', at, host, how, ms };
    case 4:
      return isServerless ? undefined : { kind: 'outage', at, how, ms };
    case 5:
      return { kind: 'junk', at, host: target, count: dice.whole(1, 12), size: dice.whole(0, 120) };
    default:
      return { kind: 'knock', at, host: target, count: dice.whole(1, 6), size: dice.whole(0, 120) };
  }
}

function flag<K extends string>(name: K, isSet: boolean): Partial<Record<K, true>> {
  return isSet ? ({ [name]: true } as Record<K, true>) : {};
}

/** Absent where it is as usual. */
function choice<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}

class Dice {
  readonly #seed: number;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seedOf(seed, 'world');
  }

  next(): number {
    return chance(this.#seed, (this.#drawn += 1));
  }

  is(odds: number): boolean {
    return this.next() < odds;
  }

  /** Both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  one<T>(some: readonly T[]): T | undefined {
    return some[Math.floor(this.next() * some.length)];
  }
}
