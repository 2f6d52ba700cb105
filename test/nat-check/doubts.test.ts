/** What may not be believed though it looks like proof: each case was once a wrong verdict. Pure: the check on the bench, the judgement on samples. */
import { describe, expect, test } from 'vitest';
import { behaviourOf } from '../../machines/nat-check/behaviour.ts';
import { agedSockets, changesOf } from '../../machines/nat-check/stun-questions.ts';
import { prospectsOf } from '../../machines/nat-check/prospects.ts';
import type { FilterSample, Samples } from '../../machines/nat-check/samples.ts';
import { type Answering, honest, OTHER, PUBLIC, SERVER, StunCheck } from '../machines/stun-check.ts';

const LOCAL = { host: '192.168.1.2', port: 40_000 };
const SEEN = { host: PUBLIC, port: 40_000 };

const SILENT: FilterSample = { change: 'both', server: SERVER, expected: OTHER, asked: 6, answer: 'silent', isAlive: true, isHonoured: true, loss: 0.02 };

const samples = (more: Partial<Samples>): Samples => ({
  local: { host: '0.0.0.0', port: 40_000 },
  addresses: [LOCAL],
  loss: 0.02,
  ordinary: 30,
  mappings: [
    { server: SERVER, asked: 1, mapped: SEEN },
    { server: OTHER, asked: 1, mapped: SEEN },
  ],
  filters: [SILENT, { ...SILENT, change: 'port' }],
  hairpin: undefined,
  ports: [],
  ownsReflexive: false,
  ...more,
});

/** A NAT that keeps ports and lets in only who was written to; of the sockets only `map` writes to the server's other addresses. */
const keeping =
  (check: StunCheck): Answering =>
  (sent) => {
    const { socket, to, message } = sent;
    if (to.host === PUBLIC || (message.change && socket !== 'map')) return undefined;
    const from = message.change === 'port' ? { host: to.host, port: OTHER.port } : message.change === 'address' ? { host: OTHER.host, port: to.port } : OTHER;
    return { type: 'answer', txid: message.txid, mapped: { host: PUBLIC, port: check.portOf(socket) }, other: OTHER, ...(message.change ? { from } : {}) };
  };

const because = (said: ReturnType<typeof behaviourOf>, claim: string): string => said.evidence.find((one) => one.claim === claim)?.because ?? '';

describe('a host that may bind addresses which it does not have', () => {
  test('is not taken for one without a NAT, though it can bind the reflexive address', () => {
    const check = new StunCheck().allOpened();
    check.answered(keeping(check)).opened('foreign').goOn(keeping(check));
    expect(check.opens('own')).toEqual([]);
    expect(check.outcome).toMatchObject({ nat: true, portPreserved: true, verdict: 'port-restricted' });
  });

  test('is found out before the reflexive address is tried', () => {
    const check = new StunCheck().allOpened();
    check.answered(keeping(check)).notOpened('foreign', 'address-not-available').opened('own').goOn(keeping(check));
    expect(check.outcome).toMatchObject({ nat: false, verdict: 'firewalled' });
  });
});

test('a NAT that forgets the socket in between is not symmetric: who saw it first is asked again', () => {
  let rebooted = false;
  const moving: Answering = (sent) => {
    const said = honest(sent);
    if (sent.to !== SERVER) rebooted = true;
    return said?.type === 'answer' && sent.socket === 'map' && rebooted ? { ...said, mapped: { ...said.mapped, port: 50_000 } } : said;
  };
  const { outcome } = new StunCheck().allOpened().goOn(moving);
  expect(outcome).toMatchObject({ kind: 'checked', verdict: null, mapping: null });
  expect(outcome?.kind === 'checked' && because(outcome, 'mapping')).toMatch(/forgotten the socket in between: check again/);
});

test('a host with one way out through a NAT and one without is not judged as a whole', () => {
  const said = behaviourOf(samples({ mappings: [{ server: SERVER, asked: 1, mapped: LOCAL }, { server: OTHER, asked: 1, mapped: SEEN }] }));
  expect(said).toMatchObject({ verdict: null, nat: null, hairpin: null, portPreserved: null, allocation: null });
  expect(because(said, 'nat')).toMatch(/two ways out.*Choose one with --local/);
});

describe('what the local system refused to send', () => {
  test('was not met with silence', () => {
    const said = behaviourOf(samples({ hairpin: { target: SEEN, asked: 0, heardFrom: undefined, unsent: 'cannot send: not permitted' } }));
    expect(said.hairpin).toBeNull();
    expect(because(said, 'hairpin')).toBe('cannot send: not permitted');
  });

  test('is not counted, whatever came of the ordinary requests beside it', () => {
    const check = new StunCheck().allOpened();
    const refusing: Answering = (sent) => {
      if (sent.to.host !== PUBLIC) return honest(sent);
      check.notOpened(sent.socket, 'not-permitted', 'udp.send', sent.to);
      return undefined;
    };
    check.goOn(refusing);
    expect(check.outcome).toMatchObject({ kind: 'checked', hairpin: null });
  });
});

describe('a server, or a way to it, that drops most CHANGE-REQUESTs', () => {
  test('is asked to show so often what it does that one lucky answer does not make its silence proof', () => {
    const check = new StunCheck().allOpened();
    let asked = 0;
    const dropping: Answering = (sent) => (sent.message.change && sent.socket === 'map' && (asked += 1) % 4 !== 0 ? undefined : keeping(check)(sent));
    check.goOn(dropping);
    expect(check.asked('map').filter(({ message }) => message.change === 'both').length).toBeGreaterThanOrEqual(6);
    const silences = check.asked('filter').filter(({ message }) => message.change === 'both').length;
    expect(silences).toBeGreaterThan(20);
  });

  test('lowers the confidence', () => {
    const said = (loss: number) => behaviourOf(samples({ filters: [{ ...SILENT, loss }, { ...SILENT, change: 'port', loss }] })).evidence.find(({ claim }) => claim === 'filtering')?.confidence ?? 0;
    expect(said(0.02)).toBeGreaterThan(0.999);
    expect(said(0.7)).toBeLessThan(0.9);
  });
});

test('servers of another address family than the first are left out, not found silent', () => {
  const check = new StunCheck({ servers: [SERVER, { host: '2001:db8::1', port: 3478 }] }).allOpened().goOn();
  expect(check.asked().every(({ to }) => !to.host.includes(':'))).toBe(true);
  expect(check.outcome).toMatchObject({ kind: 'checked', udp: true, nat: true });
});

describe('silence of everybody', () => {
  const silent = (tcp: Samples['tcp']) => behaviourOf(samples({ mappings: [{ server: SERVER, asked: 13, mapped: undefined }], tcp }));
  const cells = (tcp: Samples['tcp']): Set<string> => new Set(prospectsOf(silent(tcp)).flatMap(({ peers }) => Object.values(peers)));

  test('is blocked UDP for sure only where the server answers STUN over TCP', () => {
    const sure = silent({ server: SERVER, answer: 'stun' }).evidence[0]?.confidence ?? 0;
    expect(sure).toBeGreaterThanOrEqual(0.97);
    for (const tcp of [undefined, { server: SERVER, answer: 'taken' }, { server: SERVER, answer: 'refused' }] as const) {
      expect(silent(tcp)).toMatchObject({ verdict: 'udp-blocked', udp: false });
      expect(silent(tcp).evidence[0]?.confidence).toBeLessThan(0.7);
    }
  });

  test('says nothing of peers where the server may just be down', () => {
    expect(cells({ server: SERVER, answer: 'stun' })).toEqual(new Set(['no']));
    expect(cells({ server: SERVER, answer: 'taken' })).toEqual(new Set(['unknown']));
    expect(cells(undefined)).toEqual(new Set(['unknown']));
  });

  test('has TCP asked for STUN itself', () => {
    const check = new StunCheck().allOpened().goOn(() => undefined, undefined, 1_300);
    expect(check.net.some(({ type }) => type === 'tcp.connect')).toBe(true);
    check.send({ type: 'tcp.connected', socket: 'tcp', local: LOCAL, peer: SERVER, at: check.now });
    expect(check.last.net).toMatchObject([{ type: 'tcp.send', socket: 'tcp', message: { type: 'ask' } }]);
    check.send({ type: 'answer', txid: 'any', mapped: SEEN, socket: 'tcp', from: SERVER, at: check.now });
    check.goOn(() => undefined);
    expect(check.outcome?.kind === 'checked' && because(check.outcome, 'udp')).toMatch(/answers STUN over TCP, so it lives/);
  });
});

describe('what was seen in part is told as far as it goes', () => {
  test('hairpinning that no ordinary request came through beside is not judged', () => {
    const said = behaviourOf(samples({ hairpin: { target: SEEN, asked: 0, heardFrom: undefined } }));
    expect([said.hairpin, because(said, 'hairpin')]).toEqual([null, 'ordinary requests were lost too']);
  });

  test('several servers that are silent and refuse TCP are more than one that does', () => {
    const silent = (count: number) => behaviourOf(samples({ mappings: [SERVER, OTHER].slice(0, count).map((server) => ({ server, asked: 9, mapped: undefined })), tcp: { server: SERVER, answer: 'refused' } }));
    const [one, both] = [1, 2].map((count) => silent(count).evidence.find(({ claim }) => claim === 'udp'));
    expect([one?.because, both?.because]).toEqual([expect.stringContaining('a second --stun server'), expect.not.stringContaining('a second --stun server')]);
    expect(both?.confidence).toBeGreaterThan(one?.confidence ?? 1);
  });

  test('a lifetime by its one end, its other, or why neither is known', () => {
    const said = (lifetime: Samples['lifetime']) => behaviourOf(samples({ lifetime }));
    expect(because(said({ aliveMs: undefined, deadMs: 5_000 }), 'lifetime')).toBe('gone after 5 s');
    expect(because(said({ aliveMs: 5_000, deadMs: undefined }), 'lifetime')).toBe('alive after 5 s of silence');
    const neither = said({ aliveMs: undefined, deadMs: undefined, trouble: 'the line was lost' });
    expect([neither.evidence.find(({ claim }) => claim === 'lifetime')?.value, because(neither, 'lifetime')]).toEqual([null, 'the line was lost']);
  });

  test('a host without a NAT that keeps strangers out is firewalled, whichever strangers; behind a NAT it is one of two', () => {
    const filters = [SILENT, { ...SILENT, change: 'port', answer: 'refused' } as const];
    expect(behaviourOf(samples({ filters })).verdict).toBe('restricted-or-port-restricted');
    const open = behaviourOf(samples({ filters, mappings: [SERVER, OTHER].map((server) => ({ server, asked: 1, mapped: LOCAL })) }));
    expect([open.filtering, open.verdict]).toEqual([null, 'firewalled']);
  });

  test('a filter that looks at ports alone has no name, which is said', () => {
    const said = behaviourOf(samples({ filters: [SILENT, { ...SILENT, change: 'address', answer: 'heard' }, { ...SILENT, change: 'port' }] }));
    expect([said.filtering, because(said, 'filtering')]).toEqual(['address-and-port-dependent', expect.stringContaining('which has no name')]);
  });
});

test('a server that names its own address as its other one has no other', () => {
  expect([changesOf(SERVER, SERVER), changesOf(SERVER, { ...SERVER, port: 1 })]).toEqual([[], ['port']]);
});

test('a lifetime is searched in passes, and the sockets of one are closed before the next', () => {
  const check = new StunCheck({ lifetimeMs: 10_000 }).allOpened();
  const lives = (sent: Parameters<Answering>[0]): ReturnType<Answering> => {
    const { responsePort, txid } = sent.message;
    if (responsePort === undefined) return honest(sent);
    const { silentSince, search } = check.context;
    const socket = `age/${search?.pass}/${search?.turn}`;
    return check.now - silentSince < 7_000 ? { type: 'answer', txid, mapped: SEEN, other: OTHER, socket } as ReturnType<Answering> : undefined;
  };
  check.goOn(lives, /ageing\.opening/);
  for (let pass = 0; check.isActive && pass < 10; pass += 1) {
    for (const socket of agedSockets(check.context)) check.opened(socket);
    check.goOn(lives, /ageing\.opening/);
  }
  expect(check.outcome).toMatchObject({ lifetime: { aliveMs: expect.any(Number), deadMs: expect.any(Number) } });
  const closed = check.net.flatMap((command) => (command.type === 'close' ? [command.socket] : []));
  expect(closed).toEqual(expect.arrayContaining(['age/1/0', 'age/1/1', 'age/1/2']));
});

test('an address that cannot be bound for another reason than that it is not here tells nothing of a NAT', () => {
  const check = new StunCheck().allOpened();
  check.answered(keeping(check)).notOpened('foreign', 'address-not-available').notOpened('own', 'not-permitted').goOn(keeping(check));
  expect([check.context.ownsReflexive, check.outcome]).toMatchObject([undefined, { nat: true }]);
});

test('where UDP is silent, a refusal over TCP is STUN all the same, and a host without TCP shows nothing', () => {
  const silent = () => new StunCheck().allOpened().goOn(() => undefined, undefined, 1_300);
  const refused = silent();
  refused.send({ type: 'tcp.connected', socket: 'tcp', local: LOCAL, peer: SERVER, at: refused.now });
  refused.send({ type: 'refusal', txid: '00', code: 400, socket: 'tcp', from: SERVER, at: refused.now });
  expect(refused.goOn(() => undefined).context.tcp).toEqual({ server: SERVER, answer: 'stun' });
  const without = silent().notOpened('tcp', 'unsupported', 'tcp.connect', SERVER);
  expect(without.goOn(() => undefined).context.tcp).toBeUndefined();
});

test('a filter of ports that is known is as sure as it was seen, whatever strange addresses may do', () => {
  const sure = { ...SILENT, change: 'port' } as const;
  const { filtering, evidence } = behaviourOf(samples({ filters: [sure] }));
  expect(filtering).toBe('address-and-port-dependent');
  expect(evidence.find(({ claim }) => claim === 'filtering')?.confidence).toBeGreaterThan(0.9);
});
