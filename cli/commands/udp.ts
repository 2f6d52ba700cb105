/** `natpunch udp`: punches a UDP hole on real sockets, then carries stdin and stdout through it, or only says that it stands. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { ExitCode } from '../exit.ts';
import * as options from '../options.ts';
import { punch } from '../punching.ts';
import { seedUdpWire, udpPunchWire, type Wire, type WireOptions } from '../wires.ts';

const HELP = `
Example: the same on both sides; then type
  $ natpunch udp --server example.org:3478 --room "a long secret"
Example: one datagram
  $ echo hi | natpunch udp --server example.org:3478 --room "a long secret"

stdin goes to the peer: each read is sent as datagrams of at most 1200 bytes.
What the peer sends comes out on stdout. Datagrams can be lost, doubled or
reordered, and nothing encrypts them.
When stdin ends after anything was sent, the hole is closed as soon as the peer
has been silent for a second. An empty stdin (< /dev/null) only listens. A peer
that closes ends the command with 0. With --json the result goes to stdout with
--once or on failure; while piping it is a status line on stderr.
The protocol of --wire seed has no goodbye: the peer notices after a minute.`;

export function defineUdp(command: Command): void {
  command
    .description('Opens a UDP hole to whoever names the same room of the same rendezvous.')
    .requiredOption('--server <host:port>', 'the rendezvous', options.remote)
    .option('--room <name>', 'the secret that both peers name (default: $NATPUNCH_ROOM, which no process list shows)', options.notEmpty)
    .option('--wire <protocol>', "natpunch, or seed: that of server.py and client.py, without rooms", wireName, 'natpunch')
    .option('--once', 'confirm the hole both ways, print the result, and exit')
    .option('--local <[addr:]port>', 'the address to send from', options.ownAddress)
    .option('--timeout <s>', 'how long to wait for the peer to come (default: 60); punching then takes up to 10 s more', options.seconds)
    .option('--seed <n>', 'derive identifiers from it, to repeat a run; never the same on both sides', options.notEmpty)
    .option('--record <file>', 'write down what the machine does, for replay')
    .option('--json', 'results and status lines as JSON')
    .addHelpText('after', HELP)
    .action(async (given: UdpOptions) => {
      if (given.wire === 'seed' && given.room !== undefined) command.error("error: option '--room' means nothing with --wire seed, which has no rooms");
      if (given.wire === 'seed' && given.seed !== undefined) command.error("error: option '--seed' means nothing with --wire seed, which has no identifiers");
      if (given.wire === 'natpunch' && roomOf(given) === undefined) command.error("error: required option '--room <name>' not specified");
      process.exitCode = await udp(given);
    });
}

type WireName = 'natpunch' | 'seed';

interface UdpOptions {
  readonly server: Endpoint;
  readonly room?: string;
  readonly wire: WireName;
  readonly once?: true;
  readonly local?: Partial<Endpoint>;
  readonly timeout?: number;
  readonly seed?: string;
  readonly record?: string;
  readonly json?: true;
}

function udp(given: UdpOptions): Promise<ExitCode> {
  const { server, local, timeout = 60, wire, ...rest } = given;
  return punch({
    ...rest,
    server,
    protocol: wire === 'seed' ? 'seed-udp' : 'udp-punch',
    serverOption: '--server',
    localOption: '--local',
    wireFor: (resolved) => wireOf(given, { server: resolved, local, waitMs: timeout * 1000 }),
  });
}

function wireOf(options: UdpOptions, given: WireOptions): Wire {
  return options.wire === 'seed' ? seedUdpWire(given) : udpPunchWire(given, roomOf(options) ?? '', options.seed);
}

function wireName(text: string): WireName {
  if (text === 'natpunch' || text === 'seed') return text;
  throw new InvalidArgumentError(`unknown protocol '${text}'. Protocols: natpunch, seed`);
}

function roomOf({ room }: UdpOptions): string | undefined {
  return room ?? (process.env['NATPUNCH_ROOM'] || undefined);
}
