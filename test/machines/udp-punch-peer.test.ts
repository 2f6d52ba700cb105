/** The udp-punch peer until it is introduced: opening, registering, waiting. Pure transitions; no network and no clock. */
import { describe, expect, test } from 'vitest';
import type { Refused } from '../../machines/udp-punch/messages.ts';
import { transactionId } from '../../machines/udp-punch/session.ts';
import { ALTERNATE, ELSEWHERE, LOCAL, MAPPED, PunchPeer, SERVER, THEIRS } from './punch-peer.ts';

describe('opening', () => {
  test('asks for a socket where the input says, and for nothing else', () => {
    const peer = new PunchPeer({ local: { host: '192.168.1.2', port: 5000 } });
    expect(peer.state).toBe('opening');
    expect(peer.last.net).toEqual([{ type: 'udp.open', socket: 'r1', local: { host: '192.168.1.2', port: 5000 } }]);
    expect(peer.timers()).toEqual(['openDeadline in 5000']);
  });

  test('a socket that opens is registered from', () => {
    const peer = new PunchPeer().opened();
    expect(peer.state).toBe('registering.asking');
    expect(peer.sent()).toEqual([
      { socket: 'r1', to: SERVER, message: { type: 'register', txid: transactionId(peer.context, 'register'), peer: peer.context.id, round: 1, candidates: [LOCAL], mapping: 'unknown', forecast: { kind: 'unknown' } } },
    ]);
  });

  test.each([
    ['address-in-use', 'address-in-use'],
    ['address-not-available', 'address-not-available'],
    ['not-permitted', 'not-permitted'],
    ['exhausted', 'socket-failed'],
  ] as const)('a socket refused as %s ends it as %s, with the words of the system', (code, reason) => {
    const peer = new PunchPeer().notOpened(code);
    expect(peer.state).toBe('failed');
    expect(peer.outcomes).toEqual([{ kind: 'failed', reason, detail: 'no r1' }]);
  });

  test('a system that never answers is given up after 5 s', () => {
    const peer = new PunchPeer();
    peer.elapse('openDeadline');
    expect([peer.now, peer.state, peer.verdict]).toEqual([6000, 'failed', 'socket-failed']);
  });

  test('to a rendezvous of IPv6 goes by a socket of IPv6, in every round and unless the input says where', () => {
    const server = { host: '2001:db8::2', port: 3478 };
    const v6 = new PunchPeer({ server });
    expect(v6.last.net).toEqual([{ type: 'udp.open', socket: 'r1', local: { host: '::' } }]);
    expect(v6.probing().silentRound().last.net).toEqual([{ type: 'udp.open', socket: 'r2', local: { host: '::', port: 0 } }]);
    expect(new PunchPeer({ server, local: { port: 7 } }).last.net).toMatchObject([{ local: { host: '::', port: 7 } }]);
    expect(new PunchPeer({ server, local: { host: '2001:db8::7' } }).last.net).toMatchObject([{ local: { host: '2001:db8::7' } }]);
    expect(new PunchPeer().last.net).toEqual([{ type: 'udp.open', socket: 'r1', local: {} }]);
  });

  test('another label than that of the round opens nothing', () => {
    expect(new PunchPeer().opened('r2').state).toBe('opening');
  });
});

describe('registering', () => {
  test('the same datagram is sent six times, after 150 ms, 500 ms and doubling up to 3 s; silence then ends it', () => {
    const peer = new PunchPeer().opened();
    const start = peer.now;
    const times = [0];
    while (peer.state === 'registering.asking') if (peer.next() && peer.sent('register').length > 0) times.push(peer.now - start);
    expect(times).toEqual([0, 150, 650, 1650, 3650, 6650]);
    expect(new Set(peer.everSent('register').map((sent) => JSON.stringify(sent))).size).toBe(1);
    peer.elapse('leaveTime');
    expect([peer.now - start, peer.state, peer.verdict]).toEqual([9660, 'failed', 'no-rendezvous']);
    expect(peer.outcomes).toMatchObject([{ detail: expect.stringContaining('198.18.0.2:3478 to 6 requests') }]);
  });

  test('what the local system said of the sending is part of the explanation', () => {
    const peer = new PunchPeer().opened();
    peer.send({ type: 'net.failed', effect: 'udp.send', socket: 'r1', code: 'unreachable', detail: 'no route to it', at: peer.now });
    expect(peer.state).toBe('registering.asking');
    peer.advance(10_000);
    expect(peer.outcomes).toMatchObject([{ reason: 'no-rendezvous', detail: expect.stringContaining('This host said: no route to it') }]);
  });

  test('an answer that names nobody lets it wait, and ask the other port of the rendezvous for its address', () => {
    const peer = new PunchPeer().waiting();
    expect(peer.state).toBe('waiting.resting');
    expect(peer.sent()).toEqual([{ socket: 'r1', to: ALTERNATE, message: { type: 'observe', txid: transactionId(peer.context, 'observe'), peer: peer.context.id } }]);
    expect(peer.context).toMatchObject({ mapped: MAPPED, mapping: 'unknown' });
  });

  test('a rendezvous without another port is not asked for one', () => {
    expect(new PunchPeer().opened().mapped({ alternate: undefined }).sent()).toEqual([]);
  });

  test.each(['0.0.0.0', '::'])('another port on %s is that of the rendezvous as we reach it', (host) => {
    const peer = new PunchPeer().opened().mapped({ alternate: { host, port: 40_000 } });
    expect(peer.sent('observe').map(({ to }) => to)).toEqual([{ host: SERVER.host, port: 40_000 }]);
  });

  test('an introduction at once is punched at once', () => {
    const peer = new PunchPeer().probing();
    expect(peer.state).toBe('punching.probing');
    expect(peer.context.peer).toEqual({ id: peer.other, round: 1, mapping: 'unknown', forecast: { kind: 'unknown' }, ageMs: 0, endpoints: THEIRS });
  });

  test('an answer to anything else than this registration is no answer', () => {
    const peer = new PunchPeer().opened();
    peer.mapped({ txid: '00'.repeat(12) });
    expect(peer.state).toBe('registering.asking');
    expect(peer.sent()).toEqual([]);
  });

  test('the round trip is measured from the last repetition, so that it is never thought too long', () => {
    const prompt = new PunchPeer().opened();
    prompt.now += 30;
    expect(prompt.mapped().context.rttMs).toBe(30);
    const repeated = new PunchPeer().opened();
    repeated.elapse('registerInterval');
    repeated.elapse('registerInterval');
    repeated.now += 70;
    expect(repeated.mapped().context.rttMs).toBe(70);
  });

  test('a challenge is answered at once with its nonce, which stays in later registrations', () => {
    const peer = new PunchPeer().opened();
    peer.now += 10;
    peer.challenged('prove it');
    expect(peer.state).toBe('registering.asking');
    expect(peer.sent('register')).toMatchObject([{ to: SERVER, message: { nonce: 'prove it' } }]);
    peer.now += 12;
    expect(peer.mapped().context.rttMs).toBe(12);
    peer.elapse('refreshInterval');
    expect(peer.sent('register')).toMatchObject([{ message: { nonce: 'prove it' } }]);
  });

  test('patience that is shorter than six requests ends it too, and counts those that were sent', () => {
    const peer = new PunchPeer({ waitMs: 1_000 }).opened();
    peer.advance(1_000);
    expect(peer.state).toBe('leaving');
    peer.elapse('leaveTime');
    expect(peer.outcomes).toMatchObject([{ reason: 'no-rendezvous', detail: expect.stringContaining('to 3 requests') }]);
  });

  test('challenges without end do not keep it alive beyond its deadline', () => {
    const peer = new PunchPeer().opened();
    for (let n = 0; n < 200 && peer.snapshot.status === 'active'; n += 1) {
      peer.challenged(`${n}`);
      peer.advance(100);
    }
    expect(peer.verdict).toBe('no-rendezvous');
  });
});

const REASONS: readonly (readonly [Refused['reason'], string, string])[] = [
  ['room-full', 'room-full', 'two peers already'],
  ['busy', 'rendezvous-busy', 'no place for another room'],
  ['not-a-rendezvous', 'no-rendezvous', '198.18.0.2:3478'],
];

describe('refused', () => {
  test.each(REASONS)('%s ends a registration as %s', (reason, failure, words) => {
    const peer = new PunchPeer().opened().refused(reason);
    peer.elapse('leaveTime');
    expect(peer.state).toBe('failed');
    expect(peer.outcomes).toEqual([{ kind: 'failed', reason: failure, detail: expect.stringContaining(words) }]);
  });

  test.each(REASONS)('%s ends the waiting as %s too', (reason, failure) => {
    const peer = new PunchPeer().waiting().refused(reason);
    peer.elapse('leaveTime');
    expect(peer.verdict).toBe(failure);
  });

  test('a refusal of another transaction is not ours', () => {
    const peer = new PunchPeer().opened();
    peer.send({ type: 'refused', txid: '00'.repeat(12), to: peer.context.id, reason: 'busy', socket: 'r1', from: ELSEWHERE, at: peer.now });
    expect(peer.state).toBe('registering.asking');
  });
});

describe('waiting', () => {
  test('the registration is repeated after 1, 2, 4 and then every 5 s, for a minute', () => {
    const peer = new PunchPeer().waiting();
    const start = peer.now;
    const times: number[] = [];
    while (peer.state === 'waiting.resting') if (peer.next() && peer.sent('register').length > 0) times.push((peer.now - start) / 1000);
    expect(times).toEqual([1, 3, 7, 12, 17, 22, 27, 32, 37, 42, 47, 52, 57]);
    peer.elapse('leaveTime');
    expect([peer.now - start, peer.state, peer.verdict]).toEqual([60_010, 'failed', 'no-peer']);
  });

  test('the input may ask for less or more patience', () => {
    const peer = new PunchPeer({ waitMs: 2_500 }).waiting();
    peer.elapse('waitDeadline');
    expect([peer.now, peer.state]).toEqual([3_500, 'leaving']);
    peer.elapse('leaveTime');
    expect(peer.verdict).toBe('no-peer');
  });

  test('repeated answers do not prolong it, and the other port is asked only once', () => {
    const peer = new PunchPeer().waiting();
    for (let n = 0; n < 11; n += 1) {
      peer.advance(5_000);
      peer.mapped();
    }
    expect(peer.everSent('observe')).toHaveLength(1);
    peer.advance(5_010);
    expect(peer.verdict).toBe('no-peer');
  });

  test('the same port seen from both ports of the rendezvous is a constant mapping, another one a varying one', () => {
    expect(new PunchPeer().waiting().observed(MAPPED).context.mapping).toBe('same');
    expect(new PunchPeer().waiting().observed({ ...MAPPED, port: 5001 }).context.mapping).toBe('varies');
    expect(new PunchPeer().waiting().observed({ ...MAPPED, host: '198.18.1.3' }).context.mapping).toBe('varies');
  });

  test('what was seen of the mapping is in the next registration', () => {
    const peer = new PunchPeer().waiting().observed(MAPPED);
    peer.elapse('refreshInterval');
    expect(peer.sent('register')).toMatchObject([{ message: { mapping: 'same' } }]);
  });

  test('an introduction is punched, even when it comes a minute later', () => {
    const peer = new PunchPeer().waiting();
    peer.advance(59_000);
    expect(peer.introduced().state).toMatch(/^punching/);
  });

  test('a challenge is answered', () => {
    expect(new PunchPeer().waiting().challenged('again').sent('register')).toMatchObject([{ message: { nonce: 'again' } }]);
  });
});

describe('a peer that gives up', () => {
  // Or for 15 s a second attempt would meet its own ghost, and the real peer would be refused as a third.
  test.each<[string, () => PunchPeer]>([
    ['nobody came', () => new PunchPeer({ waitMs: 1_000 }).waiting()],
    ['it is refused, though a repetition may be let in when a place has become free', () => new PunchPeer().opened().refused('room-full')],
    ['no answer of the rendezvous came through, though any request may have', () => new PunchPeer().opened()],
    ['nor in a later round', () => new PunchPeer().probing().silentRound().opened()],
    ['nothing confirmed that it was heard', () => heardOnly(new PunchPeer(), 3)],
    ['the probes were not heard', () => new PunchPeer().probing().silentRound().opened().introduced().silentRound().opened().introduced()],
  ])('leaves its room: %s', (_, make) => {
    const peer = make();
    peer.advance(70_000);
    expect(peer.state).toBe('failed');
    expect(peer.everSent('leave')).toMatchObject([{ to: SERVER, message: { peer: peer.context.id } }]);
  });
});

/** In the last round, and the peer is heard in each but never answers. */
function heardOnly(peer: PunchPeer, rounds: number): PunchPeer {
  for (let round = 1; round <= rounds; round += 1) peer.opened().introduced().probe().advance(round < rounds ? 6_350 : 0);
  return peer;
}
