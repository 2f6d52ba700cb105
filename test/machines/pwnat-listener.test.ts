/** The pwnat listener, arrow by arrow: its sockets, whom it punches towards and when, whom it serves, and its ends. */
import { describe, expect, test } from 'vitest';
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { NetCommand } from '../../effects/net-actor.ts';
import type { ListenerContext, ListenerEvent } from '../../machines/pwnat/listener-setup.ts';
import { pwnatListener, type PwnatListenerInput, type PwnatMessage } from '../../machines/index.ts';
import { Bench } from './bench.ts';

const LOCAL = { host: '0.0.0.0', port: 2222 };
const WEB = { host: 'web', port: '80', at: { host: '10.0.0.9', port: 8080 } };
const CALLER = { host: '198.18.2.2', port: 2222 };

class ListenerBench extends Bench<ListenerContext, ListenerEvent, PwnatMessage> {
  constructor(input: Partial<PwnatListenerInput> = {}) {
    super(pwnatListener, { seed: '1', allow: [WEB], ...input });
  }

  serving(): this {
    this.send({ type: 'udp.opened', socket: 'main', local: { ...LOCAL, port: this.context.input.variant === 'pypwnat' ? 2345 : 2222 }, addresses: [], at: this.now });
    this.send({ type: 'icmp.opened', socket: 'hole', at: this.now });
    return this;
  }

  hear(message: PwnatMessage, from: Endpoint = CALLER): readonly string[] {
    this.send({ ...message, socket: 'main', from, at: this.now } as ListenerEvent);
    return this.asked;
  }

  error(host: string = CALLER.host): readonly string[] {
    this.send({ type: 'exceeded', about: '192.168.1.2', socket: 'hole', from: { host, port: 0 }, at: this.now });
    return this.asked;
  }

  get asked(): readonly string[] {
    return this.last.net.flatMap(inWords);
  }
}

function inWords(command: NetCommand<PwnatMessage>): readonly string[] {
  switch (command.type) {
    case 'several':
      return command.commands.flatMap(inWords);
    case 'udp.send':
      return [`${command.message.type} to ${formatEndpoint(command.to)}${command.ttl === undefined ? '' : `, ${command.ttl} hops`}`];
    case 'icmp.send':
      return [`${command.message.type} to ${command.to}`];
    case 'tcp.connect':
      return [`connect ${formatEndpoint(command.to)}`];
    default:
      return ['socket' in command ? `${command.type} ${command.socket}` : command.type];
  }
}

describe('its sockets', () => {
  test('are UDP and raw ICMP; then it asks nobody for an echo, again and again', () => {
    const bench = new ListenerBench();
    expect(bench.net).toMatchObject([{ type: 'udp.open', local: LOCAL }]);
    bench.serving();
    expect([bench.asked, bench.emitted]).toMatchObject([['echo to 3.3.3.3'], [{ what: 'listening', local: LOCAL }]]);
    bench.advance(20_000);
    expect(bench.net.flatMap(inWords).filter((what) => what === 'echo to 3.3.3.3')).toHaveLength(5);
    const other = new ListenerBench({ variant: 'pypwnat' }).serving();
    other.advance(20_000);
    expect(other.net.flatMap(inWords).filter((what) => what === 'echo to 59.66.1.1')).toHaveLength(3);
  });

  test.each([['udp.open', 'main', 'address-in-use'], ['icmp.open', 'hole', 'not-permitted']] as const)('%s that fails ends it, with the reason', (effect, socket, code) => {
    const bench = new ListenerBench();
    bench.send({ type: 'net.failed', effect, socket, code, detail: 'why', at: bench.now });
    expect([bench.context.outcome, bench.snapshot.status]).toMatchObject([{ reason: code, detail: 'why' }, 'done']);
  });
});

test('a system that refuses the echo requests is told of once', () => {
  const bench = new ListenerBench().serving();
  for (let n = 0; n < 3; n += 1) bench.send({ type: 'net.failed', effect: 'icmp.send', socket: 'hole', code: 'not-permitted', detail: 'a firewall', at: bench.now });
  expect(bench.emitted.slice(1)).toEqual([{ type: 'server', what: 'mute', detail: 'a firewall' }]);
  expect(bench.state).toContain('serving');
});

describe('an error', () => {
  test('is answered by a datagram of no bytes, to the port that it has itself', () => {
    expect(new ListenerBench({ listen: { port: 2222 } }).serving().error()).toEqual(['punch to 198.18.2.2:2222']);
  });

  test('that comes again is answered after 0.4, 0.8, 1.6 s and so on, never later than 20 s', () => {
    const bench = new ListenerBench().serving();
    const start = bench.now;
    const times: number[] = [];
    for (; bench.now < start + 100_000; bench.now += 100) if (bench.error().length > 0) times.push((bench.now - start) / 1_000);
    expect(times.slice(0, 6)).toEqual([0, 0.4, 1.2, 2.8, 6, 12.4]);
    expect(times.slice(6).map((at, n) => Math.round((at - (times[n + 5] ?? 0)) * 10) / 10)).toEqual([12.8, 20, 20, 20]);
  });

  test('from whoever is served, or about to be, is answered by what dies behind the own NAT, which may have forgotten it', () => {
    const pending = new ListenerBench().serving();
    pending.hear({ type: 'hello', request: 1, host: 'web', port: '80', size: 21 });
    const linked = new ListenerBench().serving();
    const [accept] = linked.hear({ type: 'offer', caller: '0123456789abcdef' }) && pairsOf(linked);
    linked.hear({ type: 'linkPing', by: 'caller', pair: accept ?? '', serial: 1 });
    for (const bench of [pending, linked]) expect([bench.error(), bench.error('198.18.2.3')]).toEqual([['punch to 198.18.2.2:2222, 2 hops'], ['punch to 198.18.2.3:2222']]);
  });

  test('that was answered so makes the answer to the next one no later, once nobody is served', () => {
    const bench = new ListenerBench().serving();
    bench.hear({ type: 'hello', request: 1, host: 'web', port: '80', size: 21 });
    for (let n = 0; n < 20; n += 1) {
      bench.error();
      bench.advance(400);
    }
    bench.hear({ type: 'goodbye', id: idsOf(bench)[0] ?? 0 });
    expect(bench.error()).toEqual(['punch to 198.18.2.2:2222']);
  });

  test('to pypwnat\'s is answered by its greeting, once: it is nearly as long as the error', () => {
    const bench = new ListenerBench({ variant: 'pypwnat' }).serving();
    bench.error();
    bench.advance(1_000);
    expect(bench.net.flatMap(inWords).filter((what) => what === 'greeting to 198.18.2.2:2345')).toHaveLength(1);
  });
});

describe('HELLO', () => {
  const hello = (host = 'web', port = '80', request = 1): PwnatMessage => ({ type: 'hello', request, host, port, size: 21 });

  test('is answered by an id; only HELLOACK from there, with that id, has the destination called', () => {
    const bench = new ListenerBench().serving();
    bench.hear(hello());
    const [id = 0] = idsOf(bench);
    expect(bench.asked).toEqual(['helloAck to 198.18.2.2:2222']);
    for (const from of [{ ...CALLER, port: 2223 }, { ...CALLER, host: '203.0.113.1' }]) expect(bench.hear({ type: 'helloAck', id, request: 1 }, from)).toEqual([]);
    expect(bench.hear({ type: 'helloAck', id: id + 1, request: 1 })).toEqual([]);
    expect(bench.hear({ type: 'helloAck', id, request: 1 })).toEqual(['connect 10.0.0.9:8080']);
    expect(bench.emitted).toMatchObject([{ what: 'listening' }, { what: 'carried', from: CALLER }, { type: 'outcome', outcome: { kind: 'connected', peer: CALLER } }]);
  });

  test('that is repeated gets the same id, and calls the destination once', () => {
    const bench = new ListenerBench().serving();
    bench.hear(hello());
    bench.hear(hello());
    expect(new Set(idsOf(bench)).size).toBe(1);
    const [id = 0] = idsOf(bench);
    expect([bench.hear({ type: 'helloAck', id, request: 1 }), bench.hear({ type: 'helloAck', id, request: 1 }), bench.hear(hello())]).toEqual([['connect 10.0.0.9:8080'], [], []]);
    bench.hear(hello('web', '80', 2));
    expect(new Set(idsOf(bench)).size).toBe(2);
  });

  test.each([['Web', '80'], ['web', '080'], ['web', '81'], ['10.0.0.9', '8080'], ['localhost', '22']])('for %s %s, which is not allowed to the letter, is answered by GOODBYE and kept nowhere', (host, port) => {
    const bench = new ListenerBench().serving();
    expect(bench.hear(hello(host, port))).toEqual(['goodbye to 198.18.2.2:2222']);
    expect([bench.context.callee.tunnel.streams.size, bench.emitted.at(-1)]).toMatchObject([0, { what: 'denied' }]);
  });

  test('that is denied a thousand times a second is told of once a second, with the count of the others', () => {
    const bench = new ListenerBench().serving();
    for (let n = 0; n < 500; n += 1) bench.hear(hello('no', '1', n), { host: `203.0.113.${n % 250}`, port: n + 1 });
    bench.now += 1_000;
    bench.hear(hello('no', '1', 1));
    expect(bench.emitted.slice(1)).toEqual([{ type: 'server', what: 'denied', from: { host: '203.0.113.0', port: 1 } }, { type: 'server', what: 'denied', from: CALLER, detail: 'and 499 more since the last word of it' }]);
  });

  test('is denied by a listener that was told of no destination, whatever it asks for', () => {
    expect(new ListenerBench({ allow: [] }).serving().hear(hello())).toEqual(['goodbye to 198.18.2.2:2222']);
  });

  test('whose destination refuses is answered by GOODBYE', () => {
    const bench = new ListenerBench().serving();
    bench.hear(hello());
    bench.hear({ type: 'helloAck', id: idsOf(bench)[0] ?? 0, request: 1 });
    const [socket = ''] = bench.net.flatMap((command) => (command.type === 'several' ? command.commands : [])).flatMap((command) => (command.type === 'tcp.connect' ? [command.socket] : []));
    bench.send({ type: 'net.failed', effect: 'tcp.connect', socket, code: 'refused', detail: 'no', at: bench.now });
    expect(bench.asked).toEqual(['goodbye to 198.18.2.2:2222']);
    expect(bench.hear({ type: 'data', id: idsOf(bench)[0] ?? 0, kind: 0, body: Uint8Array.of(1) })).toEqual(['goodbye to 198.18.2.2:2222']);
  });
});

test('a link that falls silent has its TCP connections closed, and one whose destination breaks off says so', () => {
  const linked = (): ListenerBench => {
    const bench = new ListenerBench().serving();
    bench.hear({ type: 'offer', caller: '0123456789abcdef' });
    const [pair = ''] = pairsOf(bench);
    expect(bench.hear({ type: 'packet', by: 'caller', pair, id: 1, sequence: 0, kind: 'open', body: Buffer.from('web 80') })).toContain('connect 10.0.0.9:8080');
    return bench;
  };
  const silent = linked();
  silent.advance(90_000);
  expect(silent.net.flatMap(inWords)).toContain('close t/1');
  const broken = linked();
  broken.send({ type: 'net.failed', effect: 'tcp.send', socket: 't/1', code: 'reset', detail: 'no', at: broken.now });
  expect(messagesOf(broken)).toContainEqual(expect.objectContaining({ type: 'packet', kind: 'end', body: new Uint8Array(0) }));
});

test('nothing more is said of a connection once its endpoint has begun another, until that speaks of it: an original looks at no id', () => {
  const bench = new ListenerBench().serving();
  const connected = (request: number): { readonly id: number; readonly socket: string } => {
    bench.hear({ type: 'hello', request, host: 'web', port: '80', size: 21 });
    const id = idsOf(bench).at(-1) ?? 0;
    bench.hear({ type: 'helloAck', id, request });
    return { id, socket: `t/${request}` };
  };
  const come = (socket: string, byte: number): void => {
    bench.send({ type: 'piece', socket, from: WEB.at, data: Uint8Array.of(byte), at: bench.now });
  };
  const said = (): readonly string[] => bench.net.flatMap(inWords).filter((what) => /^(?:data|ack|goodbye) to/.test(what));
  const first = connected(1);
  come(first.socket, 1);
  expect(said()).toEqual(['data to 198.18.2.2:2222']);
  const second = connected(2);
  // The first is neither repeated, nor given up with a word.
  bench.send({ type: 'tcp.closed', socket: first.socket, at: bench.now });
  bench.advance(100_000);
  expect([said().length, bench.context.callee.tunnel.streams.size]).toEqual([1, 1]);
  come(second.socket, 2);
  expect(said().length).toBe(2);
  connected(3);
  bench.advance(5_000);
  expect(said().length).toBe(2);
  // A caller that looks at ids may have several at once, and goes on with each.
  bench.hear({ type: 'keepAlive', id: second.id });
  bench.advance(5_000);
  expect(said().length).toBeGreaterThan(2);
});

test('a link is taken up by whoever has the number that was given to that address, within two minutes, and once', () => {
  const bench = new ListenerBench().serving();
  bench.hear({ type: 'offer', caller: '0123456789abcdef' });
  const [pair = ''] = pairsOf(bench);
  const ping = { type: 'linkPing', by: 'caller', pair, serial: 1 } as const;
  expect(bench.hear(ping, { ...CALLER, port: 2223 })).toEqual([]);
  expect(bench.hear({ ...ping, pair: `${pair.slice(0, 31)}${pair.endsWith('0') ? '1' : '0'}` })).toEqual([]);
  expect(bench.hear(ping)).toEqual(['linkPong to 198.18.2.2:2222']);
  bench.hear({ type: 'linkBye', by: 'caller', pair });
  // Whoever repeats what was said, an hour of it or a minute, does not bring it back.
  expect(bench.hear(ping)).toEqual([]);
  bench.advance(130_000);
  expect(bench.hear(ping)).toEqual([]);
});

test('a caller that is started again and again takes the place of its older links, and is not locked out', () => {
  const bench = new ListenerBench().serving();
  for (let n = 0; n < 20; n += 1) bench.hear({ type: 'offer', caller: `0123456789abcd${10 + n}` });
  for (const pair of pairsOf(bench)) expect(bench.hear({ type: 'linkPing', by: 'caller', pair, serial: 1 })).toContain('linkPong to 198.18.2.2:2222');
  expect(bench.context.callee.links.size).toBe(16);
});

test('told to stop, it says goodbye to everybody, and is done', () => {
  const bench = new ListenerBench().serving();
  bench.hear({ type: 'offer', caller: '0123456789abcdef' });
  bench.hear({ type: 'linkPing', by: 'caller', pair: pairsOf(bench)[0] ?? '', serial: 1 });
  bench.send({ type: 'close' });
  expect(bench.asked).toEqual(['linkBye to 198.18.2.2:2222']);
  bench.elapse('leaveTime');
  expect([bench.snapshot.status, bench.timers()]).toEqual(['done', []]);
});

test('one that waits for a caller only so long says that nobody came, unless somebody has', () => {
  const alone = new ListenerBench({ waitMs: 5_000 }).serving();
  alone.advance(5_000);
  expect(alone.context.outcome).toMatchObject({ reason: 'no-peer' });
  const visited = new ListenerBench({ waitMs: 5_000 }).serving();
  visited.hear({ type: 'offer', caller: '0123456789abcdef' });
  visited.hear({ type: 'linkPing', by: 'caller', pair: pairsOf(visited)[0] ?? '', serial: 1 });
  visited.advance(10_000);
  expect(visited.state).toContain('serving');
});

function messagesOf(bench: ListenerBench): readonly PwnatMessage[] {
  return bench.net.flatMap((command) => (command.type === 'several' ? command.commands : [command])).flatMap((command) => (command.type === 'udp.send' ? [command.message] : []));
}

function idsOf(bench: ListenerBench): readonly number[] {
  return messagesOf(bench).flatMap((message) => (message.type === 'helloAck' ? [message.id] : []));
}

function pairsOf(bench: ListenerBench): readonly string[] {
  return messagesOf(bench).flatMap((message) => (message.type === 'accept' ? [message.pair] : []));
}
