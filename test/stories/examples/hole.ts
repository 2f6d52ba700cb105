/** A hole for datagrams, to whoever is in the same room. To be run on both sides. */
import { ConnectionFailed, punch } from '../../../index.ts';

const [server = '', room = ''] = process.argv.slice(2);
try {
  const channel = await punch({ server, room });
  console.log('connected to', channel.peer);
  channel.messages.subscribe((data) => console.log('heard', Buffer.from(data).toString()));
  channel.send(Buffer.from('hello'));
  process.once('SIGINT', () => void channel.close());
  const ending = await channel.ended;
  console.log('closed by', ending.by); // us, peer, or failure: the peer fell silent
} catch (failure) {
  if (!(failure instanceof ConnectionFailed)) throw failure;
  console.error(`${failure.reason}: ${failure.message}`);
  process.exitCode = 1;
}
