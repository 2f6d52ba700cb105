/** One TCP connection through udptunnel, at either end, as a value: who says what when, and what is never said. */
import { describe, expect, test } from 'vitest';
import type { Ack, Data, PwnatMessage } from '../../machines/pwnat/messages.ts';
import { called, dueAt, greeted, heard, type PlainStream, read, tcpDrained, tcpEnded, ticked } from '../../machines/pwnat/plain-stream.ts';
import { newSide } from '../../machines/pwnat/tcp-side.ts';
import { Turn } from '../../machines/pwnat/turn.ts';
import { noise } from '../stories/pwnat-world.ts';

const PEER = { host: '198.18.1.2', port: 2222 };
const GIVEN = { tcp: newSide('t'), peer: PEER, request: 9, host: 'web', port: '80' };

/** A connection, the time, and what was asked in the last step, as text. */
class Line {
  stream: PlainStream | undefined;
  now = 0;
  said: readonly string[] = [];

  do(step: (turn: Turn, stream: PlainStream) => PlainStream | undefined): readonly string[] {
    const turn = new Turn(this.now);
    if (this.stream) this.stream = step(turn, this.stream);
    this.said = turn.commands.map((command) => (command.type === 'udp.send' ? inWords(command.message) : command.type === 'tcp.send' ? `to TCP: ${inWords(command.message)}` : command.type));
    return this.said;
  }

  hear(message: Parameters<typeof heard>[2]): readonly string[] {
    return this.do((turn, stream) => heard(turn, stream, message));
  }

  /** Goes on to the next moment at which something is due. */
  wait(): readonly string[] {
    this.now = this.stream ? dueAt(this.stream) : this.now;
    return this.do(ticked);
  }

  static caller(): Line {
    const line = new Line();
    line.stream = called(new Turn(0), GIVEN);
    return line;
  }

  static listener(size = 21): Line {
    const line = new Line();
    line.stream = greeted(new Turn(0), { ...GIVEN, id: 5 }, size);
    return line;
  }

  /** The caller's, with HELLOACK and its wait behind it. */
  static open(): Line {
    const line = Line.caller();
    line.hear({ type: 'helloAck', id: 5, request: 9 });
    while (line.stream?.phase === 'settling') line.wait();
    return line;
  }
}

function inWords(message: PwnatMessage): string {
  if (message.type === 'data') return `data${message.kind} of ${message.body.length}`;
  if (message.type === 'ack') return `ack${message.kind}`;
  return message.type === 'piece' ? String(message.data.length) : message.type;
}

const data = (kind: 0 | 1, size = 3): Data => ({ type: 'data', id: 5, kind, body: noise(size) });
const ack = (kind: 0 | 1): Ack => ({ type: 'ack', id: 5, kind });

describe('the caller', () => {
  test('repeats HELLO every half second, and lets the TCP connection go after ten', () => {
    const line = Line.caller();
    const times: number[] = [];
    while (line.stream) if (line.wait().includes('hello')) times.push(line.now);
    expect(times).toEqual(Array.from({ length: 19 }, (_, n) => (n + 1) * 500));
    expect([line.now, line.said]).toEqual([10_000, ['close']]);
  });

  test('says HELLOACK three times before its first DATA, so that the original cannot throw that away', () => {
    const line = Line.caller();
    line.do((turn, stream) => read(turn, stream, noise(10)));
    expect(line.hear({ type: 'helloAck', id: 5, request: 9 })).toEqual(['helloAck', 'helloAck']);
    expect(line.wait()).toEqual(['helloAck']);
    expect([line.wait(), line.now]).toEqual([['helloAck', 'data0 of 10'], 80]);
  });

  test('waits no longer once the listener speaks of the connection', () => {
    const line = Line.caller();
    line.do((turn, stream) => read(turn, stream, noise(10)));
    line.hear({ type: 'helloAck', id: 5, request: 9 });
    expect(line.hear(data(0))).toEqual(['ack0', 'to TCP: 3', 'data0 of 10']);
  });

  test('answers a HELLOACK that comes again while it settles, and waits no longer for it', () => {
    const line = Line.caller();
    line.hear({ type: 'helloAck', id: 5, request: 9 });
    expect([line.hear({ type: 'helloAck', id: 5, request: 9 }), line.stream && dueAt(line.stream)]).toEqual([['helloAck'], 40]);
  });

  test('says no goodbye for a connection without an id, whose TCP side has gone before the answer', () => {
    const line = Line.caller();
    expect([line.do(tcpEnded), line.stream]).toEqual([[], undefined]);
  });

  test('keeps alive within half a second of HELLOACK, and then every 60 s', () => {
    const line = Line.open();
    const times: number[] = [];
    while (times.length < 3) if (line.wait().includes('keepAlive')) times.push(line.now);
    expect(times[0]).toBeLessThanOrEqual(500);
    expect([times[1]! - times[0]!, times[2]! - times[1]!]).toEqual([60_000, 60_000]);
  });

  test('answers a HELLOACK that is said again by its own, for ours was lost', () => {
    expect(Line.open().hear({ type: 'helloAck', id: 5, request: 9 })).toEqual(['helloAck']);
  });
});

describe('the listener', () => {
  test.each([[21, 3], [14, 2], [11, 1], [60, 4]])('answers a HELLO of %i bytes by HELLOACK %i times at the most, and forgets it after ten seconds', (size, times) => {
    const line = Line.listener(size);
    let said = 1;
    while (line.stream) said += line.wait().filter((what) => what === 'helloAck').length;
    expect([said, line.now]).toEqual([times, 10_000]);
    expect(said * 7).toBeLessThanOrEqual(size);
  });

  test('takes no DATA before the caller\'s HELLOACK, and acknowledges none', () => {
    const line = Line.listener();
    expect(line.hear(data(0))).toEqual([]);
    line.hear({ type: 'helloAck', id: 5, request: 9 });
    expect(line.hear(data(0))).toContain('ack0');
  });

  test('drops a caller 421 s after its last KEEPALIVE, whatever else came, and says goodbye', () => {
    const line = Line.listener();
    line.hear({ type: 'helloAck', id: 5, request: 9 });
    line.now = 100_000;
    line.hear({ type: 'keepAlive', id: 5 });
    line.now = 300_000;
    line.hear(data(0));
    while (line.stream) line.wait();
    expect([line.now, line.said]).toEqual([521_000, ['close', 'goodbye']]);
  });
});

describe('either', () => {
  test('has one DATA under way, each kind once, of 1,024 bytes at the most', () => {
    const line = Line.open();
    expect(line.do((turn, stream) => read(turn, stream, noise(2_500)))).toEqual(['data0 of 1024']);
    expect([line.hear(ack(0)), line.hear(ack(1)), line.hear(ack(0)), line.hear(ack(0)), line.hear(ack(1))]).toEqual([['data1 of 1024'], ['data0 of 452'], [], [], []]);
  });

  test('acknowledges each DATA by its kind, also one that it has, and hands on each once', () => {
    const line = Line.open();
    expect([line.hear(data(1)), line.hear(data(0)), line.hear(data(0)), line.hear(data(1)), line.hear(data(0))]).toEqual([['ack1'], ['ack0', 'to TCP: 3'], ['ack0'], ['ack1', 'to TCP: 3'], ['ack0', 'to TCP: 3']]);
  });

  test('says DATA again after 1, 2, 3 … 9 s, and gives up after ten times', () => {
    const line = Line.open();
    line.stream = line.stream && { ...line.stream, wordAt: Infinity };
    const start = line.now;
    line.do((turn, stream) => read(turn, stream, noise(10)));
    const times: number[] = [];
    while (line.stream) if (line.wait().includes('data0 of 10')) times.push((line.now - start) / 1_000);
    expect(times).toEqual([1, 3, 6, 10, 15, 21, 28, 36, 45]);
    expect([(line.now - start) / 1_000, line.said]).toEqual([55, ['close', 'goodbye']]);
  });

  test('says goodbye when its TCP side has ended and all of it has arrived, and not before', () => {
    const line = Line.open();
    line.do((turn, stream) => read(turn, stream, noise(1_030)));
    expect(line.do(tcpEnded)).toEqual([]);
    expect(line.hear(ack(0))).toEqual(['data1 of 6']);
    expect([line.hear(ack(1)), line.stream]).toEqual([['goodbye'], undefined]);
  });

  test('takes what comes for a TCP side that has ended while its last bytes are under way, acknowledges it, and hands it nowhere', () => {
    const line = Line.open();
    line.do((turn, stream) => read(turn, stream, noise(10)));
    line.do(tcpEnded);
    expect(line.hear(data(0))).toEqual(['ack0']);
  });

  test('closes its TCP side at a goodbye', () => {
    const line = Line.open();
    expect([line.hear({ type: 'goodbye', id: 5 }), line.stream]).toEqual([['close'], undefined]);
  });

  test('owes the acknowledgement while its TCP side is full, also when it is asked again, and gives it once when that has drained', () => {
    const line = Line.open();
    for (let n = 0; n < 64; n += 1) line.hear(data(n % 2 === 0 ? 0 : 1, 1024));
    expect(line.hear(data(0, 1024))).toEqual(['to TCP: 1024']);
    expect(line.hear(data(0, 1024))).toEqual([]);
    expect(line.do(tcpDrained)).toEqual(['ack0']);
    expect(line.do(tcpDrained)).toEqual([]);
    expect(line.hear(data(1, 1024))).toEqual(['ack1', 'to TCP: 1024']);
  });

  test('reads a fast TCP side no further, and on when most has gone', () => {
    const line = Line.open();
    expect(line.do((turn, stream) => read(turn, stream, noise(300_000)))).toContain('tcp.pause');
    const steps: (readonly string[])[] = [];
    for (let n = 0; n < 250; n += 1) steps.push(line.hear(ack(n % 2 === 0 ? 0 : 1)));
    expect(steps.flat().filter((what) => what === 'tcp.resume')).toHaveLength(1);
  });
});
