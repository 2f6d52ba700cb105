/** What somebody outside can do to two peers who have met: listen in, and repeat what was overheard from elsewhere. */
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Connected } from '../../machines/outcome.ts';
import { PROBE_SIZE } from '../../machines/udp-punch/codec.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** a and b have met, and c, who came third, has been refused. What a has heard as payload is in `heard`. */
function met() {
  const w = world({ a: 'full-cone', b: 'port-restricted', c: 'open' }, { seed: 1, latencyMs: 20 }).run(udpPunch);
  const heard: string[] = [];
  w.running('a').messages.subscribe((data) => heard.push(new TextDecoder().decode(data)));
  const home = w.outcome<Connected>('b')?.peer ?? { host: '', port: 0 };
  const stranger = w.host('c').bind('stranger', { port: 7777 }, () => undefined);
  if ('code' in stranger) throw new Error(stranger.detail);
  const overheard = w.journeys().filter(({ host, dst, data }) => host === 'b' && dst.host === home.host && data.length === PROBE_SIZE).map(({ data }) => data);
  return { w, heard, home, stranger, overheard };
}

test('a third is told that the room is full', () => {
  expect(met().w.outcome('c')).toMatchObject({ kind: 'failed', reason: 'room-full' });
});

test('payload of a stranger is not delivered, not even after it has repeated every probe it has overheard', () => {
  const { w, heard, home, stranger, overheard } = met();
  expect(overheard.length).toBeGreaterThan(0);
  stranger.send(home, text('before'));
  w.advance(100);
  for (const data of overheard) stranger.send(home, data);
  w.advance(100);
  stranger.send(home, text('after'));
  w.advance(20_000);
  w.running('b').send(text('from b'));
  w.advance(100);
  expect(heard).toEqual(['from b']);
});

test('a flood of overheard probes from elsewhere neither moves the path nor ends the connection', () => {
  const { w, home, stranger, overheard } = met();
  for (let n = 0; n < 600; n += 1) {
    for (const data of overheard) stranger.send(home, data);
    w.advance(100);
  }
  const heardByB: string[] = [];
  w.running('b').messages.subscribe((data) => heardByB.push(new TextDecoder().decode(data)));
  w.running('a').send(text('still b'));
  w.advance(100);
  expect(heardByB).toEqual(['still b']);
});
