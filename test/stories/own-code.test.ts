/** The README's example of testing one's own code against NATs, word for word but for the package's name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
// example
import { expect, test } from 'vitest';
import { fakeSocket, world } from '../../adapters/sim/index.ts';

test('my server hears a client at home, and a stranger does not reach that client', () => {
  const w = world({ a: 'port-restricted', b: 'open' }, { seed: 1, latencyMs: 20 });
  const server = fakeSocket(w.host('s')).bind(5000);
  const client = fakeSocket(w.host('a')).bind(6000);
  const stranger = fakeSocket(w.host('b')).bind(7000);
  const heard: string[] = [];
  server.on('message', (data, from) => heard.push(`${data} from ${from.address}:${from.port}`));
  client.on('message', () => heard.push('the client was reached'));

  client.send('hello', 5000, w.address('s'));
  w.advance(100);
  stranger.send('knock', 6000, w.address('a'));
  w.advance(100);

  expect(heard).toEqual(['hello from 198.18.1.2:6000']);
  expect(w.drops()).toEqual([{ at: 120, by: 'nat-a', reason: 'filtering', from: '198.18.2.2:7000', to: '198.18.1.2:6000' }]);
});
// end of the example

test('the README shows exactly that example', () => {
  const source = readFileSync(import.meta.filename, 'utf8');
  const example = source
    .slice(source.indexOf('// example\n') + '// example\n'.length, source.indexOf('// end of the example'))
    .replaceAll('../../adapters/sim/index.ts', 'natpunch/sim');
  expect(readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')).toContain(example);
});
