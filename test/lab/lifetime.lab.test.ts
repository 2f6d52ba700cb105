/**
 * How long mappings live: `+lifetime`, measured with bare sockets on the real kernel, and asked of the simulator too.
 *
 * For: proving that silence ends a mapping and that a packet either way keeps it.
 * Never: uses the project's own protocol code.
 */
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/index.ts';
import { Port } from '../sim/port.ts';
import { fresh, name, openAt, PUBLIC_A, rig, seenBy, SERVERS } from './rig.ts';
import type { At, Heard } from './probe.ts';

/** Seconds of `+lifetime`, and silences that are surely shorter and longer, in ms: a busy machine adds to both. */
const LIFETIME = 2;
const SHORTER_MS = 1_200;
const LONGER_MS = 2_400;
const PORT = 40_000;

/** One life of a mapping, told by what arrives: kept by packets in, kept by packets out, ended by silence. */
interface Life {
  readonly keptByArrivals: readonly boolean[];
  /** Whether a new port of the same remote, written to after arrivals alone, sees the port that was there before. */
  readonly isPortShared: boolean;
  readonly keptByDepartures: boolean;
  readonly isPortKept: boolean;
  readonly afterSilence: { readonly old: boolean; readonly stranger: boolean; readonly samePort: boolean };
}

const ALIVE = (isPortShared: boolean, afterSilence: Life['afterSilence']): Life => ({ keptByArrivals: [true, true], isPortShared, keptByDepartures: true, isPortKept: true, afterSilence });
const NOTHING = { old: false, stranger: false };

const EXPECTED: readonly (readonly [string, Life])[] = [
  [`firewall+lifetime=${LIFETIME}`, ALIVE(true, { ...NOTHING, samePort: true })],
  [`full-cone+lifetime=${LIFETIME}`, ALIVE(true, { ...NOTHING, samePort: true })],
  [`restricted+randport+lifetime=${LIFETIME}`, ALIVE(true, { ...NOTHING, samePort: false })],
  [`port-restricted+lifetime=${LIFETIME}+cgn`, ALIVE(true, { ...NOTHING, samePort: true })],
  [`port-restricted+block=64+lifetime=${LIFETIME}`, ALIVE(true, { ...NOTHING, samePort: false })],
  [`symmetric+lifetime=${LIFETIME}`, ALIVE(false, { ...NOTHING, samePort: false })],
  [`symmetric-addr+lifetime=${LIFETIME}`, ALIVE(true, { ...NOTHING, samePort: false })],
  [`symmetric-open+lifetime=${LIFETIME}`, ALIVE(false, { ...NOTHING, samePort: false })],
  [`symmetric-seq+lifetime=${LIFETIME}`, ALIVE(false, { ...NOTHING, samePort: false })],
];

/** What both worlds can do: send out and see from where it came, send in and see whether it arrived, and wait. */
interface Ground {
  out(to: At): Promise<At>;
  in(from: At, to: At): Promise<boolean>;
  pass(ms: number): Promise<void>;
}

async function lifeOf(ground: Ground): Promise<Life> {
  const [server, stranger] = [SERVERS[0], SERVERS[3]];
  const outside = await ground.out(server);
  const keptByArrivals: boolean[] = [];
  for (let n = 0; n < 2; n += 1) {
    await ground.pass(SHORTER_MS);
    keptByArrivals.push(await ground.in(server, outside));
  }
  await ground.pass(SHORTER_MS);
  const isPortShared = (await ground.out(SERVERS[1]))[1] === outside[1];
  const again = await ground.out(server);
  await ground.pass(SHORTER_MS);
  const keptByDepartures = await ground.in(server, outside);
  await ground.pass(LONGER_MS);
  const afterSilence = { old: await ground.in(server, outside), stranger: await ground.in(stranger, outside), samePort: (await ground.out(server))[1] === outside[1] };
  return { keptByArrivals, isPortShared, keptByDepartures, isPortKept: again[1] === outside[1], afterSilence };
}

async function kernel(flavour: string): Promise<Ground> {
  const bench = await rig({ a: flavour });
  await openAt(bench.a, PORT);
  const arrives = async (text: string, timeoutMs: number): Promise<boolean> => (await bench.a.call<Heard[]>('wait', [String(PORT), text, timeoutMs])).length > 0;
  return {
    out: async (to) => (await seenBy(bench.a, PORT, bench.s, to))?.from ?? [PUBLIC_A, 0],
    in: async (from, to) => {
      const text = fresh();
      await bench.s.call('send', [name(from), to, [text]]);
      return arrives(text, 100);
    },
    pass: async (ms) => void (await arrives(fresh(), ms)),
  };
}

function simulator(flavour: string): Ground {
  const w = world({ a: flavour });
  const [a, s] = [new Port(w.host('a')).open('a', { port: PORT }), new Port(w.host('s'))];
  for (const [host, port] of SERVERS) s.open(name([host, port]), { host, port });
  return {
    out: async (to) => {
      a.send('a', name(to), fresh());
      w.advance(50);
      const [, host = '', port = ''] = /<(.*):(\d+) /.exec(s.received().at(-1) ?? '') ?? [];
      return [host, Number(port)];
    },
    in: async (from, to) => {
      const text = fresh();
      s.send(name(from), name(to), text);
      w.advance(50);
      return a.received().some((line) => line.endsWith(` ${text}`));
    },
    pass: async (ms) => void w.advance(ms),
  };
}

test('a UDP mapping dies of silence and of nothing else, in every kind of NAT; the simulator says the same', async () => {
  const seen = await Promise.all(EXPECTED.map(async ([flavour]) => [flavour, await lifeOf(await kernel(flavour))] as const));
  expect(seen).toEqual(EXPECTED);
  for (const [flavour, life] of EXPECTED) expect([flavour, await lifeOf(simulator(flavour))]).toEqual([flavour, life]);
});
