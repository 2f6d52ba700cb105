/** Which addresses the internet has no way to; what is known of them is bounded. */
import { expect, test } from 'vitest';
import { isPrivate } from '../../adapters/sim/packet.ts';

test('an address stays private or public, however many are asked about', () => {
  for (let n = 0; n < 10_000; n += 1) {
    expect(isPrivate(`10.0.${n >> 8}.${n & 255}`)).toBe(true);
    expect(isPrivate(`198.18.${n >> 8}.${n & 255}`)).toBe(false);
  }
});
