/**
 * The stand-ins for pwnat's programs do what the programs were seen to do, faults included: what ours gets on with here is what it
 * has to get on with outside. On the simulated internet; the programs themselves are run in the lab.
 */
import { describe, expect, test } from 'vitest';
import { fakeSocket, type World, world } from '../../adapters/sim/index.ts';
import { echo, timeExceeded } from './icmp-bytes.ts';
import { OriginalClient, type Stream } from './original-client.ts';
import { OriginalServer } from './original-server.ts';
import { hello, requestBody, TYPE, write } from './tunnel-bytes.ts';

const TO = { host: '127.0.0.1', port: 8080 };

interface Served {
  readonly w: World;
  readonly server: OriginalServer;
  /** What the TCP target has got, and its way back. */
  readonly got: () => string;
  readonly say: (text: string) => void;
}

function served(allow: readonly string[] = ['127.0.0.1:8080']): Served {
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 10 });
  const [got, back]: [Buffer[], ((data: Buffer) => void)[]] = [[], []];
  const server = new OriginalServer({
    timers: w.clock,
    socket: fakeSocket(w.host('b')).bind(2222),
    allow,
    connect: (_host, _port, { received }) => {
      back.push(received);
      return { write: (data) => got.push(data), end: () => undefined };
    },
  });
  return { w, server, got: () => Buffer.concat(got).toString(), say: (text) => back.at(-1)?.(Buffer.from(text)) };
}

interface Called {
  readonly stream: Stream;
  readonly got: () => string;
  readonly why: () => string | undefined;
}

function called(w: World, request = 7): Called {
  const client = new OriginalClient({ timers: w.clock, socket: () => fakeSocket(w.host('a')), server: { host: w.address('b'), port: 2222 }, to: TO, request });
  const got: Buffer[] = [];
  let why: string | undefined;
  const stream = client.connect({ received: (data) => got.push(data), closed: (reason) => (why = reason) });
  return { stream, got: () => Buffer.concat(got).toString(), why: () => why };
}

test('the ICMP messages are those that were seen', () => {
  expect(echo('pwnat').toString('hex')).toBe('0800f7ff00000000');
  expect(echo('pypwnat').toString('hex')).toBe('0800f7ab002a002a');
  const knocks = (['pwnat', 'pypwnat'] as const).map((variant) => timeExceeded(variant, '198.18.2.2'));
  expect(knocks.map((knock) => knock.toString('hex').slice(0, 16))).toEqual(['0b00f4ff00000000', '0b00f4ab002a002a']);
  for (const knock of knocks) {
    let sum = 0;
    for (let at = 8; at < 28; at += 2) sum += knock.readUInt16BE(at);
    expect([knock.length, (sum & 0xffff) + (sum >> 16)]).toEqual([36, 0xffff]);
  }
});

test('HELLO and HELLOACK are those that were seen', () => {
  expect(write(0, TYPE.hello, hello(0xf71e, '127.0.0.1', 8080)).toString('hex')).toBe('0000020010f71e3132372e302e302e312038303830');
  expect(write(1, TYPE.helloAck, requestBody(0x3252)).toString('hex')).toBe('00010300023252');
});

describe('client and server', () => {
  test('carry what is long both ways, one kilobyte a round trip', () => {
    const { w, got, say } = served();
    const client = called(w);
    w.advance(100);
    client.stream.write(Buffer.alloc(5_000, 'x'));
    w.advance(10);
    say('y'.repeat(10_240));
    w.advance(205);
    expect([got(), client.got().length]).toEqual(['x'.repeat(5_000), 10_240]);
    w.advance(300_000);
    expect(client.why()).toBeUndefined();
  });

  test('lose nothing that is lost on the way: they ask again after 1, 2 and 3 s', () => {
    const { w, got } = served();
    const client = called(w);
    w.advance(100);
    w.lose('a -> b', 2);
    client.stream.write(Buffer.from('hello'));
    w.advance(3_500);
    expect([got(), client.why()]).toEqual(['hello', undefined]);
  });

  test('give up after 55 s of silence', () => {
    const { w } = served();
    const client = called(w);
    w.advance(100);
    w.partition('a');
    client.stream.write(Buffer.from('hello'));
    w.advance(54_000);
    expect(client.why()).toBeUndefined();
    w.advance(3_000);
    expect(client.why()).toBe('no acknowledgement');
  });

  test('stay for ever where the only HELLO was lost', () => {
    const { w, server } = served();
    w.lose('a -> b', 1);
    const client = called(w);
    w.advance(600_000);
    expect([server.clients, client.why()]).toEqual([0, undefined]);
  });

  test('are refused another destination by GOODBYE, which costs no id', () => {
    const { w, server } = served(['127.0.0.1:22']);
    const client = called(w);
    w.advance(100);
    expect([client.why(), server.printed]).toEqual(['goodbye', ['denied 127.0.0.1:8080']]);
  });

  test('are cut by the server that opens its NAT once more', () => {
    const { w, server } = served();
    const client = called(w);
    w.advance(100);
    server.knock(w.address('a'));
    w.advance(100);
    expect([client.why(), server.clients]).toEqual(['no message', 0]);
  });
});

describe('the client', () => {
  /** A client that is up, and a server that says whatever it is told to. */
  function strict(...said: readonly Buffer[]): { readonly heard: string[]; readonly why: string | undefined } {
    const w = world({ a: 'open', b: 'open' }, { latencyMs: 10 });
    const socket = fakeSocket(w.host('b')).bind(2222);
    const heard: string[] = [];
    socket.on('message', (data, { address, port }) => {
      heard.push(data.toString('hex'));
      if (data[2] !== TYPE.hello) return;
      for (const one of [write(1, TYPE.helloAck, data.subarray(5, 7)), ...said]) socket.send(one, port, address);
    });
    const { why } = called(w);
    w.advance(400);
    return { heard: heard.slice(1), why: why() };
  }

  const goodbye = '0001010000';

  test.each([
    ['a keepalive', write(1, TYPE.keepalive)],
    ['empty data', write(1, TYPE.data0)],
    ['an acknowledgement of nothing', write(1, TYPE.ack1)],
    ['an unknown type', write(1, 9)],
    ['an empty datagram', Buffer.alloc(0)],
    ['half a message', Buffer.from('000105', 'hex')],
    ['a length that is not its own', Buffer.from('000105000941', 'hex')],
  ])('ends at %s', (_, said) => {
    const { heard, why } = strict(said);
    expect([heard.at(-1), why === undefined]).toEqual([goodbye, false]);
  });

  test('takes HELLOACK again, answers each, and goes on under the last id, whatever the request', () => {
    expect(strict(write(1, TYPE.helloAck, requestBody(7)), write(2, TYPE.helloAck, requestBody(9)))).toEqual({ heard: ['00010300020007', '00010300020007', '00020300020009'], why: undefined });
  });

  test('takes data under any id', () => {
    expect(strict(write(99, TYPE.data0, Buffer.from('x'))).heard).toEqual(['00010300020007', '0001070000']);
  });
});

describe('the server', () => {
  function asked(...messages: readonly Buffer[]): { readonly heard: string[]; readonly got: string; readonly clients: number } {
    const { w, server, got } = served();
    const socket = fakeSocket(w.host('a')).bind(2222);
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(data.toString('hex')));
    for (const message of messages) {
      socket.send(message, 2222, w.address('b'));
      w.advance(100);
    }
    return { heard, got: got(), clients: server.clients };
  }

  const HELLO = write(0, TYPE.hello, hello(7, '127.0.0.1', 8080));
  const ACK = write(1, TYPE.helloAck, requestBody(7));

  test('acknowledges data that comes before HELLOACK, and loses it', () => {
    expect(asked(HELLO, write(1, TYPE.data0, Buffer.from('lost')), ACK, write(1, TYPE.data0, Buffer.from('kept')))).toMatchObject({ heard: ['00010300020007', '0001070000', '0001070000'], got: 'kept' });
  });

  test('takes every HELLO for another client', () => {
    expect(asked(HELLO, HELLO)).toMatchObject({ heard: ['00010300020007', '00020300020007'], clients: 2 });
  });

  test('does not hear what it does not know, under its id or under none', () => {
    expect(asked(write(0, 9, Buffer.from('?')), HELLO, ACK, write(1, 9, Buffer.from('?')), write(0, 9), write(5, TYPE.data0, Buffer.from('?')))).toMatchObject({ heard: ['00010300020007'], clients: 1 });
  });

  test('ends at empty data, and tells nobody', () => {
    expect(asked(HELLO, ACK, write(1, TYPE.data0))).toMatchObject({ heard: ['00010300020007', '0001070000'], clients: 0 });
  });
});
