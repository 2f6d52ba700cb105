/** A STUN check that is stopped, recorded or repeated: nothing stays open, a log refolds, the same seed sends the same bytes. */
import { describe, expect, test } from 'vitest';
import { record, type Recording } from '../../adapters/replay/record.ts';
import { replay } from '../../adapters/replay/replay.ts';
import { world, type World, type WorldOptions } from '../../adapters/sim/world.ts';
import { recordable } from '../../cli/machines.ts';
import { redactor } from '../../effects/codec.ts';
import { run } from '../../effects/run.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import type { Checked } from '../../machines/nat-check/stun-session.ts';
import { checkCodec } from '../../machines/nat-check/stun-messages.ts';
import { stunCheck } from '../../machines/nat-check/stun-scenario.ts';
import type { Failed } from '../../machines/outcome.ts';
import { checkWith, WHOLE_SERVER } from './servers.ts';

const NATS = ['open', 'firewall', 'full-cone+hairpin', 'restricted', 'port-restricted+cgn', 'symmetric', 'symmetric-seq', 'udp-blocked'];
const LOSSY: WorldOptions = { latencyMs: 20, loss: 0.1, seed: 5 };

describe.each(NATS)('%s', (nat) => {
  test('stopped in any 10 ms it ends at once, as interrupted, and leaves nothing', () => {
    const whole = endOf(world({ a: nat }, { ...LOSSY, keep: false }).run(stunCheck, { settleMs: 0 }));
    for (let stopMs = 0; stopMs <= whole + 10; stopMs += 10) {
      const w = world({ a: nat }, { ...LOSSY, keep: false });
      w.clock.setTimeout(() => close(w), stopMs);
      w.run(stunCheck, { settleMs: 0 });
      // The servers go on; of the check nothing is left, before anything else is stopped.
      expect([stopMs, w.leaks().filter((leak) => leak.startsWith('a:')), w.host('a').openSockets()]).toEqual([stopMs, [], []]);
      const [said, ...more] = w.outcomes<Checked | Failed>('a');
      expect(more).toEqual([]);
      if (stopMs < whole) expect([said?.at, said?.outcome]).toMatchObject([stopMs, { kind: 'failed', reason: 'interrupted' }]);
      expect(w.stop().leaks()).toEqual([]);
    }
  }, 60_000);

  test('stopped after any event that it hears it leaves nothing', () => {
    let all = 0;
    // The first run counts the events, the others stop at one each.
    for (let at = -1; at < all; at += 1) {
      let heard = 0;
      const w: World = world({ a: nat }, {
        ...LOSSY,
        keep: false,
        inspect: (host) => (inspected) => {
          if (host !== 'a' || inspected.type !== '@xstate.event' || heard++ !== at) return;
          w.clock.setTimeout(() => close(w), 0);
        },
      });
      w.run(stunCheck, { settleMs: 0 });
      all = at === -1 ? heard : all;
      expect([at, w.leaks().filter((leak) => leak.startsWith('a:'))]).toEqual([at, []]);
      expect(w.stop().leaks()).toEqual([]);
    }
    expect(all).toBeGreaterThan(10);
  }, 60_000);

  test.each([0, 7, 100, 333, 700, 1_200, 60_000])('recorded and stopped after %d ms, client and server refold', (stopMs) => {
    const logs = new Map<string, string[]>();
    const recordings = new Map<string, Recording>();
    const decorate: WorldOptions['decorate'] = (host, surroundings, { machine, codec, input }) => {
      const lines: string[] = [];
      logs.set(host, lines);
      const open = recordable(machine.id)?.publicCodec(input) ?? checkCodec();
      const recording = record({ ...surroundings, write: (line) => lines.push(line), header: { machine: machine.id, id: host, input: input as object }, redact: redactor(codec, open) });
      recordings.set(host, recording);
      return recording;
    };
    const w = world({ a: nat }, { ...LOSSY, decorate, keep: false });
    w.clock.setTimeout(() => close(w, recordings.get('a')), stopMs);
    w.run(stunCheck, { settleMs: 0 }).stop();
    expect([...logs.keys()].toSorted()).toEqual(['a', 's']);
    for (const [host, lines] of logs) expect([host, lines.length > 1, refolded(lines)]).toEqual([host, true, undefined]);
  });

  test('the same seed sends the same bytes, another seed others', () => {
    const bytes = (seed: number): string[] => {
      const w = world({ a: nat }, { ...LOSSY, seed, jitterMs: 7 }).run(stunCheck, { settleMs: 0 });
      w.stop();
      return w.journeys().map(({ sentAt, host, socket, data }) => `${sentAt} ${host}:${socket} ${toHex(data)}`);
    };
    expect(bytes(1)).toEqual(bytes(1));
    expect(bytes(1)).not.toEqual(bytes(2));
  });
});

test('a search for a lifetime that is stopped leaves nothing either', () => {
  for (let stopMs = 500; stopMs <= 40_000; stopMs += 500) {
    const w = world({ a: 'port-restricted+lifetime=12' }, { latencyMs: 20, keep: false });
    w.clock.setTimeout(() => close(w), stopMs);
    w.run(checkWith(WHOLE_SERVER, { lifetimeMs: 30_000 }), { settleMs: 0 });
    expect([stopMs, w.leaks().filter((leak) => leak.startsWith('a:'))]).toEqual([stopMs, []]);
    w.stop();
  }
}, 60_000);

function close(w: World, recording?: Recording): void {
  const { actor } = w.running('a');
  if (actor.getSnapshot().status !== 'active') return;
  recording?.told({ type: 'close' });
  actor.send({ type: 'close' });
}

function endOf(w: World): number {
  const [last] = w.outcomes('a');
  w.stop();
  return last?.at ?? Infinity;
}

function refolded(lines: readonly string[]): unknown {
  return replay(`${lines.join('\n')}\n`, ({ net, clock, header }) => {
    const recorded = recordable(header.machine);
    if (!recorded) throw new Error(`no machine is named ${header.machine}`);
    const { actor, stop } = run(recorded.machine, { net, clock, codec: recorded.publicCodec(header.input), id: header.id, input: header.input });
    actor.start();
    return { stop, tell: (event) => actor.send(event) };
  });
}
