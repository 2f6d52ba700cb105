/**
 * The stand-ins for pwnat's programs through simulated NATs: they meet where the definitions say, as the programs did on the
 * kernel's own NATs. So what is claimed of ours elsewhere is claimed of a network that is like the real one.
 */
import { expect, test } from 'vitest';
import { fakeSocket, world } from '../../adapters/sim/index.ts';
import { echo, isKnock, NOBODY, timeExceeded } from './icmp-bytes.ts';
import { canMeet, sideOf } from './oracle.ts';
import { OriginalClient } from './original-client.ts';
import { OriginalServer } from './original-server.ts';

const LISTENERS = ['open', 'firewall', 'full-cone', 'restricted', 'port-restricted', 'port-restricted+randport', 'symmetric', 'symmetric-seq', 'restricted+no-icmp'];
const CALLERS = ['open', 'firewall', 'full-cone', 'port-restricted', 'symmetric', 'port-restricted+icmp-errors', 'full-cone+icmp-errors', 'symmetric+icmp-errors', 'firewall+no-icmp'];
const PAIRS = CALLERS.flatMap((a) => LISTENERS.map((b) => [a, b] as const));

/** Whether "hi" comes back, a second after the knock. */
function meet(a: string, b: string): boolean {
  const w = world({ a, b }, { latencyMs: 10, keep: false });
  const [caller, listener] = [w.host('a'), w.host('b')];
  const server = new OriginalServer({
    timers: w.clock,
    socket: fakeSocket(listener).bind(2222),
    allow: [],
    connect: (_host, _port, { received }) => ({ write: received, end: () => undefined }),
  });
  const icmp = listener.icmp.open('hole', (from, data) => {
    if (isKnock('pwnat', data)) server.knock(from);
  });
  icmp.send(NOBODY.pwnat, echo('pwnat'));
  w.advance(100);
  caller.icmp.open('hole', () => undefined).send(w.address('b'), timeExceeded('pwnat', w.address('b')));
  w.advance(1_000);
  const client = new OriginalClient({ timers: w.clock, socket: () => fakeSocket(caller), server: { host: w.address('b'), port: 2222 }, to: { host: '127.0.0.1', port: 80 } });
  let got = '';
  client.connect({ received: (data) => (got += data.toString()), closed: () => undefined }).write(Buffer.from('hi'));
  w.advance(1_000);
  return got === 'hi';
}

test.each(PAIRS)('%s calls %s', (a, b) => {
  expect(meet(a, b)).toBe(canMeet(sideOf(a), sideOf(b)));
});

test('an open listener is reached by all; a NAT that keeps ports by those whose errors leave, where it looks at ports only by those who keep theirs', () => {
  const reached = LISTENERS.map((b) => CALLERS.filter((a) => canMeet(sideOf(a), sideOf(b))).length);
  expect(reached).toEqual([9, 4, 5, 5, 4, 0, 0, 0, 0]);
});
