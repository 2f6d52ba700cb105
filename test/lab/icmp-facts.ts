/**
 * What can be asked of a NAT about ICMP, each question with what was seen. An answer is text that two NATs can have in common:
 * numbers of chance are gone.
 *
 * For: the kernel and the simulator alike.
 * Never: knows which of the two it asks.
 */
import { encodeIcmp, type IcmpMessage, IP_PROTOCOL, type QuotedPacket } from '../../effects/wire/icmp.ts';
import type { IcmpBench, Who } from './icmp-bench.ts';

export type Fact = (bench: IcmpBench) => Promise<unknown>;

/** The addresses that nobody answers at. */
const NOBODY = '3.3.3.3';
const NOBODY_EITHER = '59.66.1.1';
const OTHER_SERVER = '198.18.0.3';
const NOTHING = new Uint8Array(0);

const echo = (id: number, sequence = 0): IcmpMessage => ({ kind: 'echo-request', id, sequence, data: NOTHING });

/** An error about an echo request of `src` that died on its way. */
function error(src: string, id: number, { dst = NOBODY, sequence = 0, kind = 'time-exceeded' as 'time-exceeded' | 'unreachable', code = 0, rest = 0, more = {} as Partial<QuotedPacket> } = {}): IcmpMessage {
  return { kind, code, rest, quoted: { src, dst, protocol: IP_PROTOCOL.icmp, data: encodeIcmp(echo(id, sequence)), ...more } };
}

function broken(message: IcmpMessage): Uint8Array {
  const bytes = encodeIcmp(message);
  bytes.set([bytes[2]! ^ 0xff], 2);
  return bytes;
}

/** What each heard after one message of `who`. */
const after = async (bench: IcmpBench, who: Who, to: string, message: IcmpMessage | Uint8Array, ttl?: number): Promise<unknown> => {
  await bench.send(who, to, message, ttl);
  return bench.heard();
};

/** Errors that somebody makes up about echoes of a, each about one with an identifier of its own. */
const FORGED: Readonly<Record<string, (bench: IcmpBench, id: number) => IcmpMessage | Uint8Array>> = {
  'plain': ({ publicA }, id) => error(publicA, id),
  'of another sequence': ({ publicA }, id) => error(publicA, id, { sequence: 99 }),
  'of another code': ({ publicA }, id) => error(publicA, id, { code: 1 }),
  'of another kind': ({ publicA }, id) => error(publicA, id, { kind: 'unreachable', code: 1 }),
  'with something where nothing should be': ({ publicA }, id) => error(publicA, id, { rest: 0x002a002a }),
  'with a senseless length, as pypwnat has it': ({ publicA }, id) => error(publicA, id, { more: { length: 0x1c00, ttl: 64 } }),
  'of another identifier': ({ publicA }, id) => error(publicA, id + 1),
  'about another destination': ({ publicA }, id) => error(publicA, id, { dst: NOBODY_EITHER }),
  'about another source': ({ address }, id) => error(address.s, id),
  'about the source inside': ({ address }, id) => error(address.a, id),
  'with a wrong checksum': ({ publicA }, id) => broken(error(publicA, id)),
  'about an answer instead of a request': ({ publicA }, id) => error(publicA, id, { more: { data: encodeIcmp({ kind: 'echo-reply', id, sequence: 0, data: NOTHING }) } }),
};
const FIRST_FORGED = 2000;

export const FACTS: Readonly<Record<string, Fact>> = {
  'an echo goes out, and its answer comes back': (bench) => after(bench, 'a', bench.address.s, echo(1001, 7)),
  'an echo to nobody is not answered': (bench) => after(bench, 'a', NOBODY, echo(1002)),
  'an error about nothing does not come in': (bench) => after(bench, 's', bench.publicA, error(bench.publicA, 1003)),
  'an answer to nothing does not come in': (bench) => after(bench, 's', bench.publicA, { kind: 'echo-reply', id: 1004, sequence: 0, data: NOTHING }),
  'an echo request from outside': (bench) => after(bench, 's', bench.publicA, echo(1005)),
  'an error about a live echo comes in from anybody, also with identifier 0': async (bench) => {
    await bench.send('a', NOBODY, echo(0));
    await bench.heard();
    return after(bench, 's', bench.publicA, error(bench.publicA, 0));
  },
  'of errors about live echoes, these come in': async (bench) => {
    const forged = Object.entries(FORGED).map(([name, make], n) => ({ name, id: FIRST_FORGED + 2 * n, make }));
    for (const { id } of forged) await bench.send('a', NOBODY, echo(id));
    await bench.heard();
    for (const { id, make } of forged) await bench.send('s', bench.publicA, make(bench, id));
    const { a, b, s } = await bench.heard();
    const nameOf = (line: string): string | undefined => forged.find(({ id }) => line.includes(` ${id}/`) || line.includes(` ${id + 1}/`))?.name;
    return { a: a.map((line) => [nameOf(line), line]), b, s };
  },
  'an error about nothing goes out': (bench) => after(bench, 'a', bench.address.s, error(bench.address.s, 0)),
  'an unreachable about nothing goes out': (bench) => after(bench, 'a', bench.address.s, error(bench.address.s, 0, { kind: 'unreachable', code: 1 })),
  'an answer to nothing goes out': (bench) => after(bench, 'a', bench.address.s, { kind: 'echo-reply', id: 1023, sequence: 0, data: NOTHING }),
  'an echo that dies at the first router': (bench) => after(bench, 'a', NOBODY, echo(1030), 1),
  'an echo that dies at the second router': (bench) => after(bench, 'a', bench.address.s, echo(1031), 2),
  'a datagram that dies at the second router': async (bench) => {
    await bench.openUdp('a', 41_000);
    await bench.sendUdp('a', 41_000, { host: bench.address.s, port: 3478 }, 2);
    await bench.closeUdp('a', 41_000);
    return bench.heard();
  },
  'an error about a datagram comes in from anybody': async (bench) => {
    await bench.openUdp('a', 41_001);
    await bench.openUdp('s', 3479);
    await bench.sendUdp('a', 41_001, { host: bench.address.s, port: 3479 });
    await bench.heard();
    await bench.closeUdp('a', 41_001);
    await bench.closeUdp('s', 3479);
    const data = Uint8Array.of(41_001 >> 8, 41_001 & 255, 3479 >> 8, 3479 & 255, 0, 9, 0, 0);
    return after(bench, 's', bench.publicA, error(bench.publicA, 0, { dst: bench.address.s, more: { protocol: IP_PROTOCOL.udp, data } }));
  },
  'an error about a datagram that came in goes out': async (bench) => {
    await bench.openUdp('a', 41_002);
    await bench.openUdp('s', 3480);
    await bench.sendUdp('a', 41_002, { host: bench.address.s, port: 3480 });
    await bench.heard();
    await bench.closeUdp('a', 41_002);
    await bench.sendUdp('s', 3480, { host: bench.publicA, port: 41_002 });
    await bench.closeUdp('s', 3480);
    return bench.heard();
  },
};

/** For NATs that two hosts are behind. */
export const FACTS_OF_TWO: Readonly<Record<string, Fact>> = {
  'two hosts keep one identifier, each at another remote': async (bench) => {
    await bench.send('a', bench.address.s, echo(1101));
    await bench.send('b', OTHER_SERVER, echo(1101));
    return bench.heard();
  },
  'at the same remote the second gets another one, and its answer all the same': async (bench) => {
    await bench.send('a', bench.address.s, echo(1102, 1));
    await bench.send('b', bench.address.s, echo(1102, 2));
    const { a, b, s } = await bench.heard();
    return { a, b, s: s.map((line) => line.replace(/(?<!1102)\/2$/, ' another/2').replace(/ \d+ another/, ' another')) };
  },
  'an identifier that was changed stays changed for the next remotes': async (bench) => {
    await bench.send('a', bench.address.s, echo(1107));
    await bench.send('b', bench.address.s, echo(1107, 1));
    await bench.send('b', OTHER_SERVER, echo(1107, 2));
    const { b, s } = await bench.heard();
    const [first, second] = [1, 2].map((sequence) => s.find((line) => line.endsWith(`/${sequence}`))?.split(/[ /]/)[2]);
    return { b, isOther: first !== '1107', isKept: first === second };
  },
  'one that was kept at the first remote, and changed at the second, at a third': async (bench) => {
    await bench.send('a', bench.address.s, echo(1108));
    await bench.send('b', NOBODY, echo(1108));
    await bench.send('b', bench.address.s, echo(1108, 1));
    await bench.send('b', OTHER_SERVER, echo(1108, 2));
    const { s } = await bench.heard();
    const [first, second] = [1, 2].map((sequence) => s.find((line) => line.endsWith(`/${sequence}`))?.split(/[ /]/)[2]);
    return { isOther: first !== '1108', third: second === first ? 'as at the second' : second === '1108' ? 'as at the first' : 'new' };
  },
  'an error about the identifier of both comes to who had it first': async (bench) => {
    await bench.send('a', NOBODY, echo(1103));
    await bench.send('b', NOBODY, echo(1103));
    await bench.heard();
    return after(bench, 's', bench.publicA, error(bench.publicA, 1103));
  },
  'an error from a neighbour, to the address outside': async (bench) => {
    await bench.send('a', NOBODY, echo(1104));
    await bench.heard();
    return after(bench, 'b', bench.publicA, error(bench.publicA, 1104));
  },
  'an echo request from a neighbour, to the address outside': (bench) => after(bench, 'b', bench.publicA, echo(1105)),
};

/** How long ago the NAT counts from: the entry has all of its 30 s left, or less. */
const age = (secondsLeft: number): string => (secondsLeft > 30 ? 'more than it should' : secondsLeft > 27 ? 'new' : 'older');

/** Takes seconds. */
export const remembered: Fact = async (bench) => {
  const about = async (): Promise<unknown> =>
    (await bench.entries())
      .filter(({ inside }) => inside === `${bench.address.a} 1106`)
      .map(({ remote, outside, replied, secondsLeft }) => `${remote} as ${outside} ${replied ? 'answered' : 'unanswered'} ${age(secondsLeft)}`)
      .toSorted();
  await bench.send('a', NOBODY, echo(1106));
  await bench.send('a', bench.address.s, echo(1106));
  await bench.heard();
  const first = await about();
  await bench.pass(4_000);
  await bench.send('s', bench.publicA, error(bench.publicA, 1106));
  const { a } = await bench.heard();
  const afterError = await about();
  await bench.send('a', NOBODY, echo(1106));
  await bench.heard();
  return { first, a, afterError, afterEcho: await about() };
};
