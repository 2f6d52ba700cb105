/** What the STUN check does with sockets that it cannot have, with several servers, with silence and with refusals. Pure transitions. */
import { describe, expect, test } from 'vitest';
import { SOCKETS } from '../../machines/nat-check/stun-questions.ts';
import { answer, type Answering, honest, PUBLIC, portsOf, SECOND, SERVER, StunCheck } from './stun-check.ts';

describe('a socket whose port is taken', () => {
  test('is opened at any port, and the check goes on', () => {
    const check = new StunCheck();
    expect(check.opens('fresh/3')[0]?.local?.port).toBeGreaterThanOrEqual(20_000);
    check.notOpened('fresh/3').allOpened();
    expect(check.opens('fresh/3').map(({ local }) => local?.port === 0)).toEqual([false, true]);
    check.goOn();
    expect(check.asked('fresh/3')).not.toEqual([]);
    expect(check.outcome).toMatchObject({ kind: 'checked', nat: true });
  });

  test('is done without when any port is refused too', () => {
    const check = new StunCheck();
    for (const socket of SOCKETS.filter((one) => one.startsWith('fresh/'))) check.notOpened(socket).notOpened(socket, 'exhausted');
    for (const socket of ['map', 'filter', 'hair']) check.opened(socket);
    check.goOn();
    expect(check.outcome).toMatchObject({ kind: 'checked', nat: true, mapping: 'endpoint-independent', allocation: null });
    expect(check.asked().some(({ socket }) => socket.startsWith('fresh/'))).toBe(false);
  });

  test.each([
    ['filter', { filtering: null, mapping: 'endpoint-independent' }],
    ['hair', { hairpin: null, mapping: 'endpoint-independent' }],
  ] as const)('`%s` is missed by its own test only', (socket, expected) => {
    const check = new StunCheck().notOpened(socket).notOpened(socket);
    for (const other of SOCKETS) if (other !== socket) check.opened(other);
    expect(check.goOn().outcome).toMatchObject({ kind: 'checked', nat: true, ...expected });
  });

  test.each([
    ['address-in-use', 'address-in-use'],
    ['address-not-available', 'address-not-available'],
    ['not-permitted', 'not-permitted'],
    ['exhausted', 'socket-failed'],
  ] as const)('`map` refused as %s is the end: %s', (code, reason) => {
    expect(new StunCheck({ local: { port: 5_000 } }).notOpened('map', code).outcome).toMatchObject({ kind: 'failed', reason, detail: 'no map' });
  });

  test('of our choice is asked for by `map` alone, at the address of our choice', () => {
    const check = new StunCheck({ local: { host: '192.168.1.2', port: 5_000 } });
    expect(check.opens('map')[0]?.local).toEqual({ host: '192.168.1.2', port: 5_000 });
    const others = SOCKETS.slice(1).flatMap((socket) => check.opens(socket).map(({ local }) => local));
    expect(others.every((local) => local?.host === '192.168.1.2' && local.port !== 5_000)).toBe(true);
    expect(new Set(others.map((local) => local?.port)).size).toBe(others.length);
  });

  test('that is lost later harms no other', () => {
    const check = new StunCheck().allOpened().notOpened('fresh/1', 'unknown').notOpened('filter', 'unknown');
    expect(check.goOn().outcome).toMatchObject({ kind: 'checked', nat: true });
  });
});

describe('a host without a way out', () => {
  test('is told so, when no server can be sent to', () => {
    const check = new StunCheck({ servers: [SERVER, SECOND] }).allOpened();
    check.notOpened('map', 'unreachable', 'udp.send', SERVER);
    expect(check.isActive).toBe(true);
    check.notOpened('map', 'unreachable', 'udp.send', SECOND);
    expect(check.outcome).toMatchObject({ kind: 'failed', reason: 'no-network' });
  });

  test('is not what a send refused for another reason means', () => {
    const check = new StunCheck().allOpened().notOpened('map', 'exhausted', 'udp.send', SERVER);
    expect(check.goOn().outcome).toMatchObject({ kind: 'checked', udp: true });
  });

  test('is not what a second server out of reach means', () => {
    const check = new StunCheck({ servers: [SERVER, SECOND] }).allOpened().notOpened('map', 'unreachable', 'udp.send', SECOND);
    expect(check.goOn((sent) => (sent.to === SECOND ? undefined : honest(sent))).outcome).toMatchObject({ kind: 'checked', mapping: 'endpoint-independent' });
  });
});

describe('silence', () => {
  const start = (patienceMs?: number): StunCheck => new StunCheck(patienceMs === undefined ? {} : { patienceMs }).allOpened();

  test('is waited for as long as patience says, and asked into often', () => {
    const check = start();
    const began = check.now;
    check.goOn(() => undefined);
    expect([check.now - began, check.outcome?.kind]).toEqual([2_500, 'checked']);
    expect(check.outcome).toMatchObject({ verdict: 'udp-blocked', udp: false, nat: null });
    expect(check.asked().length).toBeGreaterThanOrEqual(13);
    expect(check.asked().every(({ socket, to }) => socket === 'map' && to === SERVER)).toBe(true);
  });

  test.each([500, 1_000, 8_000])('of %d ms, when patience is so long', (patienceMs) => {
    const check = start(patienceMs);
    const began = check.now;
    check.goOn(() => undefined);
    expect(check.now - began).toBe(patienceMs);
    expect(check.outcome).toMatchObject({ verdict: 'udp-blocked' });
  });

  test('broken by the very last answer is none', () => {
    const check = start(1_000);
    check.advance(999);
    expect(check.answered((sent) => honest(sent), 0).context.primary).toEqual(SERVER);
  });
});

describe('several servers', () => {
  const other = { host: '198.18.0.5', port: 3_479 };

  test('are asked side by side; one that is silent holds the check up for a moment only', () => {
    const check = new StunCheck({ servers: [SERVER, SECOND] }).allOpened();
    expect(check.asked().map(({ to }) => to)).toEqual([SERVER, SECOND]);
    check.answered((sent) => (sent.to === SECOND ? honest(sent) : undefined));
    expect([check.states, check.timers().some((timer) => timer === 'grace in 200')]).toEqual([['probing.waitingForOthers'], true]);
    check.elapse('grace');
    expect(check.context.primary).toEqual(SECOND);
  });

  test('the first that names another address of its own is asked for most', () => {
    const plain: Answering = (sent) => answer(sent.message.txid, { host: PUBLIC, port: portsOf(sent.socket) }, undefined);
    const check = new StunCheck({ servers: [SERVER, SECOND] }).allOpened();
    check.answered((sent) => (sent.to === SERVER ? { ...plain(sent), type: 'answer', txid: sent.message.txid, mapped: { host: PUBLIC, port: 1 }, other: undefined } : answer(sent.message.txid, { host: PUBLIC, port: 1 }, other)));
    expect([check.context.primary, check.context.other]).toEqual([SECOND, other]);
  });

  test('that see two endpoints are enough to call a NAT symmetric, and not to say what it depends on', () => {
    const check = new StunCheck({ servers: [SERVER, SECOND] }).allOpened();
    check.goOn(({ to, socket, message }) => (message.change || to.host === PUBLIC ? undefined : { type: 'answer', txid: message.txid, mapped: { host: PUBLIC, port: portsOf(socket) + (to === SECOND ? 1 : 0) }, other: undefined }));
    expect(check.outcome).toMatchObject({ verdict: 'symmetric', mapping: null, filtering: null });
  });
});

describe('a refusal', () => {
  const refusing = (code: number): Answering => (sent) => (sent.message.change ? { type: 'refusal', txid: sent.message.txid, code } : honest(sent));

  test('of CHANGE-REQUEST (420) ends the filter tests at once, with the reason', () => {
    const check = new StunCheck().allOpened().goOn(refusing(420));
    expect(check.outcome).toMatchObject({ kind: 'checked', filtering: null, mapping: 'endpoint-independent' });
    expect(check.asked('filter').filter(({ message }) => message.change).length).toBeLessThanOrEqual(3);
  });

  test('of everything says that UDP passes', () => {
    const check = new StunCheck().allOpened().goOn(({ message: { txid } }) => ({ type: 'refusal', txid, code: 420 }));
    expect(check.outcome).toMatchObject({ kind: 'checked', verdict: null, udp: true, nat: null });
    expect(check.asked().length).toBeLessThanOrEqual(2);
  });

  test("for the server's own trouble is asked again, until it answers", () => {
    let asked = 0;
    const check = new StunCheck().allOpened().goOn((sent) => ((asked += 1) <= 2 ? { type: 'refusal', txid: sent.message.txid, code: 500 } : honest(sent)));
    expect(check.outcome).toMatchObject({ kind: 'checked', nat: true, mapping: 'endpoint-independent' });
  });

  test('of one server leaves the others', () => {
    const check = new StunCheck({ servers: [SECOND, SERVER] }).allOpened();
    check.goOn((sent) => (sent.to === SECOND ? { type: 'refusal', txid: sent.message.txid, code: 500 } : honest(sent)));
    expect(check.outcome).toMatchObject({ kind: 'checked', nat: true, mapping: 'endpoint-independent' });
  });
});
