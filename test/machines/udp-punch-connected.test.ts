/** The udp-punch peer from the first authentic datagram on: answers, confirmation, keepalive. Which path: udp-punch-paths. */
import { describe, expect, test } from 'vitest';
import { ELSEWHERE, HIGH, LOCAL, LOW, PUBLIC, PunchPeer, SERVER, THEIRS } from './punch-peer.ts';

describe('a probe', () => {
  test('before any introduction connects, and tells who the peer is', () => {
    const peer = new PunchPeer().waiting().probe({ from: ELSEWHERE });
    expect(peer.state).toBe('connected.confirming');
    expect(peer.context.peer).toEqual({ id: HIGH, round: 1, mapping: 'unknown', forecast: { kind: 'unknown' }, ageMs: 0, endpoints: [ELSEWHERE] });
    expect(peer.outcomes).toEqual([{ kind: 'connected', socket: 'r1', local: LOCAL, peer: ELSEWHERE, elapsedMs: 0 }]);
  });

  test('is answered at the observed source, whatever address was signalled', () => {
    const peer = new PunchPeer().probing().probe({ from: ELSEWHERE, txid: 'cd'.repeat(12) });
    expect(peer.sent('confirm')).toEqual([
      { socket: 'r1', to: ELSEWHERE, message: { type: 'confirm', txid: 'cd'.repeat(12), sender: peer.context.id, receiver: HIGH, observed: ELSEWHERE } },
    ]);
    expect(peer.sent('probe').map(({ to }) => to)).toEqual([ELSEWHERE]);
  });

  test('for another session is ignored, in every state', () => {
    for (const make of [() => new PunchPeer().waiting(), () => new PunchPeer().probing(), () => new PunchPeer().probing().probe(), () => new PunchPeer().idle()]) {
      const peer = make();
      const state = peer.state;
      peer.probe({ receiver: LOW, from: ELSEWHERE });
      expect([peer.state, peer.last.net]).toEqual([state, []]);
    }
  });

  test('of a third session with our room is ignored once the peer is known', () => {
    const peer = new PunchPeer().probing().probe({ sender: LOW, from: ELSEWHERE });
    expect([peer.state, peer.last.net]).toEqual(['punching.probing', []]);
  });

  test('of our own that comes back is ignored', () => {
    const peer = new PunchPeer().waiting();
    peer.probe({ sender: peer.context.id, receiver: HIGH });
    expect([peer.state, peer.last.net]).toEqual(['waiting.resting', []]);
    peer.probe({ sender: peer.context.id });
    expect([peer.state, peer.last.net]).toEqual(['waiting.resting', []]);
  });

  test('names the way for payload before it is answered', () => {
    const peer = new PunchPeer().probing().probe();
    expect(peer.last.net.map(({ type }) => type)).toEqual(['payload.route', 'udp.send', 'udp.send']);
    expect(peer.last.net[0]).toEqual({ type: 'payload.route', socket: 'r1', to: PUBLIC, from: [PUBLIC] });
  });

  test('on the socket of an earlier round is answered from there', () => {
    const peer = new PunchPeer().probing().silentRound().probe({ socket: 'r1' });
    expect(peer.state).toBe('connected.confirming');
    expect(peer.sent().map(({ socket }) => socket)).toEqual(['r1', 'r1']);
  });
});

describe('a confirmation', () => {
  test('of a probe of ours connects and confirms at once, and the room is left', () => {
    const peer = new PunchPeer().probing().confirm({ from: ELSEWHERE });
    expect(peer.state).toMatch(/^connected\.confirmed/);
    expect(peer.snapshot.hasTag('confirmed')).toBe(true);
    expect(peer.sent('leave')).toMatchObject([{ socket: 'r1', to: SERVER }]);
    expect(peer.outcomes).toMatchObject([{ kind: 'connected', peer: ELSEWHERE }]);
  });

  test('of an earlier round counts, and closes the sockets that are of no more use', () => {
    const peer = new PunchPeer().probing().silentRound().opened().confirm({ round: 1, socket: 'r1' });
    expect(peer.state).toMatch(/^connected\.confirmed/);
    expect(peer.last.net).toContainEqual({ type: 'close', socket: 'r2' });
    expect(peer.context.sockets.map(({ label }) => label)).toEqual(['r1']);
  });

  test('of a probe that we never sent confirms nothing', () => {
    const peer = new PunchPeer().probing().confirm({ txid: '00'.repeat(12) });
    expect([peer.state, peer.last.net]).toEqual(['punching.probing', []]);
    peer.probe().confirm({ round: 2 });
    expect(peer.state).toBe('connected.confirming');
  });

  test('by another session confirms nothing', () => {
    expect(new PunchPeer().probing().confirm({ sender: LOW }).state).toBe('punching.probing');
  });

  test('reports no second outcome', () => {
    expect(new PunchPeer().probing().probe().confirm().outcomes).toHaveLength(1);
  });
});

describe('heard but not confirmed', () => {
  test('the path is probed after 0, 50, 150, 350, 750, 1550 and 3150 ms', () => {
    const peer = new PunchPeer().probing().probe();
    const start = peer.now;
    const times = [0];
    while (peer.state === 'connected.confirming') if (peer.next() && peer.state === 'connected.confirming') times.push(peer.now - start);
    expect(times).toEqual([0, 50, 150, 350, 750, 1550, 3150]);
    expect(peer.now - start).toBe(6350);
  });

  test('a round without confirmation is followed by another, whose success is reported anew', () => {
    const peer = new PunchPeer().probing().probe();
    peer.advance(6_350);
    expect([peer.state, peer.context.round, peer.context.path, peer.context.outcome]).toEqual(['opening', 2, undefined, undefined]);
    expect(peer.opened().introduced().probe({ from: ELSEWHERE }).outcomes).toMatchObject([
      { kind: 'connected', socket: 'r1', peer: PUBLIC },
      { kind: 'connected', socket: 'r2', peer: ELSEWHERE },
    ]);
  });

  test('after the last round it is over', () => {
    const peer = new PunchPeer();
    for (let round = 1; round <= 3; round += 1) peer.opened().introduced().probe().advance(6_360);
    expect([peer.state, peer.verdict]).toEqual(['failed', 'peer-lost']);
    expect(peer.outcomes.at(-1)).toMatchObject({ detail: expect.stringContaining('never answered') });
  });

  test('every probe of the peer is answered meanwhile', () => {
    const peer = new PunchPeer().probing().probe();
    for (let n = 0; n < 3; n += 1) expect(peer.probe().sent('confirm')).toHaveLength(1);
    expect(peer.context.attempt).toBe(1);
  });

  test('a nomination confirms it, is answered, and its own path is nominated: only who has been confirmed nominates', () => {
    const peer = new PunchPeer().probing().probe().probe({ nominate: true, txid: 'cd'.repeat(12) });
    expect([peer.state, peer.context.path]).toEqual(['connected.confirmed.checking.asking', { socket: 'r1', peer: PUBLIC }]);
    expect(peer.sent().map(({ message }) => message.type)).toEqual(['confirm', 'leave', 'probe']);
    expect(peer.sent()).toMatchObject([{ to: PUBLIC, message: { txid: 'cd'.repeat(12) } }, { to: SERVER }, { to: PUBLIC, message: { nominate: true } }]);
    expect(peer.outcomes).toHaveLength(1);
  });

  test('a nomination of another pair of sessions confirms nothing', () => {
    const peer = new PunchPeer().probing().probe().probe({ nominate: true, sender: LOW }).probe({ nominate: true, receiver: LOW });
    expect([peer.state, peer.last.net]).toEqual(['connected.confirming', []]);
  });

  test('a nomination from elsewhere confirms too; it is asked there before anything moves', () => {
    const peer = new PunchPeer().probing().probe().probe({ nominate: true, from: ELSEWHERE });
    expect([peer.state, peer.context.path]).toEqual(['connected.confirmed.challenging', { socket: 'r1', peer: PUBLIC }]);
    expect(peer.last.net.filter(({ type }) => type === 'payload.route')).toEqual([]);
    expect(peer.sent('probe').map(({ to }) => to)).toEqual([ELSEWHERE]);
    expect(peer.sent('confirm')).toEqual([]);
  });
});

describe('confirmed', () => {
  test('a lost confirmation is answered again', () => {
    const peer = new PunchPeer().idle();
    expect(peer.probe({ txid: 'ee'.repeat(12) }).sent()).toMatchObject([{ to: PUBLIC, message: { type: 'confirm', txid: 'ee'.repeat(12) } }]);
    expect(peer.state).toBe('connected.confirmed.idle');
  });

  test.each([HIGH, LOW])('the path is nominated at once, beside whichever session: %s', (other) => {
    const peer = new PunchPeer({}, other).confirmed();
    expect([peer.state, peer.timers()]).toEqual(['connected.confirmed.checking.asking', ['checkInterval in 500']]);
    expect(peer.sent('probe')).toMatchObject([{ to: PUBLIC, message: { nominate: true } }]);
    expect(peer.checked().timers()).toEqual(['keepaliveInterval in 15000']);
  });

  test('silence is asked after every 15 s, and the answer suffices for the next', () => {
    const peer = new PunchPeer({}, LOW).idle();
    for (let n = 0; n < 4; n += 1) {
      peer.elapse('keepaliveInterval');
      expect(peer.sent('probe')).toMatchObject([{ to: PUBLIC, message: { nominate: true } }]);
      expect(peer.checked().state).toBe('connected.confirmed.idle');
    }
    expect(peer.now).toBe(1000 + 40 + 60_000);
  });

  test('a peer that does not answer eight times in 13.5 s is lost, and is told', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    const start = peer.now;
    const times = [0];
    while (peer.snapshot.status === 'active') if (peer.next().net.length > 0) times.push(peer.now - start);
    expect(times).toEqual([0, 500, 1500, 3500, 5500, 7500, 9500, 11_500, 13_500]);
    expect(peer.everSent('bye')).toHaveLength(1);
    expect([peer.now - start, peer.state, peer.verdict]).toEqual([13_510, 'failed', 'peer-lost']);
    expect(peer.outcomes.at(-1)).toMatchObject({ detail: expect.stringContaining('stopped answering') });
  });

  test('probes of the peer alone do not prove that it hears us', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    for (let n = 0; n < 16 && peer.snapshot.status === 'active'; n += 1) {
      peer.probe();
      peer.advance(1_000);
    }
    expect(peer.verdict).toBe('peer-lost');
  });

  test('a probe that nominates nothing is answered, and changes neither the path nor whom payload is taken from', () => {
    const peer = new PunchPeer({}, LOW).idle().probe({ from: ELSEWHERE });
    expect([peer.context.path, peer.context.sources]).toEqual([{ socket: 'r1', peer: PUBLIC }, [PUBLIC]]);
    expect(peer.last.net).toMatchObject([{ type: 'udp.send', to: ELSEWHERE }]);
  });

  test('what does not concern it does not reach it: answers of the rendezvous, unreadable bytes, failed sends', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.mapped().introduced().refused('busy').challenged('x');
    peer.send({ type: 'net.unreadable', socket: 'r1', from: ELSEWHERE, at: peer.now, reason: 'junk' });
    peer.send({ type: 'net.failed', effect: 'udp.send', socket: 'r1', code: 'unreachable', detail: 'gone', at: peer.now });
    expect([peer.state, peer.last.net, peer.outcomes.length]).toEqual(['connected.confirmed.idle', [], 1]);
    expect(peer.context.peer?.endpoints).toEqual(THEIRS);
  });

  test('every keepalive is a transaction of its own, and its repetitions the same', () => {
    const peer = new PunchPeer({}, LOW).idle();
    const before = peer.everSent('probe').length;
    for (let n = 0; n < 3; n += 1) {
      peer.elapse('keepaliveInterval');
      peer.elapse('checkInterval');
      peer.checked();
    }
    const txids = peer.everSent('probe').slice(before).map(({ message }) => message.txid);
    expect(txids).toHaveLength(6);
    expect(new Set(txids).size).toBe(3);
    expect(txids[0]).toBe(txids[1]);
  });
});
