/** Streams on any line come whole, in order and to an end; and no segment that anybody could send breaks a stack. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/index.ts';
import { Port } from './port.ts';
import { CONNECTED, Wire } from './segments.ts';

const SERVER = { host: '198.18.0.2', port: 80 };

const line = fc.record({
  seed: fc.nat(),
  latencyMs: fc.integer({ min: 0, max: 100 }),
  jitterMs: fc.integer({ min: 0, max: 50 }),
  loss: fc.double({ min: 0, max: 0.25, noNaN: true }),
  duplicate: fc.double({ min: 0, max: 0.4, noNaN: true }),
  reorder: fc.double({ min: 0, max: 0.5, noNaN: true }),
});

const pieces = fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 12 });

/** Bytes that show where they belong. */
const filled = (lengths: readonly number[]): Uint8Array[] => lengths.map((length, n) => Uint8Array.from({ length }, (_, at) => (n * 89 + at * 31 + (at >> 8)) & 255));

const stream = (port: Port): Buffer => Buffer.concat(port.heard.flatMap((event) => (event.type === 'tcp.received' ? [event.data] : [])));

test('what was sent arrives, both ways at once, and so does the end', () => {
  fc.assert(
    fc.property(line, pieces, pieces, (given, up, down) => {
      const w = world({ a: 'port-restricted' }, { ...given, keep: false });
      const [a, s] = [new Port(w.host('a')), new Port(w.host('s'))];
      s.ask({ type: 'tcp.listen', socket: 'l', local: SERVER });
      a.ask({ type: 'tcp.connect', socket: 'c', to: SERVER });
      w.advance(130_000);
      // Seven lost SYNs in a row are a failure, and no stream.
      fc.pre(s.heard.some(({ type }) => type === 'tcp.accepted'));
      const [there, back] = [filled(up), filled(down)];
      for (const data of there) a.ask({ type: 'tcp.send', socket: 'c', data });
      for (const data of back) s.ask({ type: 'tcp.send', socket: 'l/1', data });
      w.advance(900_000);
      expect([stream(s).equals(Buffer.concat(there)), stream(a).equals(Buffer.concat(back))]).toEqual([true, true]);
      a.ask({ type: 'close', socket: 'c' });
      w.advance(600_000);
      expect(s.heard.at(-1)?.type).toBe('tcp.closed');
      expect([w.host('a').tcp.known, w.host('s').tcp.known, w.leaks()]).toEqual([0, 0, ['s: socket l on port 80']]);
    }),
    { numRuns: 40 },
  );
});

test('no order of segments and requests breaks a stack or leaves timers behind', () => {
  const number = fc.oneof(fc.integer({ min: -5, max: 12 }), fc.integer());
  const segment = fc
    .tuple(fc.constantFrom('SYN', 'SYN-ACK', 'ACK', 'RST', 'FIN', 'abc', 'abcdefFIN'), number, fc.option(number))
    .map(([word, seq, ack]) => `< ${word} ${seq}${ack === null ? '' : ` ${ack}`}`);
  const request = fc.constantFrom('connect', 'listen', 'unlisten', 'send abc', 'end', 'abandon', 'abort', 'wait 100', 'wait 70000');
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: segment }, { weight: 1, arbitrary: request }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.boolean(), steps, (isConnected, given) => {
      const wire = new Wire();
      if (isConnected) wire.play(CONNECTED);
      wire.play(given.map((step) => [step]));
      wire.play([['wait 3000000']]);
      expect(wire.clock.pending).toBe(0);
    }),
    { numRuns: 500 },
  );
});
