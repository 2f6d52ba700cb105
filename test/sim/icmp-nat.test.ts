/** What NATs make of ICMP that is about flows of theirs, is for themselves, or is about nothing. RFC 5508, nf_conntrack. */
import { describe, expect, test } from 'vitest';
import { LINUX_NAT, Nat } from '../../adapters/sim/index.ts';
import { decodeIcmp, encodeIcmp, type IcmpMessage, IP_PROTOCOL } from '../../effects/wire/icmp.ts';
import { A, echo, exceeded, icmpWorld, NOBODY, NOTHING, S } from './icmp-world.ts';

describe('an error that comes from inside', () => {
  const quoting = (message: IcmpMessage, src: string, dst: string): IcmpMessage => ({ kind: 'unreachable', code: 3, rest: 0, quoted: { src, dst, protocol: IP_PROTOCOL.icmp, data: encodeIcmp(message) } });

  test('about an answer that came in leaves as that answer stood outside', () => {
    const { w, send, messages } = icmpWorld({ a: 'port-restricted' });
    const own = w.host('a').addresses[0]!;
    send('a', S, echo(7));
    send('a', S, quoting({ kind: 'echo-reply', id: 7, sequence: 0, data: NOTHING }, S, own));
    const [, error] = messages('s').map(({ from, data }) => ({ from, ...decodeIcmp(data) }));
    expect(error).toMatchObject({ from: A, kind: 'unreachable', quoted: { src: S, dst: A } });
  });

  test('about what never came leaves as it is', () => {
    const { w, send, heard, drops } = icmpWorld({ a: 'port-restricted' });
    const own = w.host('a').addresses[0]!;
    send('a', S, quoting({ kind: 'echo-reply', id: 7, sequence: 0, data: NOTHING }, S, own));
    send('a', S, { kind: 'echo-reply', id: 7, sequence: 0, data: NOTHING });
    expect([heard('s'), drops()]).toEqual([[], ['core private-source', 'core private-source']]);
  });

  test('about a datagram has its port of outside', () => {
    const { w, port, send, messages } = icmpWorld({ a: { ...LINUX_NAT, mapping: 'address-and-port-dependent', allocation: { kind: 'sequential', step: 1, noisePerSecond: 0, first: 3000 } } });
    const own = w.host('a').addresses[0]!;
    port('a').open('main', { port: 5000 });
    port('a').send('main', `${S}:9`, 'x');
    w.advance(200);
    send('a', S, { kind: 'unreachable', code: 3, rest: 0, quoted: { src: S, dst: own, protocol: IP_PROTOCOL.udp, data: Uint8Array.of(0, 9, 5000 >> 8, 5000 & 255, 0, 9, 0, 0) } });
    const [error] = messages('s').map(({ from, data }) => ({ from, ...decodeIcmp(data) }));
    expect(error).toMatchObject({ from: A, quoted: { src: S, dst: A, data: Uint8Array.of(0, 9, 3000 >> 8, 3000 & 255, 0, 9, 0, 0) } });
  });

  test('for a neighbour behind the same NAT comes to it, with the source as it is', () => {
    const { w, send, heard } = icmpWorld({ a: 'port-restricted', b: 'behind a' });
    send('a', NOBODY, echo(7));
    send('b', A, exceeded(A, 7));
    const [own, neighbour] = ['a', 'b'].map((host) => w.host(host).addresses[0]!);
    expect(heard('a')).toEqual([`${neighbour} time-exceeded for ${own} > ${NOBODY}`]);
    send('b', A, exceeded(A, 8));
    expect(heard('a')).toHaveLength(1);
  });

  test('and comes back from a carrier\'s NAT is a martian to the own one, whose address it has', () => {
    const { send, heard, drops } = icmpWorld({ a: 'port-restricted+icmp-errors+cgn' });
    send('a', NOBODY, echo(7));
    send('a', A, exceeded(A, 7));
    expect([heard('a'), drops()]).toEqual([[], ['core unroutable', 'nat-a unroutable']]);
  });
});

describe('an error that comes from outside', () => {
  test('about an answer, or about a datagram to where none was sent, does not come in', () => {
    const { w, port, send, heard, drops } = icmpWorld({ a: 'port-restricted' });
    port('a').open('main', { port: 5000 });
    port('a').send('main', `${S}:9`, 'x');
    send('a', S, echo(7));
    const udp = (to: number): IcmpMessage => ({ kind: 'unreachable', code: 3, rest: 0, quoted: { src: A, dst: S, protocol: IP_PROTOCOL.udp, data: Uint8Array.of(5000 >> 8, 5000 & 255, 0, to, 0, 9, 0, 0) } });
    const before = heard('a').length;
    send('s', A, { kind: 'unreachable', code: 1, rest: 0, quoted: { src: A, dst: S, protocol: IP_PROTOCOL.icmp, data: encodeIcmp({ kind: 'echo-reply', id: 7, sequence: 0, data: NOTHING }) } });
    send('s', A, udp(10));
    expect([heard('a').length, drops().slice(-2)]).toEqual([before, ['nat-a no-mapping', 'nat-a filtering']]);
    send('s', A, udp(9));
    expect(heard('a').at(-1)).toBe(`${S} unreachable for ${w.host('a').addresses[0]} > ${S}`);
  });
});

describe('an echo', () => {
  test('that nobody asked for is answered by nobody, and an answer that nobody waits for does not come in', () => {
    const { send, heard, drops } = icmpWorld({ a: 'port-restricted' });
    send('s', A, echo(3));
    send('s', A, { kind: 'echo-reply', id: 3, sequence: 0, data: NOTHING });
    expect([heard('a'), heard('s'), drops()]).toEqual([[], [], ['nat-a no-mapping', 'nat-a no-mapping']]);
  });

  test('to the NAT itself is answered by it: to its inside always, to its outside where its INPUT accepts', () => {
    const { send, heard } = icmpWorld({ a: { ...LINUX_NAT, earlyProbe: 'clash' } });
    send('a', A, echo(1));
    send('s', A, echo(2));
    send('s', A, { kind: 'echo-reply', id: 2, sequence: 0, data: NOTHING });
    expect([heard('a'), heard('s')]).toEqual([[`${A} echo-reply 1`], [`${A} echo-reply 2`]]);
  });

  test('to the host itself stays there', () => {
    const { w, send, heard } = icmpWorld({ a: 'port-restricted' });
    const own = w.host('a').addresses[0]!;
    send('a', own, echo(1));
    expect(heard('a')).toEqual([`${own} echo-request 1`, `${own} echo-reply 1`]);
  });

  test('finds no identifier at a remote where all 65,536 are taken', () => {
    const nat = new Nat({ behaviour: LINUX_NAT, addresses: [A], seed: '1' });
    const asks = (host: string, id: number): string | undefined => nat.outbound({ protocol: 'icmp', id: 0, host, socket: 'raw', src: { host, port: 0 }, dst: { host: S, port: 0 }, ttl: 64, data: encodeIcmp(echo(id)) }, 0);
    for (let id = 0; id < 65_535; id += 1) if (asks('192.168.1.2', id) !== undefined) throw new Error(`no identifier for ${id}`);
    // The only one that is left is found, wherever the search begins.
    expect([asks('192.168.1.3', 0), asks('192.168.1.3', 1)]).toEqual([undefined, 'no-port']);
  });
});
