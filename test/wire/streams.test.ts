/** What is kept of TCP streams between their pieces, and when it goes. */
import { expect, test } from 'vitest';
import { streams } from '../../effects/streams.ts';
import { utf8 } from '../../effects/wire/bytes.ts';
import { n4Codec } from '../../machines/n4/codec.ts';

const PEER = { host: '198.18.1.2', port: 9 };
const accepted = { type: 'tcp.accepted', listener: 'tcp', socket: 'tcp/1', local: { host: '198.18.0.2', port: 1721 }, peer: PEER, at: 0 } as const;

test('pieces become messages of whoever is at the other end', () => {
  const open = streams(n4Codec());
  open.note(accepted);
  expect(open.take('tcp/1', utf8('\u0001\u0000n4'))).toEqual([]);
  expect(open.take('tcp/1', utf8('n4n4'))).toEqual([{ kind: 'message', message: { type: 'hello', ident: 'n4n4n4' }, from: PEER }]);
});

test('what is kept between pieces is a copy, and holds no read in memory', () => {
  const open = streams(n4Codec());
  open.note(accepted);
  const read = utf8('\u0001\u0000n4');
  open.take('tcp/1', read);
  read.fill(0);
  expect(open.take('tcp/1', utf8('n4n4'))).toHaveLength(1);
});

test.each([
  ['closed by the other end', (open: ReturnType<typeof streams>) => open.note({ type: 'tcp.closed', socket: 'tcp/1', at: 0 })],
  ['closed by this end, of which nothing more is reported', (open: ReturnType<typeof streams>) => open.forget('tcp/1')],
  ['given up for what came', (open: ReturnType<typeof streams>) => expect(open.take('tcp/1', utf8('GET / HTTP'))).toBeUndefined()],
])('of a connection that was %s nothing is kept', (_, end) => {
  const open = streams(n4Codec());
  open.note(accepted);
  end(open);
  expect(open.take('tcp/1', utf8('\u0001\u0000n4n4n4'))).toBeUndefined();
});
