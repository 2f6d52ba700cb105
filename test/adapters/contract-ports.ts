/** The contract on TCP ports: who may share one, in which order, and when it is free again. As the kernel has it. */
import { expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect } from '../../effects/net.ts';
import type { Ground } from './contract.ts';

const ANY = '0.0.0.0';

export function claimPorts(ground: Ground): void {
  const listen = (socket: string, local: Endpoint): NetEffect => ({ type: 'tcp.listen', socket, local });
  const connect = (socket: string, to: Endpoint, local?: Endpoint): NetEffect => ({ type: 'tcp.connect', socket, to, ...(local ? { local } : {}) });

  /** What is asked of one port of a, on its own address (`own`) and on any, with two listeners at b. */
  type Plan = (own: Endpoint, any: Endpoint, to: readonly [Endpoint, Endpoint]) => readonly NetEffect[];

  const rows: readonly (readonly [what: string, plan: Plan, answers: readonly string[]])[] = [
    ['a listener on any address, then one on the host\'s own', (own, any) => [listen('1', any), listen('2', own)], ['1 listening', '2 address-in-use']],
    ['a listener on the own address, then one on any', (own, any) => [listen('1', own), listen('2', any)], ['1 listening', '2 address-in-use']],
    ['a listener on any address, then a connection', (own, any, [to]) => [listen('1', any), connect('2', to, own)], ['1 listening', '2 address-in-use']],
    ['a listener on the own address, then a connection from any', (own, any, [to]) => [listen('1', own), connect('2', to, any)], ['1 listening', '2 address-in-use']],
    ['two connections, then a listener on any address', (own, any, to) => [connect('1', to[0], own), connect('2', to[1], any), listen('3', any)], ['1 connected', '2 connected', '3 listening']],
    ['two connections between the same ends', (own, any, [to]) => [connect('1', to, own), connect('2', to, any)], ['1 connected', '2 address-in-use']],
    ['UDP and TCP', (own) => [{ type: 'udp.open', socket: '1', local: own }, listen('2', own)], ['1 opened', '2 listening']],
  ];

  test.each(rows)('on one port, takes or refuses %s', async (_, plan, answers) => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = [await b.listen('s1', ground.address.b), await b.listen('s2', ground.address.b)] as const;
    const own = await a.listen('free', ground.address.a);
    a.ask({ type: 'close', socket: 'free' }, ...plan(own, { ...own, host: ANY }, to));
    const heard = (): string[] =>
      a.events.slice(1).map((event) => `${event.socket} ${event.type === 'net.failed' ? event.code : event.type.replace(/^\w+\./, '')}`);
    // Nothing else can come, so that many answers are all.
    await Promise.all(answers.map((answer) => a.eventually(() => heard().includes(answer), answer)));
    expect(heard().toSorted()).toEqual(answers);
  });

  test('leaves the port that a connection was given to that one', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const local = await a.connect('c', await b.listen('s', ground.address.b));
    a.ask(listen('l', local), connect('d', await b.listen('s2', ground.address.b), local));
    expect([await a.ended('l'), await a.ended('d')]).toEqual([['address-in-use'], ['address-in-use']]);
  });

  test('connects again between two ends that were connected a moment ago', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.listen('s', ground.address.b);
    const local = await a.connect('c', to, { host: ground.address.a, port: 0 });
    a.ask({ type: 'close', socket: 'c' });
    await b.ended('s/1');
    // What b says after its end comes after it.
    const marker = await a.open('marker', ground.address.a);
    await b.open('marks', ground.address.b);
    b.send('marks', marker, 1);
    await a.next('udp.received');
    expect(await a.connect('c', to, local)).toEqual(local);
    await b.next('tcp.accepted', { nth: 2 });
  });

  test('connects a port to itself', async () => {
    const a = ground.join('a');
    const own = await a.listen('free', ground.address.a);
    a.ask({ type: 'close', socket: 'free' });
    expect(await a.connect('c', own, own)).toEqual(own);
    a.write('c', 1, 2, 3);
    expect(await a.read('c', 3)).toEqual(Uint8Array.of(1, 2, 3));
  });
}
