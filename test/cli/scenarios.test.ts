/** What messages say in plain words, where it depends on what stands in them. */
import { expect, test } from 'vitest';
import { PROTOCOLS } from '../../cli/scenarios.ts';

const A = { host: '192.0.2.1', port: 1 };
const B = { host: '192.0.2.2', port: 2 };

test.each([
  ['tcp-open', { type: 'register' }, 'I am in our room. Where do you see me?'],
  ['tcp-open', { type: 'register', rttMs: 40 }, 'I am in our room, 40 ms there and back from you.'],
  ['tcp-open', { type: 'foretell', forecast: { kind: 'counting', step: 2 } }, 'My NAT counts its ports by 2: this one was its newest.'],
  ['tcp-open', { type: 'foretell', forecast: { kind: 'random' } }, "My NAT's ports are random."],
  ['tcp-open', { type: 'introduced', peer: { endpoints: [] } }, 'The other one is at no known address. Start!'],
  ['tcp-open', { type: 'introduced', peer: { endpoints: [A] } }, 'The other one is at 192.0.2.1:1. Start!'],
  ['tcp-open', { type: 'introduced', peer: { endpoints: [A, B] } }, 'The other one is at 192.0.2.1:1, or at home at 192.0.2.2:2. Start!'],
  ['pwnat', { type: 'rejected', why: 'port' }, 'Nobody listens on that port.'],
  ['pwnat', { type: 'rejected', why: 'filtered' }, 'That is prohibited.'],
  ['pwnat', { type: 'rejected', why: 'no-route' }, 'No way leads there.'],
  ['seed-udp', { type: 'news' }, 'news'],
])('%s says of %j: %s', (protocol, message, words) => {
  expect(PROTOCOLS.find(({ name }) => name === protocol)?.say(message as never)).toBe(words);
});
