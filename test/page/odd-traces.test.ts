/** Traces that somebody else made: what they lack or hold is no reason to show nothing. */
import { afterEach, expect, test, vi } from 'vitest';
import { Hex } from '../../cli/inspector/page/panels/hex.tsx';
import { eventsOf, pictureOf } from './pictures.ts';
import { textOf } from './rendered.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['half a byte', '414', '0000 41 4 A·'],
  ['no hex', 'z\n', '0000 z ·'],
  ['nothing', '', ''],
])('bytes that are %s are shown as they are', (_, hex, shown) => {
  vi.stubGlobal('window', { matchMedia: () => ({ matches: false }) });
  expect(textOf(Hex, { hex })).toBe(shown);
});

test('packets where nobody has a lifeline are not drawn', () => {
  const events = eventsOf(
    { kind: 'place', name: 'core', type: 'core', side: 'internet', depth: 0, addresses: [] },
    { kind: 'packet', what: 'sent', packet: 1, place: 'core', src: '192.0.2.1:1', dst: '192.0.2.2:2', content: { protocol: 'udp', label: 'probe', length: 1 } },
  );
  expect(pictureOf(events).packets).toEqual([]);
});
