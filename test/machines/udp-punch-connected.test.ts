/** The udp-punch peer from the first authentic datagram on: answers, confirmation, keepalive, the choice of a path. */
import { describe, expect, test } from 'vitest';
import { ELSEWHERE, HIGH, LOCAL, LOW, PUBLIC, PunchPeer, SERVER, THEIRS } from './punch-peer.ts';

describe('a probe', () => {
  test('before any introduction connects, and tells who the peer is', () => {
    const peer = new PunchPeer().waiting().probe({ from: ELSEWHERE });
    expect(peer.state).toBe('connected.confirming');
    expect(peer.context.peer).toEqual({ id: HIGH, round: 1, mapping: 'unknown', endpoints: [ELSEWHERE] });
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
});

describe('confirmed', () => {
  test('a lost confirmation is answered again', () => {
    const peer = new PunchPeer().idle();
    expect(peer.probe({ txid: 'ee'.repeat(12) }).sent()).toMatchObject([{ to: PUBLIC, message: { type: 'confirm', txid: 'ee'.repeat(12) } }]);
    expect(peer.state).toBe('connected.confirmed.idle');
  });

  test('the smaller session nominates its path at once, the greater one rests', () => {
    const controlling = new PunchPeer({}, HIGH).confirmed();
    expect(controlling.sent('probe')).toMatchObject([{ to: PUBLIC, message: { nominate: true } }]);
    expect(controlling.timers()).toEqual(['checkInterval in 500']);
    const controlled = new PunchPeer({}, LOW).confirmed();
    expect(controlled.sent('probe')).toEqual([]);
    expect(controlled.timers()).toEqual(['keepaliveInterval in 15000']);
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

  test('a peer that does not answer five times in 15.5 s is lost', () => {
    const peer = new PunchPeer({}, LOW).idle();
    peer.elapse('keepaliveInterval');
    const start = peer.now;
    const times = [0];
    while (peer.snapshot.status === 'active') if (peer.next().net.length > 0) times.push(peer.now - start);
    expect(times).toEqual([0, 500, 1500, 3500, 7500]);
    expect([peer.now - start, peer.state, peer.verdict]).toEqual([15_500, 'failed', 'peer-lost']);
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

  test('a nomination of the path that it is on changes nothing but gets its answer', () => {
    const peer = new PunchPeer({}, LOW).idle().probe({ nominate: true });
    expect([peer.state, peer.sent().map(({ message }) => message.type)]).toEqual(['connected.confirmed.idle', ['confirm']]);
  });

  test('a nomination from elsewhere switches the path, and payload with it, once somebody there has answered us', () => {
    const peer = new PunchPeer({}, LOW).idle().probe({ from: ELSEWHERE, nominate: true });
    expect(peer.state).toBe('connected.confirmed.challenging.asking');
    expect(peer.context.path).toEqual({ socket: 'r1', peer: PUBLIC });
    expect(peer.last.net[0]).toEqual({ type: 'payload.route', socket: 'r1', to: PUBLIC, from: [PUBLIC, ELSEWHERE] });
    expect(peer.sent()).toMatchObject([{ to: ELSEWHERE, message: { type: 'confirm' } }, { to: ELSEWHERE, message: { type: 'probe', nominate: false } }]);
    peer.checked(peer.context.candidate);
    expect([peer.state, peer.context.path]).toEqual(['connected.confirmed.idle', { socket: 'r1', peer: ELSEWHERE }]);
    expect(peer.last.net).toEqual([{ type: 'payload.route', socket: 'r1', to: ELSEWHERE, from: [ELSEWHERE, PUBLIC] }]);
    peer.elapse('keepaliveInterval');
    expect(peer.sent('probe').map(({ to }) => to)).toEqual([ELSEWHERE]);
  });

  test('where nobody answers three challenges the path stays, and is checked', () => {
    const peer = new PunchPeer({}, LOW).idle().probe({ from: ELSEWHERE, nominate: true });
    const start = peer.now;
    while (peer.state === 'connected.confirmed.challenging.asking') peer.next();
    expect([peer.now - start, peer.state]).toEqual([3_500, 'connected.confirmed.checking.asking']);
    expect(peer.everSent('probe').filter(({ to }) => to.host === ELSEWHERE.host)).toHaveLength(3);
    expect(peer.sent('probe')).toMatchObject([{ to: PUBLIC, message: { nominate: true } }]);
    expect(peer.checked().context.path).toEqual({ socket: 'r1', peer: PUBLIC });
  });

  test('a probe that nominates nothing adds a source and leaves the path', () => {
    const peer = new PunchPeer({}, LOW).idle().probe({ from: ELSEWHERE });
    expect(peer.context.path).toEqual({ socket: 'r1', peer: PUBLIC });
    expect(peer.last.net[0]).toMatchObject({ to: PUBLIC, from: [PUBLIC, ELSEWHERE] });
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
