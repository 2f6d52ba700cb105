/** How a udp-punch peer ends, in every state, and what it never keeps. Pure transitions. */
import { describe, expect, test } from 'vitest';
import { KEY_LABEL, peerCodec } from '../../machines/udp-punch/codec.ts';
import { udpPunchPeer } from '../../machines/udp-punch/peer.ts';
import { udpPunchRendezvous } from '../../machines/udp-punch/rendezvous.ts';
import { roomKeys } from '../../machines/rendezvous/keys.ts';
import { seedUdpPeer } from '../../machines/seed-udp/peer.ts';
import { seedUdpServer } from '../../machines/seed-udp/server.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import { COUNTING, ELSEWHERE, LOW, MAPPED, PUBLIC, PunchPeer, STEADY } from './punch-peer.ts';

/** A peer in each of its states, by the state's name. */
const STATES: readonly (readonly [state: string, make: () => PunchPeer])[] = [
  ['opening', () => new PunchPeer()],
  ['sampling.one', () => new PunchPeer().sampling()],
  ['sampling.several', () => elapsed(new PunchPeer().sampling(), 'sampleTime')],
  ['registering.asking', () => new PunchPeer().opened()],
  ['waiting.resting', () => new PunchPeer().waiting()],
  ['punching.opener', () => new PunchPeer().opened().introduced()],
  ['punching.probing', () => new PunchPeer().probing()],
  ['punching.listening', () => advanced(new PunchPeer().probing(), 1_600)],
  ['punching.awaiting', () => new PunchPeer().counting().introduced()],
  ['punching.sweeping.opening', () => new PunchPeer().counting().introduced({ forecast: STEADY })],
  ['punching.sweeping.sending', () => new PunchPeer().probing({ round: 2, forecast: COUNTING }).observed(MAPPED)],
  ['punching.sweeping.listening', () => advanced(new PunchPeer().probing({ round: 2, forecast: COUNTING }).observed(MAPPED), 130)],
  ['punching.sweeping.resting', () => advanced(new PunchPeer().probing({ round: 2, forecast: COUNTING }).observed(MAPPED), 300)],
  ['connected.confirming', () => new PunchPeer().probing().probe()],
  ['connected.confirmed.idle', () => new PunchPeer({}, LOW).idle()],
  ['connected.confirmed.checking.asking', () => new PunchPeer().confirmed()],
  ['connected.confirmed.challenging', () => new PunchPeer({}, LOW).idle().probe({ from: ELSEWHERE, nominate: true })],
  ['connected.closing.saying', () => new PunchPeer().idle().close()],
  ['parting', () => new PunchPeer().idle().bye()],
  ['leaving', () => new PunchPeer().waiting().close()],
];

describe('told to close', () => {
  test.each(STATES)('in %s it ends within 310 ms, with an outcome', (state, make) => {
    const peer = make();
    expect(peer.state).toBe(state);
    const start = peer.now;
    peer.close();
    while (peer.snapshot.status === 'active') peer.next();
    expect(peer.now - start).toBeLessThanOrEqual(310);
    expect(peer.snapshot.status).toBe('done');
    expect(peer.outcomes).toHaveLength(1);
    expect(peer.snapshot.output).toEqual(peer.outcomes[0]);
    expect(peer.verdict).toBe(/^connected|parting/.test(state) ? 'connected' : 'interrupted');
  });

  test.each(STATES.filter(([state]) => !/^opening|parting|leaving/.test(state)))('it leaves its room: %s', (_, make) => {
    const peer = make().close();
    expect(peer.everSent('leave')).not.toEqual([]);
    for (const { socket } of peer.everSent('leave')) expect(peer.context.sockets.map(({ label }) => label)).toContain(socket);
  });

  test('before any socket is open it says nothing', () => {
    expect(new PunchPeer().close().last.net).toEqual([]);
  });

  test('while a later round opens its socket it leaves the room from one that is open', () => {
    const peer = new PunchPeer().probing().silentRound();
    expect(peer.state).toBe('opening');
    expect(peer.close().sent('leave')).toMatchObject([{ socket: 'r1' }]);
  });

  test('it says bye three times, 100 ms apart, and answers a peer that still asks', () => {
    const peer = new PunchPeer().idle().close();
    const start = peer.now;
    expect(peer.sent('bye')).toMatchObject([{ to: PUBLIC, message: { sender: peer.context.id, receiver: peer.other } }]);
    expect(peer.probe({ from: ELSEWHERE }).sent('confirm')).toMatchObject([{ to: ELSEWHERE }]);
    while (peer.snapshot.status === 'active') peer.next();
    expect(peer.everSent('bye')).toHaveLength(3);
    expect([peer.now - start, peer.state]).toEqual([300, 'closed']);
  });

  test('the bye of the peer spares the repetitions', () => {
    const peer = new PunchPeer().idle().close().bye();
    expect([peer.state, peer.everSent('bye').length]).toEqual(['closed', 1]);
  });

  test('telling it twice changes nothing', () => {
    const peer = new PunchPeer().idle().close().close();
    expect([peer.state, peer.last.net]).toEqual(['connected.closing.saying', []]);
  });
});

describe('told bye', () => {
  test.each(STATES.filter(([state]) => state.startsWith('connected.conf')))('in %s it says bye once and ends as closed by the peer', (_, make) => {
    const peer = make().bye();
    expect([peer.state, peer.sent('bye').length]).toEqual(['parting', 1]);
    expect(peer.probe().confirm().bye().last.net).toEqual([]);
    peer.elapse('leaveTime');
    expect([peer.state, peer.verdict]).toEqual(['closedByPeer', 'connected']);
  });

  test('by a session that is not the peer it goes on', () => {
    expect(new PunchPeer({}, LOW).idle().bye('00000000000000aa').state).toBe('connected.confirmed.idle');
  });

  test('while it still punches it ends as closed by the peer', () => {
    const peer = new PunchPeer().probing().bye();
    peer.advance(100);
    expect([peer.state, peer.verdict]).toEqual(['closedByPeer', 'peer-closed']);
    expect(peer.everSent('leave')).toHaveLength(1);
  });
});

describe('a socket that breaks', () => {
  test('ends it when it is the one in use', () => {
    expect(new PunchPeer().idle().notOpened('unknown', 'r1').verdict).toBe('socket-failed');
  });

  test('harms nothing when it is not', () => {
    const peer = new PunchPeer().probing().silentRound().probe({ socket: 'r1' }).notOpened('address-in-use', 'r2');
    expect(peer.state).toBe('connected.confirming');
  });

  test('or that opens too late is closed', () => {
    const peer = new PunchPeer().probing().silentRound().probe({ socket: 'r1' }).opened('r2').confirm({ socket: 'r1', round: 1 });
    expect(peer.net).toContainEqual({ type: 'close', socket: 'r2' });
  });
});

describe('every machine', () => {
  interface Node {
    readonly id: string;
    readonly type: string;
    readonly parent?: Node;
    readonly states: Readonly<Record<string, Node>>;
    readonly after: readonly unknown[];
    readonly always?: readonly { readonly guard?: unknown }[];
  }
  const below = (node: Node): Node[] => [node, ...Object.values(node.states).flatMap(below)];
  const above = (node: Node): Node[] => [node, ...(node.parent ? above(node.parent) : [])];
  const moves = (node: Node): boolean => node.after.length > 0 || (node.always?.length ?? 0) > 0;

  test.each([
    ['udp-punch peer', udpPunchPeer],
    ['udp-punch rendezvous', udpPunchRendezvous],
    ['seed-udp peer', seedUdpPeer],
  ] as const)('%s: no state in which it can stay for ever without a timer', (_, machine) => {
    const root = machine.root as unknown as Node;
    const leaves = below(root).filter(({ states, type }) => Object.keys(states).length === 0 && type !== 'final');
    expect(leaves.length).toBeGreaterThan(1);
    expect(leaves.filter((leaf) => !above(leaf).some(moves)).map(({ id }) => id)).toEqual([]);
  });

  // xstate's default is Infinity; a slip in a guard of `always` would hang the process instead of ending the run.
  test.each([
    ['udp-punch peer', udpPunchPeer],
    ['udp-punch rendezvous', udpPunchRendezvous],
    ['seed-udp peer', seedUdpPeer],
    ['seed-udp server', seedUdpServer],
  ] as const)('%s: takes a bounded number of steps without waiting', (_, machine) => {
    expect(machine.options.maxIterations).toBeLessThan(10_000);
  });

  test('the list of states here is complete', () => {
    const leaves = below(udpPunchPeer.root as unknown as Node).filter(({ states, type, always }) => Object.keys(states).length === 0 && type !== 'final' && !always?.some(({ guard }) => guard === undefined));
    expect(leaves.map(({ id }) => id.replace(/^udp-punch\/peer\./, '')).toSorted()).toEqual(STATES.map(([state]) => state).toSorted());
  });
});

describe('what it keeps', () => {
  const ROOM = 'correct horse battery staple';
  test.each(STATES)('in %s no room and no key', (_, make) => {
    const peer = make();
    const { id, sessionKey } = roomKeys(ROOM, KEY_LABEL);
    const kept = JSON.stringify(peer.snapshot.toJSON());
    const secrets = [ROOM, toHex(id), toHex(sessionKey(peer.context.id, peer.other))];
    for (const secret of secrets) expect(kept).not.toContain(secret);
    expect(kept).not.toContain('"room"');
  });

  test('its messages name no room either: the codec puts it in', () => {
    const peer = new PunchPeer().opened();
    const [register] = peer.sent('register');
    expect(register?.message).not.toHaveProperty('room');
    expect(toHex(peerCodec(ROOM).encode(register!.message))).toContain(toHex(roomKeys(ROOM, KEY_LABEL).id));
  });
});

function elapsed(peer: PunchPeer, name: string): PunchPeer {
  peer.elapse(name);
  return peer;
}

function advanced(peer: PunchPeer, ms: number): PunchPeer {
  peer.advance(ms);
  return peer;
}
