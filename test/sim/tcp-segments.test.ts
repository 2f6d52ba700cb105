/** One end of a TCP connection, segment by segment: rows of what comes and what follows from it. Source: RFC 9293 §3.10. */
import { describe, expect, test } from 'vitest';
import { ACCEPTED, CONNECTED, type Step, Wire } from './segments.ts';

function claim(steps: readonly Step[]): void {
  expect(new Wire().play(steps)).toEqual(steps);
}

describe('a handshake', () => {
  test('connects', () => claim([...CONNECTED, ['send abc', '> abc 1 1'], ['< ACK 1 4']]));

  test('accepts, and says so when the last word of it has come', () => claim([...ACCEPTED, ['< abc 1 1', 'received abc', '> ACK 1 4']]));

  test('accepts with the first bytes, where the acknowledgement before them was lost', () =>
    claim([['listen'], ['< SYN 0', '> SYN-ACK 0 1'], ['< abc 1 1', 'accepted', 'received abc', '> ACK 1 4']]));

  test('sends a SYN again at 1, 3, 7, 15, 31 and 63 s, and gives up at 127 s', () =>
    claim([
      ['connect', '> SYN 0'],
      ['wait 999'],
      ['wait 1', '> SYN 0'],
      ...[2_000, 4_000, 8_000, 16_000, 32_000].flatMap((ms): Step[] => [[`wait ${ms - 1}`], ['wait 1', '> SYN 0']]),
      ['wait 63999'],
      ['wait 1', 'broke timed-out'],
    ]));

  test('sends its answer to a SYN again, five times, and then forgets it without a word', () =>
    claim([
      ['listen'],
      ['< SYN 0', '> SYN-ACK 0 1'],
      ...[1_000, 2_000, 4_000, 8_000, 16_000].map((ms): Step => [`wait ${ms}`, '> SYN-ACK 0 1']),
      ['wait 31999'],
      ['< SYN 0', '> SYN-ACK 0 1'],
      ['wait 1'],
      ['< ACK 1 1', '> RST 1'],
    ]));

  test('answers a SYN that came twice twice', () => claim([['listen'], ['< SYN 0', '> SYN-ACK 0 1'], ['< SYN 0', '> SYN-ACK 0 1'], ['< ACK 1 1', 'accepted']]));

  test('refuses a last word about something else', () => claim([['listen'], ['< SYN 0', '> SYN-ACK 0 1'], ['< ACK 1 7', '> RST 7'], ['< ACK 1 1', 'accepted']]));

  test('says again what was lost with its last word', () => claim([...CONNECTED, ['< SYN-ACK 0 1', '> ACK 1 1']]));

  test('is refused by a RST that means its SYN, and by no other', () =>
    claim([['connect', '> SYN 0'], ['< RST 0'], ['< RST 0 7'], ['< RST 0 1', 'broke refused'], ['wait 200000']]));

  test('refuses an answer to something else', () => claim([['connect', '> SYN 0'], ['< SYN-ACK 0 7', '> RST 7'], ['< SYN-ACK 0 1', 'up', '> ACK 1 1']]));

  test('ends as silently as it began when the caller thinks better of it', () =>
    claim([['listen'], ['< SYN 0', '> SYN-ACK 0 1'], ['< RST 1'], ['< ACK 1 1', '> RST 1'], ['< SYN 0', '> SYN-ACK 0 1']]));

  test('ends with its listener, if nobody was told of it, when the next segment comes, or its time', () => {
    const begun: readonly Step[] = [['listen'], ['< SYN 0', '> SYN-ACK 0 1'], ['unlisten']];
    claim([...begun, ['connect', 'address-in-use'], ['< ACK 1 1', '> RST 1'], ['connect', '> SYN 0']]);
    claim([...begun, ['listen'], ['< SYN 0', '> SYN-ACK 0 1']]);
    claim([...begun, ['wait 999'], ['connect', 'address-in-use'], ['wait 1'], ['connect', '> SYN 0']]);
  });
});

describe('two SYNs that cross', () => {
  const CROSSED: readonly Step[] = [['connect', '> SYN 0'], ['< SYN 0', '> SYN-ACK 0 1']];

  test('make one connection, at both ends alike', () => claim([...CROSSED, ['< SYN-ACK 0 1', 'up'], ['send abc', '> abc 1 1'], ['< ACK 1 4']]));

  test('make it by the first bytes too', () => claim([...CROSSED, ['< abc 1 1', 'up', 'received abc', '> ACK 1 4']]));

  test('are answered again when the answer is lost', () => claim([...CROSSED, ['wait 1000', '> SYN-ACK 0 1'], ['< SYN 0', '> SYN-ACK 0 1'], ['< SYN-ACK 0 1', 'up']]));

  test('time out as a SYN does', () => claim([...CROSSED, ...[1, 2, 4, 8, 16, 32].map((s): Step => [`wait ${s}000`, '> SYN-ACK 0 1']), ['wait 64000', 'broke timed-out']]));

  test('may still end with a RST, which is then a reset, as on Linux', () => claim([...CROSSED, ['< RST 1', 'broke reset']]));

  test('go to the connection, where a listener has the port too', () => claim([['connect', '> SYN 0'], ['listen'], ['< SYN 0', '> SYN-ACK 0 1'], ['< SYN-ACK 0 1', 'up']]));

  test('or to the listener, on hosts of the other kind, and the attempt fails', () => {
    const steps: Step[] = [['connect', '> SYN 0'], ['listen'], ['< SYN 0', 'broke taken', '> SYN-ACK 0 1'], ['< SYN-ACK 0 1', 'accepted'], ['< abc 1 1', 'received abc', '> ACK 1 4']];
    const wire = new Wire();
    wire.stack.crossing = 'accepted';
    expect(wire.play(steps)).toEqual(steps);
  });
});

describe('data', () => {
  test('is put in order, and each piece acknowledged by what is there', () =>
    claim([...CONNECTED, ['< def 4 1', '> ACK 1 1'], ['< ghi 7 1', '> ACK 1 1'], ['< abc 1 1', 'received abc', 'received def', 'received ghi', '> ACK 1 10']]));

  test('that came before is acknowledged and not heard again, and of an overlap only what is new', () =>
    claim([...CONNECTED, ['< abc 1 1', 'received abc', '> ACK 1 4'], ['< abc 1 1', '> ACK 1 4'], ['< bcde 2 1', 'received de', '> ACK 1 6']]));

  test('beyond the window is not kept', () => claim([...CONNECTED, ['< abc 64241 1', '> ACK 1 1'], ['< abc 64240 1', '> ACK 1 1']]));

  test('goes again after the round trip and 200 ms, then after twice as long', () =>
    claim([...CONNECTED, ['send abc', '> abc 1 1'], ['wait 199'], ['wait 1', '> abc 1 1'], ['wait 399'], ['wait 1', '> abc 1 1'], ['< ACK 1 4'], ['wait 100000']]));

  test('goes again at once when three acknowledgements repeat themselves', () =>
    claim([...CONNECTED, ['send abc', '> abc 1 1'], ['send def', '> def 4 1'], ['< ACK 1 1'], ['< ACK 1 1'], ['< ACK 1 1', '> abcdef 1 1'], ['< ACK 1 7']]));

  test('is cut into segments of 1460 bytes, 44 of them at once', () => {
    const wire = new Wire();
    wire.play([...CONNECTED]);
    const [[, ...first] = []] = wire.play([[`send ${'x'.repeat(100_000)}`]]);
    expect(first).toEqual(Array.from({ length: 44 }, (_, n) => `> [1460] ${1 + n * 1460} 1`));
    expect(wire.play([['< ACK 1 1461']])).toEqual([['< ACK 1 1461', '> [1460] 64241 1']]);
  });

  test('after a time-out goes on from one segment, and faster with each that arrives', () => {
    const wire = new Wire();
    wire.play([...CONNECTED, [`send ${'x'.repeat(14_600)}`]]);
    expect(wire.play([['wait 200'], ['< ACK 1 1461'], ['< ACK 1 2921']])).toEqual([
      ['wait 200', '> [1460] 1 1'],
      ['< ACK 1 1461', '> [1460] 1461 1', '> [1460] 2921 1'],
      ['< ACK 1 2921', '> [1460] 4381 1', '> [1460] 5841 1'],
    ]);
  });

  test('to a peer that has vanished goes 15 times more, and then the connection is given up', () => {
    const wire = new Wire();
    wire.play([...CONNECTED, ['send abc']]);
    const [[, ...sent] = []] = wire.play([['wait 2000000']]);
    expect(sent).toEqual([...Array.from({ length: 15 }, () => '> abc 1 1'), 'broke timed-out']);
  });

  test('that acknowledges what was never sent says only where this end is', () => claim([...CONNECTED, ['< ACK 1 9', '> ACK 1 1']]));
});

describe('an end', () => {
  test('by this side first is remembered for a minute, to answer what comes late', () =>
    claim([
      ...CONNECTED,
      ['end', '> FIN 1 1'],
      ['< ACK 1 2'],
      ['< FIN 1 2', 'ended', 'gone', '> ACK 2 2'],
      ['< FIN 1 2', '> ACK 2 2'],
      ['wait 60000'],
      ['< FIN 1 2', '> RST 2'],
    ]));

  test('by the peer first is over with the last word', () => claim([...ACCEPTED, ['< FIN 1 1', 'ended', '> ACK 1 2'], ['end', '> FIN 1 2'], ['< ACK 2 2', 'gone'], ['< ACK 2 2', '> RST 2']]));

  test('by both at once is over too', () => claim([...CONNECTED, ['end', '> FIN 1 1'], ['< FIN 1 1', 'ended', '> ACK 2 2'], ['< ACK 2 2', 'gone'], ['wait 60000']]));

  test('comes behind all that was sent, with the last of it', () => claim([...CONNECTED, ['send abc', '> abc 1 1'], ['end', '> FIN 4 1'], ['wait 200', '> abcFIN 1 1'], ['< ACK 1 5']]));

  test('waits for what is missing before it', () => claim([...CONNECTED, ['< FIN 4 1', '> ACK 1 1'], ['< abc 1 1', 'received abc', 'ended', '> ACK 1 5']]));

  test('of one side leaves the other open for what is still to come', () => claim([...CONNECTED, ['end', '> FIN 1 1'], ['< ACK 1 2'], ['< abc 1 2', 'received abc', '> ACK 2 4']]));

  test('that nobody waits for answers more data with a reset, and is forgotten after a minute', () => {
    claim([...CONNECTED, ['abandon', '> FIN 1 1'], ['< ACK 1 2'], ['< abc 1 2', '> RST 2 1']]);
    claim([...CONNECTED, ['abandon', '> FIN 1 1'], ['< ACK 1 2'], ['wait 60000'], ['< FIN 1 2', '> RST 2']]);
  });

  test('by reset tells the other end at once', () => claim([...CONNECTED, ['abort', '> RST 1 1'], ['< abc 1 1', '> RST 1']]));

  test('by a RST with just the right number is a reset; one that may be right is asked about', () =>
    claim([...CONNECTED, ['< RST 5', '> ACK 1 1'], ['< RST 0'], ['< RST 1', 'broke reset']]));

  test('gives its place to a new SYN', () =>
    claim([...ACCEPTED, ['end', '> FIN 1 1'], ['< FIN 1 2', 'ended', 'gone', '> ACK 2 2'], ['< SYN 1', '> ACK 2 2'], ['< SYN 9', '> SYN-ACK 0 10']]));
});

describe('a port', () => {
  test('that nobody has answers a SYN with a RST, and a RST with nothing', () => {
    claim([['< SYN 0', '> RST 0 1'], ['< RST 0'], ['< ACK 4 0', '> RST 0']]);
  });
});
