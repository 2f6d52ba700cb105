/** `natpunch n4`: a hole between two NATs that count, by a sweep of ports; then stdin and stdout go through it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Endpoint, isIPv6, parseEndpoint } from '../../effects/endpoint.ts';
import { N4_DEFAULTS, N4_PORT } from '../../machines/n4/index.ts';
import { failed } from '../../machines/outcome.ts';
import * as n4Options from '../n4-options.ts';
import * as options from '../options.ts';
import { punch } from '../punching.ts';
import { n4Wire } from '../wires.ts';

const HELP = `
Example: the same on both sides; then type
  $ natpunch n4 example.org
Example: with somebody who runs n4.py -c -h example.org
  $ natpunch n4 example.org --once

Both sides send from --count ports, and each aims --offset ports above the one
where the other was seen. It works where both NATs give rising ports, whatever
else they do, and where they keep ports. A round that fails is played again from
the next ports, ten rounds at most: each asks 25 mappings of the router and
sends up to 128 datagrams within 0.1 s.
The line 'nc -u …' on stderr is for whoever wants the hole after --once.
Nothing encrypts what passes, and n4 has no goodbye: the peer notices after a
minute.`;

export function defineN4(command: Command): void {
  command
    .description('Opens a UDP hole through NATs that give rising ports, to whoever names the same ident.')
    .argument('<host>', 'where natpunch serve n4 or n4.py -s runs', serverHost)
    .addOption(new Option('--port <n>', "the server's port, TCP and UDP").argParser(port).default(N4_PORT))
    .addOption(new Option('--ident <name>', 'what both sides call themselves: at most 6 characters').argParser(n4Options.n4Ident).default(N4_DEFAULTS.ident))
    .addOption(new Option('--source-port <n>', 'the first port to send from; 0 for any').argParser(n4Options.sourcePort).default(N4_DEFAULTS.sourcePort))
    .addOption(new Option('--count <n>', 'how many ports to send from').argParser(n4Options.socketCount).default(N4_DEFAULTS.count))
    .addOption(new Option('--offset <n>', "how far above its last port the other's NAT will be; below, if negative").argParser(n4Options.portOffset).default(N4_DEFAULTS.offset))
    .addOption(new Option('--strategy <name>', "classic aims as n4.py; adaptive, which both peers need, also below and further out, for NATs that count down or are busy").choices(['classic', 'adaptive']).default('classic'))
    .option('--once', 'confirm the hole both ways, print the result, and exit')
    .option('--timeout <s>', 'how long to wait for the peer to come (default: 60); ten rounds can take minutes more', options.seconds)
    .option('--record <file>', 'write down what the machine does, for replay')
    .option('--json', 'results and status lines as JSON')
    .addHelpText('after', HELP)
    .action(async (host: string, given: N4Options) => {
      const { port: serverPort, ident, sourcePort, count, offset, timeout, strategy, ...rest } = given;
      if (sourcePort + count - 1 > 65_535) command.error(`error: option '--source-port <n>' argument '${sourcePort}' is invalid. ${count} ports from there would end beyond 65535.`);
      const wireFor = (server: Endpoint) =>
        isIPv6(server.host)
          ? failed('no-rendezvous', `${host} has an IPv6 address only, and n4 knows IPv4 only`)
          : n4Wire({ server, ident, sourcePort, count, offset, strategy, ...(timeout === undefined ? {} : { waitMs: timeout * 1000 }) });
      process.exitCode = await punch({ ...rest, protocol: 'n4', server: { host, port: serverPort }, serverOption: '<host>', localOption: '--source-port', wireFor });
    });
}

interface N4Options {
  readonly port: number;
  readonly ident: string;
  readonly sourcePort: number;
  readonly count: number;
  readonly offset: number;
  readonly strategy: 'classic' | 'adaptive';
  readonly once?: true;
  readonly timeout?: number;
  readonly record?: string;
  readonly json?: true;
}

/** Its port is an option of its own, as with n4.py. */
function serverHost(text: string): string {
  if (text === '' || parseEndpoint(text)) throw new InvalidArgumentError(`'${text}' is not a host alone. Its port goes to --port`);
  return text;
}

function port(text: string): number {
  return options.remote(`host:${text}`).port;
}
