/** The pwnat caller, arrow by arrow: its sockets, the hole, the listener's answer, its ends, and what it says when nothing came. */
import { describe, expect, test } from 'vitest';
import { formatEndpoint } from '../../effects/endpoint.ts';
import type { NetCommand } from '../../effects/net-actor.ts';
import type { NetFailure } from '../../effects/net.ts';
import { type CallerContext, type CallerEvent } from '../../machines/pwnat/caller-setup.ts';
import { pwnatCaller, type PwnatCallerInput, type PwnatMessage } from '../../machines/index.ts';
import { Bench } from './bench.ts';

const SERVER = { host: '198.18.1.2', port: 2222 };
const STUN = { host: '198.18.0.2', port: 3478 };
const LOCAL = { host: '0.0.0.0', port: 2222 };
const PRIVATE = [{ host: '192.168.2.2', port: 2222 }];

const DOOR = { host: '127.0.0.1', port: 8080 };

class CallerBench extends Bench<CallerContext, CallerEvent, PwnatMessage> {
  constructor(input: Partial<PwnatCallerInput> = {}) {
    super(pwnatCaller, { seed: '1', server: SERVER, to: { host: 'web', port: '80' }, ...input });
  }

  /** With its sockets open. */
  reaching(addresses = PRIVATE): this {
    this.send({ type: 'udp.opened', socket: 'main', local: LOCAL, addresses, at: this.now });
    this.send({ type: 'icmp.opened', socket: 'hole', at: this.now });
    if (this.context.input.listen) this.send({ type: 'tcp.listening', socket: 'local', local: this.context.input.listen, at: this.now });
    return this;
  }

  hear(message: PwnatMessage, from = SERVER, socket = 'main'): this {
    this.now += 20;
    this.send({ ...message, socket, from, at: this.now } as CallerEvent);
    return this;
  }

  /** The listener is one of ours. */
  linked(): this {
    return this.hear({ type: 'accept', pair: `${this.context.calls.self}ffffffffffffffff` });
  }

  fails(effect: 'udp.open' | 'icmp.open' | 'tcp.listen' | 'udp.send' | 'icmp.send', socket: string, code: NetFailure): this {
    this.send({ type: 'net.failed', effect, socket, code, detail: `because ${code}`, at: this.now });
    return this;
  }

  /** What the last step asked for. */
  get asked(): readonly string[] {
    return this.last.net.flatMap(inWords);
  }

  get detail(): string {
    return this.context.outcome?.kind === 'failed' ? this.context.outcome.detail : '';
  }
}

function inWords(command: NetCommand<PwnatMessage>): readonly string[] {
  switch (command.type) {
    case 'several':
      return command.commands.flatMap(inWords);
    case 'udp.send':
      return [`${command.message.type} to ${formatEndpoint(command.to)}`];
    case 'icmp.send':
      return [`${command.message.type} to ${command.to}`];
    case 'tcp.send':
      return [`${command.socket}: ${command.message.type}`];
    default:
      return ['socket' in command ? `${command.type} ${command.socket}` : command.type];
  }
}

describe('its sockets', () => {
  test('are UDP on the listener\'s port, raw ICMP, and the door, in this order', () => {
    const bench = new CallerBench({ listen: { host: '127.0.0.1', port: 8080 } });
    expect(bench.net).toMatchObject([{ type: 'udp.open', socket: 'main', local: { host: '0.0.0.0', port: 2222 } }]);
    bench.reaching();
    expect(bench.net.slice(1, 3)).toMatchObject([{ type: 'icmp.open', socket: 'hole' }, { type: 'tcp.listen', socket: 'local', local: { host: '127.0.0.1', port: 8080 } }]);
    expect([bench.state, bench.emitted]).toEqual(['reaching.forging', [expect.objectContaining({ what: 'listening', transport: 'tcp' })]]);
  });

  test.each([['udp.open', 'main', 'address-in-use'], ['icmp.open', 'hole', 'not-permitted'], ['tcp.listen', 'local', 'address-in-use']] as const)('%s that fails ends it at once, with the reason', (effect, socket, code) => {
    const bench = new CallerBench({ listen: { host: '127.0.0.1', port: 8080 } }).fails(effect, socket, code);
    expect(bench.context.outcome).toMatchObject({ kind: 'failed', reason: code, detail: `because ${code}` });
    expect([bench.snapshot.status, bench.timers()]).toEqual(['done', []]);
  });

  test('that never open end it after five seconds', () => {
    const bench = new CallerBench();
    bench.advance(5_000);
    expect(bench.context.outcome).toMatchObject({ reason: 'socket-failed' });
  });
});

describe('the hole', () => {
  test('is asked for by two errors, and only then by datagrams, every half second', () => {
    const bench = new CallerBench().reaching();
    expect(bench.asked).toEqual(['exceeded to 198.18.1.2']);
    bench.elapse('lead');
    expect(bench.asked).toEqual(['exceeded to 198.18.1.2']);
    bench.elapse('lead');
    expect(bench.asked).toEqual(['offer to 198.18.1.2:2222', 'hello to 198.18.1.2:2222']);
    bench.elapse('knockInterval');
    expect([bench.asked, bench.now]).toEqual([['exceeded to 198.18.1.2'], 1_550]);
  });

  test('with a secret, is asked for by nothing that does not prove it', () => {
    const bench = new CallerBench({ authenticated: true }).reaching();
    bench.advance(100);
    expect(bench.asked).toEqual(['offer to 198.18.1.2:2222']);
    bench.hear({ type: 'greeting' });
    expect(bench.state).not.toContain('connected');
  });

  test('of ours stands with the accepted offer, and no more ICMP leaves', () => {
    const bench = new CallerBench({ listen: DOOR }).reaching();
    bench.advance(60);
    bench.linked();
    expect([bench.state, bench.asked]).toEqual(['connected.fresh.asked', ['linkPing to 198.18.1.2:2222']]);
    expect(bench.emitted).toMatchObject([{ what: 'listening' }, { type: 'outcome', outcome: { kind: 'connected', peer: SERVER, elapsedMs: 80 } }]);
    const before = bench.net.length;
    for (let n = 0; n < 20; n += 1) {
      bench.advance(1_000);
      if (bench.asked.some((what) => what.startsWith('linkPing'))) bench.hear({ type: 'linkPong', by: 'listener', pair: `${bench.context.calls.self}ffffffffffffffff`, serial: bench.context.calls.speech === 'plain' ? 0 : (bench.context.calls.speech?.serial ?? 0) });
    }
    expect(bench.net.slice(before).flatMap(inWords).filter((what) => what.startsWith('exceeded'))).toEqual([]);
  });

  test('of the original stands with HELLOACK; ids that are not needed are given back', () => {
    const bench = new CallerBench().reaching();
    bench.advance(60);
    bench.hear({ type: 'helloAck', id: 1, request: bench.context.probe });
    expect([bench.state, bench.asked]).toEqual(['connected.settled', ['goodbye to 198.18.1.2:2222']]);
    expect(bench.hear({ type: 'helloAck', id: 2, request: bench.context.probe }).asked).toEqual(['goodbye to 198.18.1.2:2222']);
  });

  test('is believed by no answer from elsewhere, nor to what was not asked', () => {
    const bench = new CallerBench().reaching();
    bench.advance(60);
    const elsewhere = { host: '203.0.113.1', port: 2222 };
    bench.hear({ type: 'accept', pair: `${bench.context.calls.self}ffffffffffffffff` }, elsewhere);
    bench.hear({ type: 'helloAck', id: 1, request: bench.context.probe }, elsewhere);
    bench.hear({ type: 'accept', pair: 'f'.repeat(32) });
    bench.hear({ type: 'helloAck', id: 1, request: (bench.context.probe + 1) & 0xffff });
    bench.hear({ type: 'punch' });
    expect(bench.state).toContain('reaching');
  });

  test('of pypwnat stands with the greeting, and carries nothing unless the listener is one of ours', () => {
    const bench = new CallerBench({ variant: 'pypwnat', server: { ...SERVER, port: 2345 } }).reaching();
    bench.advance(60);
    expect(bench.asked).toEqual(['offer to 198.18.1.2:2345', 'greeting to 198.18.1.2:2345']);
    bench.hear({ type: 'greeting' }, { ...SERVER, port: 2345 });
    bench.elapse('greetedDeadline');
    expect([bench.state, bench.context.outcome]).toMatchObject(['greetedOnly', { kind: 'connected' }]);
    const ours = new CallerBench({ variant: 'pypwnat' }).reaching();
    ours.advance(60);
    ours.hear({ type: 'greeting' }).linked();
    expect(ours.state).toBe('connected.fresh.asked');
  });

  test('a destination that the listener refuses twice ends it, also when the refusals come behind the accepted offer', () => {
    for (const prepare of [(bench: CallerBench) => bench, (bench: CallerBench) => bench.linked()]) {
      const bench = prepare(new CallerBench().reaching());
      bench.advance(60);
      bench.hear({ type: 'goodbye', id: 3 });
      bench.advance(560);
      bench.hear({ type: 'goodbye', id: 4 });
      bench.advance(600);
      expect(bench.context.outcome).toMatchObject({ reason: 'no-path', detail: expect.stringMatching(/seems to refuse.*--allow web:80/) });
    }
    const later = new CallerBench().reaching().linked();
    later.elapse('refusalDeadline');
    expect(later.hear({ type: 'goodbye', id: 3 }).state).toBe('connected.settled');
  });

  test('one forged GOODBYE ends nothing, nor do many before another HELLO has been answered', () => {
    const another = (bench: CallerBench): number => (bench.context.probe + 1) & 0xffff;
    const reaching = new CallerBench().reaching();
    for (let n = 1; n < 9; n += 1) reaching.hear({ type: 'goodbye', id: n });
    reaching.advance(600);
    expect(reaching.net).toContainEqual(expect.objectContaining({ commands: expect.arrayContaining([expect.objectContaining({ message: expect.objectContaining({ type: 'hello', request: another(reaching) }) })]) }));
    reaching.hear({ type: 'goodbye', id: 9 });
    expect(reaching.hear({ type: 'helloAck', id: 1, request: another(reaching) }).state).toBe('connected.settled');
    const fresh = new CallerBench().reaching().linked();
    expect(fresh.hear({ type: 'goodbye', id: 3 }).asked).toEqual(['hello to 198.18.1.2:2222']);
    fresh.hear({ type: 'goodbye', id: 4 });
    expect(fresh.hear({ type: 'helloAck', id: 1, request: another(fresh) }).state).toBe('connected.fresh.answered');
    fresh.advance(1_000);
    expect(fresh.context.outcome).toMatchObject({ kind: 'connected' });
  });

  test('without a door stands with the word on the destination, or two seconds later', () => {
    const bench = new CallerBench().reaching().linked();
    expect(bench.context.outcome).toBeUndefined();
    expect(bench.hear({ type: 'helloAck', id: 1, request: bench.context.probe }).context.outcome).toMatchObject({ kind: 'connected' });
    const silent = new CallerBench().reaching().linked();
    silent.advance(2_000);
    expect(silent.context.outcome).toMatchObject({ kind: 'connected' });
    expect(new CallerBench({ authenticated: true }).reaching().linked().context.outcome).toMatchObject({ kind: 'connected' });
  });
});

describe('the end', () => {
  test('told to stop, it says goodbye, and is done', () => {
    const bench = new CallerBench().reaching().linked();
    bench.send({ type: 'close' });
    expect(bench.asked).toEqual(['linkBye to 198.18.1.2:2222']);
    bench.elapse('leaveTime');
    expect([bench.snapshot.status, bench.timers()]).toEqual(['done', []]);
    const early = new CallerBench();
    early.send({ type: 'close' });
    early.elapse('leaveTime');
    expect(early.context.outcome).toMatchObject({ reason: 'interrupted' });
  });

  test('a listener that falls silent is asked eight times, then for a new hole, then given up', () => {
    const bench = new CallerBench().reaching().linked();
    const from = bench.net.length;
    while (bench.state.startsWith('connected')) bench.next();
    expect(bench.net.slice(from).flatMap(inWords).filter((what) => what.startsWith('linkPing'))).toHaveLength(7);
    const { self } = bench.context.calls;
    bench.advance(9_000);
    expect([bench.context.outcome, self]).toMatchObject([{ reason: 'peer-lost' }, expect.not.stringMatching(new CallerBench().context.calls.self)]);
  });
});

describe('when nothing came within nine seconds, it says', () => {
  const alone = (input: Partial<PwnatCallerInput>, addresses = PRIVATE, prepare: (bench: CallerBench) => unknown = () => undefined): CallerBench => {
    const bench = new CallerBench(input).reaching(addresses);
    bench.advance(2_000);
    prepare(bench);
    bench.advance(10_000 - bench.now);
    expect([bench.now, bench.snapshot.status]).toEqual([10_000, 'done']);
    return bench;
  };

  test('that a NAT which does not translate forged errors is the likeliest, behind a NAT', () => {
    expect(alone({}).detail).toMatch(/192\.168\.2\.2 is private.*likeliest first: \(1\) the NAT in front of this host does not translate the forged ICMP error/s);
  });

  test('that ICMP is filtered on the way, on a public address', () => {
    const { detail } = alone({}, [{ host: '198.18.2.2', port: 2222 }]);
    expect(detail).toMatch(/198\.18\.2\.2 is public.*likeliest first: \(1\) this host's provider or a firewall drops forged ICMP errors/s);
    expect(detail).not.toContain('in front of this host does not translate');
  });

  test('that the port is closed there, if that host says so about our datagram and nobody else\'s; it may be the NAT that says it', () => {
    const said = { type: 'rejected', source: { host: '192.168.2.2', port: 2222 }, to: SERVER, why: 'port' } as const;
    const told = (message: PwnatMessage, addresses = PRIVATE): string => alone({}, addresses, (bench) => bench.hear(message, { ...SERVER, port: 0 }, 'hole')).detail;
    expect(told(said)).toMatch(/its UDP port 2222 is closed: its NAT has not opened.*likeliest first: \(1\) the NAT in front of this host does not translate/s);
    expect(told(said, [{ host: '198.18.2.2', port: 2222 }])).toContain('likeliest first: (1) nobody listens on UDP port 2222 there');
    expect(told({ ...said, to: { ...SERVER, port: 53 } })).not.toContain('is closed');
  });

  test('whether an ordinary ping is answered', () => {
    expect(alone({}, PRIVATE, (bench) => bench.hear({ type: 'pong', id: bench.context.probe }, { ...SERVER, port: 0 }, 'hole')).detail).toContain('answers an ordinary ping, so ICMP itself passes');
    expect(alone({}).detail).toContain('answers no ordinary ping');
  });

  test('nothing of a ping that was never sent', () => {
    const bench = new CallerBench({ waitMs: 500 }).reaching();
    bench.advance(500);
    expect([bench.snapshot.status, bench.detail.includes('ping')]).toEqual(['done', false]);
  });

  test('that the listener runs and hears of us, where it has punched: then it is the secret or the protocol, and neither ICMP nor its absence', () => {
    const told = (input: Partial<PwnatCallerInput>, from = SERVER): string => alone(input, PRIVATE, (bench) => bench.hear({ type: 'punch' }, from)).detail;
    expect(told({})).toMatch(/has punched towards this host.*the listener runs, and the forged ICMP error reaches it.*likeliest first: \(1\) the listener wants a secret; \(2\) the listener does not speak as pwnat does/s);
    expect(told({ authenticated: true })).toContain('(1) the listener does not know the same secret');
    expect(told({})).not.toMatch(/not translate|drops forged|not running|lets no ICMP|no ordinary ping/);
    expect(told({}, { host: '203.0.113.1', port: 2222 })).toContain('does not translate');
  });

  test('that our NAT rewrites the port, if the STUN server has seen it', () => {
    const { context } = alone({ stun: STUN }, PRIVATE, (bench) => bench.hear({ type: 'mapped', txid: 'ab', mapped: { host: '198.18.2.2', port: 61_000 } }, STUN));
    expect(context.outcome).toMatchObject({ reason: 'no-path', detail: expect.stringContaining('shows UDP port 2222 as 61000') });
  });

  test('that it keeps the port, or that no NAT is there, or that the STUN server is silent', () => {
    const mapped = (host: string) => alone({ stun: STUN }, PRIVATE, (bench) => bench.hear({ type: 'mapped', txid: 'ab', mapped: { host, port: 2222 } }, STUN)).detail;
    expect(mapped('198.18.2.2')).toContain('sees this host\'s port 2222 at 198.18.2.2:2222');
    expect(mapped('192.168.2.2')).toContain('no NAT stands in front of it');
    expect(alone({ stun: STUN }).detail).toContain('did not answer');
  });

  test('what the local system said', () => {
    expect(alone({}, PRIVATE, (bench) => bench.fails('udp.send', 'main', 'unreachable')).detail).toContain('because unreachable');
    expect(alone({}, PRIVATE, (bench) => bench.fails('icmp.send', 'hole', 'not-permitted')).detail).toContain('because not-permitted');
  });
});
