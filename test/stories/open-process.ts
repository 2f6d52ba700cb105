/**
 * A process of its own that opens a stream by the library, for `open-streams.test.ts`: it says a word, ends its side, prints what
 * it hears, or why there is no stream. It never tells itself to exit: that it ends shows that nothing is left.
 */
import { ConnectionFailed, open } from '../../index.ts';

const [server = '', room = '', waitMs = '60000'] = process.argv.slice(2);
try {
  const { stream } = await open({ server, room, waitMs: Number(waitMs) });
  stream.on('data', (data) => process.stdout.write(String(data)));
  stream.end('hello');
} catch (error) {
  process.stdout.write(error instanceof ConnectionFailed ? error.reason : String(error));
}
