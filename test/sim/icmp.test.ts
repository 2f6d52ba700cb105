/** ICMP on the simulated internet: who hears what, by way of which NAT, for how long, and why not. RFC 792, RFC 5508, nf_conntrack. */
import { describe, expect, test } from 'vitest';
import { LINUX_NAT, world, type World } from '../../adapters/sim/index.ts';
import { icmpName } from '../../adapters/sim/icmp-message.ts';
import { decodeIcmp, encodeIcmp, internetChecksum, IP_PROTOCOL } from '../../effects/wire/icmp.ts';
import { A, echo, exceeded, icmpWorld, NOBODY, NOTHING, S } from './icmp-world.ts';
import { Port } from './port.ts';

const rowsOf = (w: World, nat = 'nat-a') => w.internet.routers.get(nat)!.nat!.rows(w.clock.now()).filter(({ mapping }) => mapping.protocol === 'icmp');

describe('a forged error about a live echo', () => {
  test.each(['open', 'firewall', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq', 'udp-blocked', 'port-restricted+cgn', 'restricted+icmp-errors'])(
    'comes in by %s, from anybody, and quotes the host as it knows itself',
    (nat) => {
      const { w, send, heard } = icmpWorld({ a: nat, b: 'open' });
      send('a', NOBODY, echo(0));
      send('b', A, exceeded(A, 0));
      expect(heard('a')).toEqual([`198.18.2.2 time-exceeded for ${w.host('a').addresses[0]} > ${NOBODY}`]);
    },
  );

  test.each([
    ['restricted+no-icmp', 'nat-a icmp-blocked'],
    ['firewall+no-icmp', 'firewall-a icmp-blocked'],
  ])('does not come in by %s', (nat, drop) => {
    const { send, heard, drops } = icmpWorld({ a: nat });
    send('a', NOBODY, echo(0));
    send('s', A, exceeded(A, 0));
    expect([heard('a'), drops()]).toEqual([[], [drop, drop]]);
  });

  test('goes out under its own address from where no address is translated, and from behind +icmp-errors', () => {
    for (const nat of ['open', 'firewall', 'full-cone+icmp-errors', 'symmetric+icmp-errors']) {
      const { send, heard } = icmpWorld({ a: nat });
      send('a', S, exceeded(S, 0));
      expect(heard('s')).toEqual([`${A} time-exceeded for ${S} > ${NOBODY}`]);
    }
  });

  test('leaves any other NAT with a private source, with which it comes no further than the core', () => {
    for (const nat of ['full-cone', 'restricted', 'port-restricted', 'symmetric', 'port-restricted+icmp-errors+cgn']) {
      const { send, heard, drops } = icmpWorld({ a: nat });
      send('a', S, exceeded(S, 0));
      expect([heard('s'), drops()]).toEqual([[], ['core private-source']]);
    }
  });

  test('must be about that echo', () => {
    const { w, send, heard, drops } = icmpWorld({ a: 'port-restricted' });
    send('a', NOBODY, echo(7));
    for (const message of [exceeded(A, 8), exceeded(A, 7, '59.66.1.1'), exceeded(S, 7), exceeded(w.host('a').addresses[0]!, 7)]) send('s', A, message);
    expect([heard('a'), drops()]).toEqual([[], ['core unroutable', ...Array.from({ length: 4 }, () => 'nat-a no-mapping')]]);
  });
});

describe('an echo', () => {
  test('keeps its identifier, which two hosts may have at two remotes; at the same one the second gets another', () => {
    const { w, send } = icmpWorld({ a: 'port-restricted', b: 'behind a' });
    for (const [from, to] of [['a', NOBODY], ['b', '59.66.1.1'], ['b', NOBODY]] as const) send(from, to, echo(42));
    const [first, second, third] = rowsOf(w).map(({ external }) => external);
    expect([first, second]).toEqual([{ host: A, port: 42 }, { host: A, port: 42 }]);
    expect(third).toEqual({ host: A, port: expect.not.toSatisfy((id: number) => id === 42) });
  });

  test('whose identifier was changed keeps the other at the next remote, while that is remembered', () => {
    const { w, send } = icmpWorld({ a: 'port-restricted', b: 'behind a' });
    for (const [from, to] of [['a', S], ['b', S], ['b', NOBODY]] as const) send(from, to, echo(42));
    const [, second, third] = rowsOf(w).map(({ external }) => external.port);
    expect(second).not.toBe(42);
    expect(third).toBe(second);
    w.advance(30_000);
    send('b', NOBODY, echo(42));
    expect(rowsOf(w).map(({ external }) => external.port)).toEqual([42]);
  });

  test('is answered to whom asked, data and all, also where its identifier was changed', () => {
    const { messages, send } = icmpWorld({ a: 'port-restricted', b: 'behind a' }, { latencyMs: 20 });
    const data = Uint8Array.of(1, 2, 3);
    send('a', S, echo(9, data));
    send('b', S, echo(9, data));
    for (const host of ['a', 'b']) expect(messages(host).map((event) => decodeIcmp(event.data))).toEqual([{ kind: 'echo-reply', id: 9, sequence: 0, data }]);
    expect(new Set(messages('s').map((event) => icmpName(event.data))).size).toBe(2);
  });

  test('of a changed identifier gets its own errors, whose quotes are sound', () => {
    const { w, messages, send } = icmpWorld({ a: 'port-restricted', b: 'behind a' });
    send('a', NOBODY, echo(9));
    send('b', NOBODY, echo(9));
    const { port: id } = rowsOf(w)[1]!.external;
    send('s', A, exceeded(A, id));
    expect(messages('a')).toEqual([]);
    const [message] = messages('b').map((event) => decodeIcmp(event.data));
    const quoted = message && 'quoted' in message ? message.quoted : undefined;
    expect(quoted?.data && decodeIcmp(quoted.data)).toEqual(echo(9));
    expect(internetChecksum(messages('b')[0]!.data.subarray(8, 28))).toBe(0);
  });

  test('is remembered for 30 s from the last message, answered or not; an error prolongs nothing', () => {
    const { w, send, heard } = icmpWorld({ a: 'port-restricted' });
    send('a', NOBODY, echo(1));
    w.advance(20_000);
    send('a', NOBODY, echo(1));
    w.advance(29_000);
    send('s', A, exceeded(A, 1));
    expect(heard('a')).toHaveLength(1);
    w.advance(1_000);
    send('s', A, exceeded(A, 1));
    expect(heard('a')).toHaveLength(1);
    send('a', S, echo(2));
    w.advance(29_000);
    send('s', A, { kind: 'echo-reply', id: 2, sequence: 5, data: NOTHING });
    w.advance(29_000);
    send('s', A, exceeded(A, 2, S));
    expect(heard('a').slice(1)).toEqual([`${S} echo-reply 2`, `${S} echo-reply 2`, `${S} time-exceeded for 192.168.1.2 > ${S}`]);
  });

  test('is forgotten by a reboot, and sooner where the NAT is told so', () => {
    const { w, send, heard, drops } = icmpWorld({ a: { ...LINUX_NAT, icmp: { ...LINUX_NAT.icmp, lifetimeMs: 1_000 } } });
    send('a', NOBODY, echo(1));
    w.reboot('nat-a');
    send('s', A, exceeded(A, 1));
    send('a', NOBODY, echo(1));
    w.advance(1_000);
    send('s', A, exceeded(A, 1));
    expect([heard('a'), drops()]).toEqual([[], ['core unroutable', 'nat-a no-mapping', 'core unroutable', 'nat-a no-mapping']]);
  });

  test('takes its place in the table beside UDP', () => {
    const { w, send, drops } = icmpWorld({ a: { ...LINUX_NAT, table: { size: 2, eviction: 'refuse' } } });
    for (const id of [1, 2, 3]) send('a', S, echo(id));
    expect(drops()).toEqual(['nat-a table-full']);
    expect(rowsOf(w).map(({ inside, remote, replied }) => [inside.port, remote, replied])).toEqual([[1, S, true], [2, S, true]]);
  });
});

describe('the end of a packet', () => {
  test('is told to a host with a raw socket, by the router where it was, and its UDP sockets hear nothing of it', () => {
    const { w, port, heard } = icmpWorld({ a: 'port-restricted+cgn' });
    port('a').open('main', { port: 5000 });
    for (const ttl of [1, 2, 3]) port('a').send('main', `${S}:9`, 'x', ttl);
    port('a').send('main', `${S}:9`, 'x');
    w.advance(100);
    const about = `for 192.168.1.2 > ${S}`;
    const routers = ['192.168.1.1', '100.64.1.1', '198.18.1.1'];
    expect(heard('a').toSorted()).toEqual([...routers.map((router) => `${router} time-exceeded ${about}`), `${S} unreachable ${about}`].toSorted());
    expect(port('a').heard.map(({ type }) => type).filter((type) => type !== 'icmp.received')).toEqual(['icmp.opened', 'udp.opened']);
  });

  test('is told of an echo, too, and of a segment, by the number that it had', () => {
    const { w, port, send, messages } = icmpWorld({ a: Array.from({ length: 64 }, () => LINUX_NAT) });
    send('a', S, echo(5, Uint8Array.of(1, 2, 3)), 1);
    port('a').ask({ type: 'tcp.connect', socket: 'c', to: { host: S, port: 80 }, local: { host: '0.0.0.0', port: 5000 } });
    w.advance(100);
    const own = w.host('a').addresses[0]!;
    const [ofEcho, ofSegment] = messages('a').map(({ data }) => decodeIcmp(data));
    expect(ofEcho).toMatchObject({ kind: 'time-exceeded', quoted: { src: own, dst: S, protocol: IP_PROTOCOL.icmp, data: encodeIcmp(echo(5, Uint8Array.of(1, 2, 3))).subarray(0, 8) } });
    const { segment } = w.journeys().find(({ host, segment }) => host === 'a' && segment)!;
    const seq = segment!.seq;
    expect(ofSegment).toMatchObject({ kind: 'time-exceeded', quoted: { src: own, dst: S, protocol: IP_PROTOCOL.tcp, data: Uint8Array.of(5000 >> 8, 5000 & 255, 0, 80, seq >>> 24, (seq >> 16) & 255, (seq >> 8) & 255, seq & 255) } });
  });

  test('is told to nobody else, so that worlds without ICMP stay as they are', () => {
    const w = world({ a: 'port-restricted' });
    const a = new Port(w.host('a')).open('main', { port: 5000 });
    for (const ttl of [1, 2, 64]) a.send('main', `${S}:9`, 'x', ttl);
    w.advance(100);
    expect(w.drops().map(({ by, reason }) => `${by} ${reason}`)).toEqual(['nat-a ttl', 'core ttl', 's no-socket']);
    expect(w.journeys()).toHaveLength(3);
  });

  test('by an error is never told, or two routers would talk for ever', () => {
    const { send, heard, drops } = icmpWorld({ a: 'open' });
    send('a', S, exceeded(S, 1), 1);
    expect([heard('a'), drops()]).toEqual([[], ['router-a ttl']]);
  });
});

test('what happens to ICMP stands in the trace, with addresses that have no port', () => {
  const { w, send } = icmpWorld({ a: 'port-restricted' }, { latencyMs: 20 });
  send('a', NOBODY, echo(0));
  send('s', A, exceeded(A, 0));
  expect(w.trace()).toEqual([
    '0 a:raw 192.168.1.2 > 3.3.3.3 echo-request 0',
    '0 nat-a as 198.18.1.2 > 3.3.3.3 echo-request 0',
    '10 core dropped 198.18.1.2 > 3.3.3.3 echo-request 0: unroutable',
    '200 s:raw 198.18.0.2 > 198.18.1.2 time-exceeded for 198.18.1.2 > 3.3.3.3',
    '220 nat-a as 198.18.0.2 > 192.168.1.2 time-exceeded for 198.18.1.2 > 3.3.3.3',
    '220 a:raw got 198.18.0.2 > 192.168.1.2 time-exceeded for 198.18.1.2 > 3.3.3.3',
  ]);
});

test('what is no ICMP that anybody knows stands in the trace by its length', () => {
  const { w, port } = icmpWorld({ a: 'open' });
  port('a').ask({ type: 'icmp.send', socket: 'raw', to: S, data: Uint8Array.of(13, 0, 0, 0, 0, 0, 0, 0) });
  w.advance(200);
  expect(w.trace()[0]).toBe(`0 a:raw ${A} > ${S} 8 bytes of ICMP`);
});

test('a raw socket that another closes while a message is handed round hears no more of it', () => {
  const w = world({ a: 'open' });
  const [heard, icmp] = [[] as string[], w.host('a').icmp];
  icmp.open('one', () => {
    heard.push('one');
    two.close();
  });
  const two = icmp.open('two', () => heard.push('two'));
  new Port(w.host('s')).ask({ type: 'icmp.open', socket: 'raw' }).ask({ type: 'icmp.send', socket: 'raw', to: A, data: encodeIcmp(echo(1)) });
  w.advance(200);
  expect(heard).toEqual(['one']);
});

test('the same seed gives the same bytes, another one other identifiers', () => {
  const played = (seed: number): readonly string[] => {
    const { w, send } = icmpWorld({ a: 'restricted', b: 'behind a' }, { seed, latencyMs: 5 });
    for (const from of ['a', 'b', 'b']) send(from, S, echo(3));
    return w.trace();
  };
  expect(played(1)).toEqual(played(1));
  expect(played(1)).not.toEqual(played(2));
});

test('a host without a raw socket answers echoes, and takes note of nothing else', () => {
  const { w, port, send, heard, drops } = icmpWorld({ a: 'open' });
  port('s').ask({ type: 'close', socket: 'raw' });
  send('a', S, echo(5));
  send('a', S, { kind: 'echo-reply', id: 5, sequence: 0, data: NOTHING });
  expect([heard('a'), drops()]).toEqual([[`${S} echo-reply 5`], ['s no-socket']]);
  expect(w.host('s').openSockets()).toEqual([]);
});
