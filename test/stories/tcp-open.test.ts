/** TCP opening where something goes wrong, on the simulated internet: a clear outcome, no hang, and nothing left open. */
import { describe, expect, test } from 'vitest';
import { world, type World, type WorldOptions } from '../../adapters/sim/index.ts';
import type { Scenario } from '../../effects/scenario.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { openCodec, tcpOpen, tcpOpenPeer } from '../../machines/tcp-open/index.ts';
import { Port } from '../sim/port.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

/** The cast with some inputs, or rooms, changed. */
function cast({ inputs = {}, rooms = {} }: { inputs?: Readonly<Record<string, object>>; rooms?: Readonly<Record<string, string>> } = {}): Scenario {
  return {
    ...tcpOpen,
    part: (host, stage) => {
      const part = tcpOpen.part(host, stage);
      if (part?.machine !== tcpOpenPeer) return part;
      const codec = rooms[host] === undefined ? part.codec : (openCodec(rooms[host]) as typeof part.codec);
      return { ...part, codec, input: { ...(part.input as object), ...inputs[host] } };
    },
  };
}

function begin(places: Readonly<Record<string, string>>, options: WorldOptions = {}, scenario = cast()): World {
  return world(places, { latencyMs: 20, ...options }).run(scenario, { maxMs: 0, settleMs: 0 });
}

function outcomesOf(w: World): (Outcome | undefined)[] {
  return [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')];
}

function leftOf(w: World): readonly string[] {
  return w.stop().leaks();
}

const CONES = { a: 'port-restricted', b: 'port-restricted' };

test('the streams that come of it carry what is said at once, both ways, each with its own end', () => {
  const w = begin(CONES, { keep: false });
  while (w.released('a').length + w.released('b').length === 0) w.advance(1);
  const first = w.released('a').length > 0 ? 'a' : 'b';
  const [early, late] = first === 'a' ? ['a', 'b'] : ['b', 'a'];
  const one = w.released(early)[0];
  one?.write(bytes('right behind the handover'));
  one?.end();
  w.advance(500);
  const other = w.released(late)[0];
  expect([textOf(other?.read() ?? bytes('')), other?.isEnded]).toEqual(['right behind the handover', true]);
  other?.write(bytes('and back'));
  w.advance(500);
  expect(textOf(one?.read() ?? bytes(''))).toBe('and back');
  other?.end();
  w.advance(100_000);
  expect(leftOf(w)).toEqual([]);
});

test('who names another room meets nobody', () => {
  const w = begin(CONES, {}, cast({ rooms: { b: 'another room' }, inputs: { a: { waitMs: 3_000 }, b: { waitMs: 3_000 } } }));
  w.advance(4_000);
  expect(outcomesOf(w)).toMatchObject([{ reason: 'no-peer' }, { reason: 'no-peer' }]);
  expect(leftOf(w)).toEqual([]);
});

test('a third in a room of two is turned away, and the two open', () => {
  const w = begin({ ...CONES, c: 'open' }, { startMs: { c: 70 } });
  w.advance(2_000);
  expect([...outcomesOf(w), w.outcome<Outcome>('c')]).toMatchObject([{ kind: 'connected' }, { kind: 'connected' }, { kind: 'failed', reason: 'room-full' }]);
  expect(leftOf(w)).toEqual([]);
});

describe('a stranger who calls the listening port', () => {
  test.each([
    ['says nothing', ''],
    ['speaks another protocol', 'GET / HTTP/1.1\r\n\r\n'],
  ])('and %s hears nothing, is closed, and keeps nobody apart', (_, words) => {
    // b starts late, so that a listens alone for a while.
    const w = begin({ a: 'open', b: 'port-restricted', c: 'open' }, {}, {
      ...cast({ inputs: { b: { lateMs: 6_000 } } }),
      part: (host, stage) => (host === 'c' ? undefined : cast({ inputs: { b: { lateMs: 6_000 } } }).part(host, stage)),
    });
    w.advance(300);
    const port = w.host('a').openSockets().find(({ label }) => /^l\d+$/.test(label))?.local.port ?? 0;
    const stranger = new Port(w.host('c'));
    stranger.ask({ type: 'tcp.connect', socket: 'x', to: { host: w.address('a'), port } });
    if (words !== '') stranger.ask({ type: 'tcp.send', socket: 'x', data: bytes(words) });
    w.advance(5_000);
    expect(stranger.heard.map(({ type }) => type)).toEqual(['tcp.connected', 'tcp.closed']);
    w.advance(12_000);
    expect(outcomesOf(w)).toMatchObject([{ kind: 'connected' }, { kind: 'connected' }]);
    expect(leftOf(w)).toEqual([]);
  });
});

describe('what nothing came of is begun anew', () => {
  /** A NAT that never lets in what is for the port first punched from, as one that remembers a crossing of SYNs does. */
  function shut(): World {
    const w = begin(CONES, { keep: false });
    w.advance(100);
    const port = w.host('b').openSockets().find(({ label }) => label === 'server')?.local.port;
    const link = w.sites.get('a')?.accessName;
    w.internet.lossOrder = ({ host, dst }) => (host === 'a' && dst.host === w.address('b') && dst.port === port ? link : undefined);
    return w;
  }

  test('by both, each from another port, and then it opens', () => {
    const w = shut();
    w.advance(4_000);
    expect(outcomesOf(w)).toEqual([undefined, undefined]);
    w.advance(2_000);
    expect(outcomesOf(w)).toMatchObject([{ kind: 'connected', elapsedMs: expect.closeTo(4_800, -3) }, { kind: 'connected' }]);
    expect(leftOf(w)).toEqual([]);
  });

  test('by none of them where one was told which port to use: a path that comes late is found', () => {
    const w = world(CONES, { latencyMs: 20, keep: false }).run(cast({ inputs: { a: { local: { port: 5_000 } } } }), { maxMs: 0, settleMs: 0 });
    w.advance(60);
    w.partition('b');
    w.advance(6_000);
    w.heal('b');
    w.advance(9_000);
    const contexts = ['a', 'b'].map((host) => w.running(host).actor.getSnapshot().context.attempt);
    expect([outcomesOf(w), contexts]).toMatchObject([[{ kind: 'connected' }, { kind: 'connected' }], [0, 0]]);
    expect(leftOf(w)).toEqual([]);
  });

  test('and says why the first attempt failed when the peer does not come again', () => {
    const w = begin({ a: 'port-restricted', b: 'port-restricted' });
    w.advance(120);
    w.partition('b');
    w.advance(20_000);
    expect(outcomesOf(w)[0]).toMatchObject({ kind: 'failed', reason: 'no-reply', detail: expect.stringContaining('was silent') });
    expect(leftOf(w)).toEqual([]);
  });
});

test('a peer that vanishes at any moment leaves the other with a clear outcome, in time', () => {
  for (let at = 10; at <= 260; at += 10) {
    const w = begin(CONES, { keep: false });
    w.advance(at);
    w.partition('b');
    w.advance(80_000);
    const [a] = outcomesOf(w);
    expect([at, a?.kind === 'connected' || ['no-reply', 'peer-lost', 'no-peer'].includes(a?.reason ?? '')]).toEqual([at, true]);
    expect([at, leftOf(w)]).toEqual([at, []]);
  }
});

test('a port that is taken is told at once', () => {
  const w = world(CONES, { latencyMs: 20 });
  new Port(w.host('a')).ask({ type: 'tcp.listen', socket: 'other', local: { host: '0.0.0.0', port: 5_000 } });
  w.run(cast({ inputs: { a: { local: { port: 5_000 } } } }), { maxMs: 10, settleMs: 0 });
  expect(w.outcome<Outcome>('a')).toMatchObject({ kind: 'failed', reason: 'address-in-use' });
});

describe('a rendezvous that dies', () => {
  test('before anybody has come is told, and afterwards does not matter', () => {
    for (let at = 0; at <= 200; at += 10) {
      const w = begin(CONES, { keep: false, startMs: { b: 5 } });
      w.advance(at);
      w.running('s').stop();
      w.advance(30_000);
      const kinds = outcomesOf(w).map((outcome) => (outcome?.kind === 'failed' ? outcome.reason : outcome?.kind));
      // Introduced or not: never one of two alone.
      expect([['no-rendezvous', 'no-rendezvous'], ['connected', 'connected']], `at ${at}`).toContainEqual(kinds);
      expect(leftOf(w)).toEqual([]);
    }
  });

  test('without a word, as by a cut line, is noticed by the next question', () => {
    const w = begin({ a: 'open' }, { keep: false });
    w.advance(1_000);
    w.partition('s');
    w.advance(30_000);
    expect(w.outcome<Outcome>('a')).toMatchObject({ reason: 'no-rendezvous' });
    expect(leftOf(w)).toEqual([]);
  });
});

test('closed at any moment, a peer leaves no socket, and the other ends by itself', () => {
  for (let at = 0; at <= 260; at += 5) {
    const w = begin({ a: 'port-restricted+rst', b: 'restricted+rst' }, { keep: false });
    w.advance(at);
    const { actor } = w.running('a');
    if (actor.getSnapshot().status === 'active') actor.send({ type: 'close' });
    w.advance(10);
    expect([at, w.host('a').openSockets().filter(({ label }) => /^l\d+$/.test(label)).length]).toEqual([at, 0]);
    expect([at, w.outcome<Outcome>('a')?.kind === 'connected' || w.outcome<Outcome>('a')]).toMatchObject([at, w.released('a').length > 0 ? true : { reason: 'interrupted' }]);
    w.advance(80_000);
    expect([at, w.outcome<Outcome>('b')?.kind]).toEqual([at, expect.any(String)]);
    expect([at, leftOf(w)]).toEqual([at, []]);
  }
});
