/** NATs in plain words, one for each that has words of its own; how a whole run is told is claimed in sim.test.ts. */
import { expect, test } from 'vitest';
import { LINUX_NAT, natFlavour } from '../../adapters/sim/index.ts';
import { describeNats, reachOf } from '../../cli/words.ts';

const EXACT = 'only the exact addresses and ports that a has sent to may answer.';

test.each([
  ['open', 'No NAT: anybody can reach it.'],
  ['udp-blocked', 'It lets no UDP through at all.'],
  ['firewall', `A firewall, which leaves addresses as they are: ${EXACT}`],
  ['firewall+lifetime=5', `A firewall, which leaves addresses as they are: ${EXACT} It forgets after 5 s of silence.`],
  ['port-restricted', `It shows a to everybody under one port; ${EXACT}`],
  ['port-restricted+randport', `It shows a to everybody under one port, chosen at random; ${EXACT}`],
  ['port-restricted+block=64', `It shows a to everybody under one port, chosen at random among 64; ${EXACT}`],
  ['symmetric', `It shows a to every destination under another port, at random; ${EXACT}`],
  ['symmetric+block=64', `It shows a to every destination under another port, at random among 64; ${EXACT}`],
  ['symmetric-addr', `It shows a to every address under another port, at random; ${EXACT}`],
  ['symmetric-open', 'It shows a to every destination under another port, at random; once a has sent anything, everybody may answer.'],
  ['symmetric-seq', `It shows a to every destination under the next free port; ${EXACT}`],
  ['symmetric-seq+step=2', `It shows a to every destination under another port, 2 up from the last; ${EXACT}`],
  ['symmetric-seq+step=-1+lifetime=20', `It shows a to every destination under another port, 1 down from the last; ${EXACT} It forgets after 20 s of silence.`],
  ['symmetric-seq+no-icmp', `It shows a to every destination under the next free port; ${EXACT} ICMP does not pass.`],
  ['port-restricted+icmp-errors', `It shows a to everybody under one port; ${EXACT} It lets any ICMP error out under its own address.`],
])('%s', (name, words) => {
  expect(describeNats(natFlavour(name), 'a')).toBe(words);
});

test('a NAT that no name means is described too', () => {
  expect(describeNats([{ ...LINUX_NAT, mapping: 'address-and-port-dependent' }], 'a')).toBe(`It shows a to every destination under another port; ${EXACT}`);
});

test('a firewall filters as a NAT does and hides no port', () => {
  expect(reachOf('firewall')).toEqual({ nat: true, udp: true, mapping: 'endpoint-independent', filtering: 'address-and-port-dependent', predictable: true, keepsPorts: true, errorsLeave: true, errorsArrive: true });
});
