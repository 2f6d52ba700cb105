/** A stream to whoever is in the same room: what one side reads, the other prints. */
import { open } from '../../../index.ts';

const [server = '', room = ''] = process.argv.slice(2);
const { stream } = await open({ server, room }); // a Node Duplex
process.stdin.pipe(stream).pipe(process.stdout);
