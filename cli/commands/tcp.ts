/** `natpunch tcp`: opens a TCP connection through both NATs on real sockets, then carries stdin and stdout through it, or only says that it stands. */
import type { Command } from 'commander';
import type { Endpoint } from '../../effects/endpoint.ts';
import * as options from '../options.ts';
import { punch } from '../punching.ts';
import { tcpOpenWire } from '../wires.ts';

const HELP = `
Example: the same on both sides; then type
  $ natpunch tcp --server example.org:3478 --room "a long secret"
Example: a folder
  $ tar c photos | natpunch tcp --server example.org:3478 --room "a long secret"
  $ natpunch tcp --server example.org:3478 --room "a long secret" \\
      </dev/null | tar x

stdin goes to the peer, and what the peer sends comes out on stdout, whole and
in order. Each direction ends by itself: the command ends with 0 when both have,
or on a terminal when the peer has. Nothing encrypts what passes.
With --json the result goes to stdout with --once or on failure; while piping it
is a status line on stderr.`;

export function defineTcp(command: Command): void {
  command
    .description('Opens a TCP connection to whoever names the same room of the same rendezvous. No privileges are needed.')
    .requiredOption('--server <host:port>', 'the rendezvous', options.remote)
    .option('--room <name>', 'the secret that both peers name (default: $NATPUNCH_ROOM, which no process list shows)', options.notEmpty)
    .option('--once', 'confirm the connection both ways, print the result, and exit')
    .option('--local <[addr:]port>', 'the address to connect from, and listen on', options.ownAddress)
    .option('--timeout <s>', 'how long to wait for the peer to come (default: 60); opening then takes up to 22 s more, with a slow rendezvous up to 46', options.seconds)
    .option('--seed <n>', 'derive identifiers from it, to repeat a run; never the same on both sides', options.notEmpty)
    .option('--record <file>', 'write down what the machine does, for replay')
    .option('--json', 'results and status lines as JSON')
    .addHelpText('after', HELP)
    .action(async (given: TcpOptions) => {
      const { server, local, timeout = 60, seed, room = process.env['NATPUNCH_ROOM'] ?? '', ...rest } = given;
      if (room === '') command.error("error: required option '--room <name>' not specified");
      process.exitCode = await punch({
        ...rest,
        server,
        protocol: 'tcp-open',
        serverOption: '--server',
        localOption: '--local',
        wireFor: (resolved) => tcpOpenWire({ server: resolved, local, waitMs: timeout * 1000 }, room, seed),
      });
    });
}

interface TcpOptions {
  readonly server: Endpoint;
  readonly room?: string;
  readonly once?: true;
  readonly local?: Partial<Endpoint>;
  readonly timeout?: number;
  readonly seed?: string;
  readonly record?: string;
  readonly json?: true;
}
