/** The contract on ICMP: whole messages without IP header, to every raw socket of the host that they reach. As a Linux kernel has it. */
import { describe, expect, test } from 'vitest';
import type { NetEffect } from '../../effects/net.ts';
import { encodeIcmp, type IcmpEcho, IP_PROTOCOL } from '../../effects/wire/icmp.ts';
import type { Ground } from './contract.ts';
import type { Party } from './party.ts';

export function claimIcmp(ground: Ground): void {
  let echoes = 0;
  /** An echo that no other claim sends, so that on one host each finds its own. */
  const echo = (kind: IcmpEcho['kind'] = 'echo-request'): Uint8Array => encodeIcmp({ kind, id: 0x4e50, sequence: (echoes += 1), data: Uint8Array.of(1, 2, 3) });
  const answerTo = (request: Uint8Array): Uint8Array => encodeIcmp({ kind: 'echo-reply', id: 0x4e50, sequence: ((request[6] ?? 0) << 8) | (request[7] ?? 0), data: request.subarray(8) });
  const send = (socket: string, to: string, data: Uint8Array): NetEffect => ({ type: 'icmp.send', socket, to, data });

  const hasHeard = ({ events }: Party, socket: string, data: Uint8Array): boolean =>
    events.some((event) => event.type === 'icmp.received' && event.socket === socket && Buffer.compare(event.data, data) === 0);
  const hear = (party: Party, socket: string, data: Uint8Array): Promise<void> => party.eventually(() => hasHeard(party, socket, data), `${Buffer.from(data).toString('hex')} at ${socket}`);
  const join = async (host: 'a' | 'b', ...sockets: readonly string[]): Promise<Party> => {
    const party = ground.join(host);
    party.ask(...sockets.map((socket): NetEffect => ({ type: 'icmp.open', socket })));
    for (const socket of sockets) await party.next('icmp.opened', { socket });
    return party;
  };
  /** Resolves when what was sent to this party before has arrived, or never will. */
  const settle = async (party: Party, from: Party): Promise<void> => {
    const marker = echo('echo-reply');
    party.ask({ type: 'icmp.open', socket: 'marker' });
    await party.next('icmp.opened', { socket: 'marker' });
    from.ask(send('i', ground.address.b, marker));
    await hear(party, 'marker', marker);
  };

  describe('for ICMP', () => {
    test('brings an echo request to the other host, whose system answers it', async () => {
      const [a, b] = [await join('a', 'i'), await join('b', 'i')];
      const request = echo();
      a.ask(send('i', ground.address.b, request));
      await hear(b, 'i', request);
      await hear(a, 'i', answerTo(request));
      expect(b.heard('icmp.received')[0]).toMatchObject({ socket: 'i', from: ground.address.a, at: expect.any(Number) });
    });

    test('sends from a socket before it has heard that it is open', async () => {
      const b = await join('b', 'i');
      const request = echo();
      ground.join('a').ask({ type: 'icmp.open', socket: 'hasty' }, send('hasty', ground.address.b, request));
      await hear(b, 'i', request);
    });

    test('brings an error byte for byte, whoever made it up, to every socket', async () => {
      const [a, b] = [await join('a', 'i'), await join('b', 'one', 'two')];
      const quoted = { src: ground.address.b, dst: '3.3.3.3', protocol: IP_PROTOCOL.icmp, data: echo(), length: 0x1c00 };
      const error = encodeIcmp({ kind: 'time-exceeded', code: 0, rest: 0x002a002a, quoted });
      a.ask(send('i', ground.address.b, error));
      await hear(b, 'one', error);
      await hear(b, 'two', error);
    });

    test('carries what is no sound ICMP as it is: to look at it is the reader\'s business', async () => {
      const [a, b] = [await join('a', 'i'), await join('b', 'i')];
      const broken = echo();
      broken.set([broken[2]! ^ 0xff], 2);
      const unknown = Uint8Array.of(77, 1, 2, 3, 4, 5, 6, 7);
      a.ask(send('i', ground.address.b, broken), send('i', ground.address.b, unknown));
      await hear(b, 'i', broken);
      await hear(b, 'i', unknown);
    });

    test('leaves what is shorter than a header to nobody', async () => {
      const [a, b] = [await join('a', 'i'), await join('b', 'i')];
      const short = Uint8Array.of(77, 1, 2, 3, 4, 5, 6);
      a.ask(send('i', ground.address.b, short));
      await settle(b, a);
      expect(hasHeard(b, 'i', short)).toBe(false);
    });

    test('keeps the order of what is sent, and leaves none of a hundred out', async () => {
      const [a, b] = [await join('a', 'i'), await join('b', 'i')];
      const messages = Array.from({ length: 100 }, () => echo('echo-reply'));
      a.ask(...messages.map((data) => send('i', ground.address.b, data)));
      await hear(b, 'i', messages[99]!);
      const own = new Set(messages.map((data) => Buffer.from(data).toString('hex')));
      const arrived = b.heard('icmp.received').map(({ data }) => Buffer.from(data).toString('hex')).filter((text) => own.has(text));
      expect(arrived).toEqual([...own]);
    });

    test('sends nothing from a socket that is not open', async () => {
      const a = ground.join('a');
      a.ask(send('nobody', ground.address.b, echo()));
      expect(await a.next('net.failed')).toMatchObject({ effect: 'icmp.send', socket: 'nobody', code: 'no-such-socket', to: { host: ground.address.b, port: 0 } });
    });

    test.each([
      ['a name', 'example.test', 8, 'unreachable'],
      ['an IPv6 address', '::1', 8, 'unreachable'],
      ['more than fits in a packet', undefined, 65_516, 'too-large'],
    ])('refuses %s, and keeps the socket', async (_, to, length, code) => {
      const [a, b] = [await join('a', 'i'), await join('b', 'i')];
      a.ask(send('i', to ?? ground.address.b, new Uint8Array(length)));
      expect(await a.next('net.failed')).toMatchObject({ effect: 'icmp.send', socket: 'i', code, detail: expect.stringMatching(/^\S.*\S$/) });
      const request = echo();
      a.ask(send('i', ground.address.b, request));
      await hear(b, 'i', request);
    });

    test('shares its labels with UDP and TCP', async () => {
      const a = await join('a', 'raw');
      const own = { host: ground.address.a, port: 0 };
      a.ask({ type: 'udp.open', socket: 'raw' }, { type: 'tcp.listen', socket: 'raw', local: own }, { type: 'icmp.open', socket: 'raw' });
      await a.open('udp', ground.address.a);
      await a.listen('tcp', ground.address.a);
      a.ask({ type: 'icmp.open', socket: 'udp' }, { type: 'icmp.open', socket: 'tcp' });
      await a.next('net.failed', { nth: 5 });
      const refused = a.heard('net.failed').map(({ effect, socket, code }) => `${effect} ${socket} ${code}`);
      expect(refused.toSorted()).toEqual(['icmp.open raw', 'icmp.open tcp', 'icmp.open udp', 'tcp.listen raw', 'udp.open raw'].map((what) => `${what} address-in-use`));
    });

    test('reports nothing of a socket after its close, and frees its label', async () => {
      const [a, b] = [await join('a', 'i'), await join('b', 'i')];
      b.ask({ type: 'icmp.open', socket: 'brief' }, { type: 'close', socket: 'brief' }, { type: 'close', socket: 'i' });
      const late = echo();
      a.ask(send('i', ground.address.b, late));
      await settle(b, a);
      expect(hasHeard(b, 'i', late)).toBe(false);
      expect(b.heard('icmp.opened', 'brief')).toEqual([]);
      b.ask({ type: 'icmp.open', socket: 'i' });
      await b.next('icmp.opened', { socket: 'i', nth: 2 });
    });

    test('is silent once unsubscribed', async () => {
      const [a, b, witness] = [await join('a', 'i'), await join('b', 'i'), await join('b', 'i')];
      a.ask(send('i', ground.address.b, echo()));
      b.stop();
      const before = b.events.length;
      await settle(witness, a);
      expect(b.events).toHaveLength(before);
    });
  });
}
