/** What a state of a machine is told as, where it is worth a line. Whole runs of them are claimed in udp, tcp and n4.test.ts. */
import type { AnyMachineSnapshot } from 'xstate';
import { describe, expect, test } from 'vitest';
import { type CheckWire, stunWire } from '../../cli/check-wires.ts';
import { n4Wire, seedUdpWire, tcpOpenWire, udpPunchWire, type Wire } from '../../cli/wires.ts';

const SERVER = { host: '192.0.2.1', port: 3478 };
const PEER = { host: '203.0.113.5', port: 40_000 };
const GIVEN = { server: SERVER, local: undefined, waitMs: 1_000 };
const input = { server: SERVER };

const standing = (value: AnyMachineSnapshot['value'], context: object): AnyMachineSnapshot => ({ value, context: { input, ...context }, hasTag: () => false }) as unknown as AnyMachineSnapshot;
const told = (wire: Pick<Wire | CheckWire, 'progress'>, value: AnyMachineSnapshot['value'], context: object): string | undefined => wire.progress(standing(value, context))?.message;

describe('udp', () => {
  const wire = udpPunchWire(GIVEN, 'a room');
  const first = { round: 1, sweeps: 1, sweep: undefined, mapped: PEER, peer: { endpoints: [PEER] } };
  const sweep = { kind: 'aimed', sockets: 1, aims: [1, 2, 3], sent: 0, odds: 0.5 };

  test.each([
    ['registering', {}, 'asking the rendezvous at 192.0.2.1:3478…'],
    // A later round says what is new of it when it punches.
    ['registering', { round: 2 }, undefined],
    ['waiting', {}, 'registered as 203.0.113.5:40000, waiting for the peer…'],
    ['waiting', { round: 2 }, undefined],
    ['waiting', { mapped: undefined }, undefined],
    [{ punching: 'plain' }, {}, 'introduced to 203.0.113.5:40000, punching…'],
    ['punching', { round: 2 }, 'no answer; round 2 from a fresh port, to 203.0.113.5:40000…'],
    ['punching', { peer: { endpoints: [] } }, undefined],
    ['punching', { sweep }, "a NAT counts its ports: aiming with 3 ports of the peer's…"],
    ['punching', { sweep: { ...sweep, sockets: 4 }, sweeps: 2 }, 'a NAT counts its ports: aiming with 4 ports of ours in a row, sweep 2…'],
    ['punching', { sweep: { ...sweep, kind: 'birthday', aims: { length: 256 }, sent: 130 } }, 'a NAT gives ports at random: 50 % of 256 ports tried, 500 a second, odds so far 16 %…'],
    ['punching', { sweep: { ...sweep, kind: 'birthday', sockets: 256, sent: 256 } }, 'a NAT gives ports at random: 100 % of 256 ports held, 500 a second, odds so far 50 %…'],
    ['connected', { path: { peer: PEER } }, 'heard the peer at 203.0.113.5:40000…'],
    ['connected', {}, undefined],
    ['closing', {}, undefined],
    [{}, {}, undefined],
  ])('%j with %j', (value, context, words) => {
    expect(told(wire, value, { ...first, ...context })).toBe(words);
  });
});

describe('tcp', () => {
  const wire = tcpOpenWire(GIVEN, 'a room');
  const first = { attempt: 0, round: 1, aims: 1, mapped: PEER, peer: { endpoints: [PEER] } };

  test.each([
    ['connecting', {}, 'asking the rendezvous at 192.0.2.1:3478…'],
    ['connecting', { attempt: 1 }, 'nothing came of it; once more from a fresh port, by the rendezvous at 192.0.2.1:3478…'],
    ['meeting', {}, 'registered as 203.0.113.5:40000, waiting for the peer…'],
    ['meeting', { mapped: undefined }, undefined],
    ['punching', {}, 'introduced to 203.0.113.5:40000, connecting…'],
    ['punching', { round: 2 }, undefined],
    ['punching', { round: 2, attempt: 1 }, 'introduced to 203.0.113.5:40000 again, connecting…'],
    ['punching', { peer: undefined }, undefined],
    ['punching', { aim: { sockets: 1, ports: 3 } }, "a NAT counts its ports: calling with 3 ports of the peer's…"],
    ['punching', { aim: { sockets: 3, ports: 1 }, aims: 2 }, 'a NAT counts its ports: calling with 3 ports of ours in a row, aim 2…'],
    ['connected', {}, undefined],
  ])('%j with %j', (value, context, words) => {
    expect(told(wire, value, { ...first, ...context })).toBe(words);
  });
});

describe('seed 001', () => {
  test.each([
    ['registering', {}, 'registered at 192.0.2.1:3478, which answers when the next client comes…'],
    ['knocking', { peer: PEER }, 'introduced to 203.0.113.5:40000, knocking…'],
    ['knocking', {}, undefined],
    ['connected', { peer: PEER }, 'heard the peer at 203.0.113.5:40000…'],
    ['connected', {}, undefined],
    ['done', {}, undefined],
  ])('%j with %j', (value, context, words) => {
    expect(told(seedUdpWire(GIVEN), value, context)).toBe(words);
  });
});

describe('n4', () => {
  const own = { server: SERVER, ident: 'id', start: 49_152, offset: 1, count: 3 };
  const pool = [4_000, 4_001].map((port) => ({ local: { host: '192.0.2.7', port } }));
  const wire = n4Wire(own as never);

  test.each([
    ['meeting', { pool }, 'round 1, from ports 4000 to 4001: waiting for the peer at 192.0.2.1:3478…'],
    ['meeting', { pool: [] }, 'round 1, from ports 0 to 0: waiting for the peer at 192.0.2.1:3478…'],
    ['sweeping', {}, undefined],
    ['sweeping', { peer: PEER }, expect.stringMatching(/^the peer was seen at 203\.0\.113\.5:40000, sweeping toward 203\.0\.113\.5:\d+…$/)],
    ['connected', { path: { peer: PEER } }, 'heard the peer at 203.0.113.5:40000…'],
    ['connected', {}, undefined],
    ['opening', {}, undefined],
  ])('%j with %j', (value, context, words) => {
    expect(told(wire, value, { input: own, round: 1, ...context })).toEqual(words);
  });
});

describe('a check', () => {
  const wire = stunWire({ servers: [SERVER], local: undefined, seed: '1', timeout: undefined, lifetime: undefined });
  const ageing = (search: object | undefined) => ({ search, asked: {} });

  test.each([
    ['probing', { input: { servers: [SERVER] } }, 'asking 192.0.2.1:3478…'],
    ['measuring', { primary: SERVER, asked: { one: {}, other: { answer: { mapped: PEER } } } }, 'seen as 203.0.113.5:40000, testing…'],
    ['measuring', { asked: {} }, undefined],
    [{ ageing: 'silent' }, ageing({ ages: [0, 5_000], turn: 0 }), 'testing whether the server answers to another port…'],
    ['ageing', ageing({ ages: [0, 5_000], turn: 1 }), 'waiting 5 s in silence…'],
    ['ageing', ageing({ ages: [10_000], turn: 0, aliveMs: 5_000 }), 'waiting 10 s in silence; alive after 5 s…'],
    ['ageing', ageing({ ages: [], turn: 0 }), undefined],
    ['ageing', ageing(undefined), undefined],
    [{}, {}, undefined],
  ])('%j with %j', (value, context, words) => {
    expect(told(wire, value, context)).toBe(words);
  });
});
