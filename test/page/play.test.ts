/** The playground: what an address asks for, and how that is played. */
import { expect, test } from 'vitest';
import { type Choice, choiceOf, FIRST_CHOICE, hashOf, natFault, play, titleOf } from '../../cli/inspector/page/play/play.ts';

test('an address without a protocol asks for nothing, and one with no more leaves the rest as it is usual', () => {
  expect(choiceOf('#find=probe')).toBeUndefined();
  expect(choiceOf('#protocol=udp-punch')).toEqual(FIRST_CHOICE);
});

test('what an address cannot mean is what is usual, and what is too much is the most there is', () => {
  expect(choiceOf('#protocol=none-such&latency=-3&loss=many')).toEqual(FIRST_CHOICE);
  expect(choiceOf('#protocol=n4&latency=1e9&loss=7')).toMatchObject({ protocol: 'n4', latency: 5000, loss: 1 });
});

test('a choice comes back from its address', () => {
  const choice: Choice = { protocol: 'tcp-open', a: 'symmetric+cgn', b: 'open', latency: 7.5, loss: 0.1, seed: 'a seed' };
  expect(choiceOf(hashOf(choice))).toEqual(choice);
});

test('a run is called by what decides it', () => {
  expect(titleOf({ ...FIRST_CHOICE, loss: 0.1 })).toBe('udp-punch: port-restricted × restricted, 20 ms, 10 % lost, seed 1');
  expect(titleOf({ ...FIRST_CHOICE, protocol: 'stun-check' })).toBe('stun-check: port-restricted, 20 ms, seed 1');
});

test('a check is played by one host, and comes to an end', () => {
  const { header, events } = play({ ...FIRST_CHOICE, protocol: 'stun-check' });
  expect(header.title).toMatch(/^stun-check: port-restricted,/);
  expect(events.filter((event) => event.kind === 'outcome').map(({ actor }) => actor)).toEqual(['a']);
});

test('a name that no NAT has is told with what it may be', () => {
  expect([natFault('open'), natFault('leaky')]).toEqual([undefined, expect.stringMatching(/unknown NAT 'leaky'/)]);
});
