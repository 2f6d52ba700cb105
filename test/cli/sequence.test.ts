/** TCP in the sequence of a run: handshakes by name, messages in their words, routine left out, and who refused. */
import { expect, test } from 'vitest';
import { type World, world } from '../../adapters/sim/index.ts';
import { PROTOCOLS, type Protocol } from '../../cli/scenarios.ts';
import { sequence } from '../../cli/sequence.ts';
import { encodeIcmp } from '../../effects/wire/icmp.ts';
import { Port } from '../sim/port.ts';

const protocol = (name: string): Protocol => {
  const found = PROTOCOLS.find((one) => one.name === name);
  if (!found) throw new Error(`no protocol ${name}`);
  return found;
};

/** Rows as `at text`, with where each arrow goes and what was noted. */
const told = (w: World, name: string): string[] =>
  sequence(w, protocol(name)).map((row) => {
    if (row.kind === 'event') return `${row.at} ${row.text}`;
    const arrows = row.arrows.map(({ from, to, stopped }) => `${from}>${to}${stopped ? ` stopped ${stopped}` : ''}`);
    return [`${row.at} ${arrows.join(', ')} ${row.text}`, ...row.notes.map(({ who, what }) => `${who.join(' and ')}: ${what}`)].join(' | ');
  });

test('n4 speaks over TCP in its own words, and TCP only where it matters', () => {
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 20 }).run(protocol('n4').scenario);
  expect(told(w, 'n4').slice(0, 7)).toEqual([
    '0 a>s, b>s SYN',
    '20 s>a, s>b SYN-ACK',
    '40 a>s, b>s “I am here. Is anybody else?”',
    '60 s>a, s>b “Somebody else is here too. Show me your port.”',
    '80 a>s, b>s “This is the port that I have now.”',
    '100 s>b “The other one was at 198.18.1.2:30000.”',
    '100 s>a “The other one was at 198.18.2.2:30000.”',
  ]);
  expect(told(w, 'n4').filter((row) => / ACK/.test(row))).toEqual([]);
  w.stop();
});

test('a refusal by a NAT stands beside its host, and streams that are no messages are counted in bytes', () => {
  const w = world({ a: 'open', b: 'port-restricted+rst' }, { latencyMs: 20 });
  const [a, s] = [new Port(w.host('a')), new Port(w.host('s'))];
  a.ask({ type: 'tcp.connect', socket: 'c', to: { host: w.address('b'), port: 80 } });
  w.advance(100);
  s.ask({ type: 'tcp.listen', socket: 'l', local: { host: '0.0.0.0', port: 80 } });
  a.ask({ type: 'tcp.connect', socket: 'd', to: { host: w.address('s'), port: 80 } }).ask({ type: 'tcp.send', socket: 'd', data: new Uint8Array(5) });
  w.advance(100);
  w.lose('s -> a', 1);
  s.ask({ type: 'tcp.send', socket: 'l/1', data: new Uint8Array(1) }).ask({ type: 'close', socket: 'l/1' });
  w.advance(1_000);
  expect(told(w, 'udp-punch')).toEqual([
    '0 a>b stopped near-receiver SYN | nat-b: dropped, it has given that port to nobody',
    '20 b>a RST | nat-b: says so by itself',
    '100 a>s SYN',
    '120 s>a SYN-ACK',
    '140 a>s (5 bytes)',
    expect.stringMatching(/^200 s>a stopped \S+ \(1 bytes\) \| the line of s: dropped, lost on the way$/),
    '200 s>a FIN',
    '440 s>a (1 bytes)',
    '460 a>s FIN',
  ]);
});

test('ICMP is told by what it is, with addresses alone, and why NATs let it in, or do not', () => {
  const w = world({ a: 'full-cone', b: 'open' }, { latencyMs: 20 });
  const [a, b] = ['a', 'b'].map((host) => new Port(w.host(host)).ask({ type: 'icmp.open', socket: 'raw' }));
  const echo = (id: number) => encodeIcmp({ kind: 'echo-request', id, sequence: 0, data: new Uint8Array(0) });
  const say = (from: Port | undefined, to: string, data: Uint8Array): void => {
    from?.ask({ type: 'icmp.send', socket: 'raw', to, data });
    w.advance(100);
  };
  say(a, '3.3.3.3', echo(7));
  for (const id of [7, 8]) {
    const quoted = { src: '198.18.1.2', dst: '3.3.3.3', protocol: 1, data: echo(id) };
    say(b, '198.18.1.2', encodeIcmp({ kind: 'time-exceeded', code: 0, rest: 0, quoted }));
  }
  say(a, '198.18.2.2', encodeIcmp({ kind: 'unreachable', code: 1, rest: 0, quoted: { src: '198.18.2.2', dst: '3.3.3.3', protocol: 1, data: echo(7) } }));
  expect(told(w, 'udp-punch')).toEqual([
    '0 a>undefined stopped between echo-request 7 | nat-a: sent on as from 198.18.1.2 | internet: dropped, no way leads to that address',
    '100 b>a time-exceeded for 198.18.1.2 > 3.3.3.3 | nat-a: let in, it is about something that was sent',
    '200 b>a stopped near-receiver time-exceeded for 198.18.1.2 > 3.3.3.3 | nat-a: dropped, nothing was sent that it could be about',
    '300 a>b stopped between unreachable for 198.18.2.2 > 3.3.3.3 | internet: dropped, it says it is from a private address, to which no answer finds its way',
  ]);
});
