/** `natpunch pwnat listen` and `natpunch pwnat connect`: a hole without a server, by forged ICMP, and TCP connections through it. */
import { isIPv6 } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { resolveHost } from '../../adapters/node/resolve.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { type Endpoint, parseEndpoint } from '../../effects/endpoint.ts';
import { failed } from '../../machines/outcome.ts';
import { pwnatCaller, type PwnatCallerInput, pwnatCodec, pwnatListener, type PwnatListenerInput, type VariantName, VARIANTS } from '../../machines/pwnat/index.ts';
import type { AnyCodec } from '../machines.ts';
import * as options from '../options.ts';
import { callerNews, listenerNews } from '../pwnat-news.ts';
import { unresolved } from '../serving.ts';
import { tunnel } from '../tunnelling.ts';

const HELP = `
Example: a web server at home, behind a NAT, for whoever knows its address
  $ sudo natpunch pwnat listen --allow 127.0.0.1:80
  $ sudo natpunch pwnat connect home.example --listen 8080 --to 127.0.0.1:80

Nobody in between is needed, but raw ICMP on both sides: root, or CAP_NET_RAW.`;

const LISTEN_HELP = `
Example: one web server, for whoever knows the secret
  $ export NATPUNCH_SECRET=...
  $ sudo --preserve-env=NATPUNCH_SECRET natpunch pwnat listen \\
      --allow 127.0.0.1:80

Callers reach what --allow names, compared to the letter, and nothing else.
Without a secret whoever can send here may; with one the original programs
cannot call. The secret proves who speaks; nothing is encrypted.`;

const CONNECT_HELP = `
Example: the home's web server at localhost:8080
  $ sudo natpunch pwnat connect home.example --listen 8080 --to 127.0.0.1:80

The NAT before this host, if there is one, has to let forged ICMP errors out
under its own address; Linux does not. What stands in the way is said within
10 s, and more exactly with --stun. The local port is taken on 127.0.0.1 unless
--listen names another address. A client that ends its own direction (nc -N)
ends both, and loses the rest of the answer.`;

export function definePwnat(command: Command): void {
  command.helpCommand(false).description('Opens a hole to a host behind a NAT without any server, by forged ICMP errors, and carries TCP connections through it.').addHelpText('after', HELP);

  shared(command.command('listen'))
    .summary('the side behind a NAT: waits for callers')
    .description('Waits for callers and carries their TCP connections to the destinations that are allowed.')
    .option('--allow <host:port>', 'where callers may connect to, as they have to write it; more than once for more (default: nowhere)', collect)
    .option('--timeout <s>', 'how long to wait for the first caller (default: for ever)', options.seconds)
    .addHelpText('after', LISTEN_HELP)
    .action(async (given: ListenOptions) => {
      process.exitCode = await listen(given);
    });

  const connect = shared(command.command('connect'));
  connect
    .summary('the other side: a local TCP port that leads there')
    .description("Opens the hole to a listener, and carries connections to a local TCP port through it.")
    .argument('<host>', "the listener, as its NAT is seen from outside", listenerHost)
    .option('--listen <[addr:]port>', 'the local TCP port; 0 for any', options.ownAddress)
    .option('--to <host:port>', 'what the listener is to connect to, as its --allow names it', options.remote)
    .option('--stun <host:port>', 'a STUN server, to say what the own NAT does if nothing comes', options.stunServer)
    .option('--once', 'open the hole, print the result, and exit')
    .option('--timeout <s>', 'how long to try to reach the listener (default: 9)', options.seconds)
    .addHelpText('after', CONNECT_HELP)
    .action(async (host: string, given: ConnectOptions) => {
      if (given.variant === 'pwnat' && !given.to) connect.error("error: required option '--to <host:port>' not specified");
      if (given.variant === 'pwnat' && !given.listen && !given.once) connect.error("error: required option '--listen <[addr:]port>' not specified, nor --once");
      process.exitCode = await callOut(host, given);
    });
}

interface SharedOptions {
  readonly port?: number;
  readonly variant: VariantName;
  readonly secret?: string;
  readonly seed?: string;
  readonly record?: string;
  readonly json?: true;
}

interface ListenOptions extends SharedOptions {
  readonly allow?: readonly Endpoint[];
  readonly timeout?: number;
}

interface ConnectOptions extends SharedOptions {
  readonly listen?: Partial<Endpoint>;
  readonly to?: Endpoint;
  readonly stun?: Endpoint;
  readonly once?: true;
  readonly timeout?: number;
}

function shared(command: Command): Command {
  return command
    .addOption(new Option('--port <n>', "UDP, the same on both sides (default: the variant's, 2222 or 2345)").argParser(udpPort))
    .addOption(new Option('--variant <name>', 'whose ICMP: samyk/pwnat or blahgeek/pypwnat').choices(Object.keys(VARIANTS)).default('pwnat'))
    .option('--secret <text>', 'only who knows it is spoken with (default: $NATPUNCH_SECRET, which no process list shows)', options.notEmpty)
    .option('--seed <n>', 'derive identifiers from it, to repeat a run', options.notEmpty)
    .option('--record <file>', 'write down what the machine does, for replay')
    .option('--json', 'results and status lines as JSON');
}

async function listen(given: ListenOptions) {
  const { port, variant, allow = [], timeout, seed = newSeed(), record, json } = given;
  const prepare = async () => {
    const destinations = await Promise.all(
      allow.map(async ({ host, port: to }) => ({ host, port: String(to), at: { host: await resolveHost(host).catch(unresolved('--allow')), port: to } })),
    );
    const input: PwnatListenerInput = {
      seed,
      variant,
      allow: destinations,
      ...(port === undefined ? {} : { listen: { port } }),
      ...(timeout === undefined ? {} : { waitMs: timeout * 1000 }),
      ...authentication(given),
    };
    return {
      machine: pwnatListener,
      codec: codecFor(given),
      input,
      portOptions: '--port',
      warnings: allow.length === 0 ? ['without --allow callers are heard, but reach nothing'] : [],
      say: listenerNews,
      once: false,
    };
  };
  return tunnel(prepare, { record, json });
}

async function callOut(host: string, given: ConnectOptions) {
  const { port, variant, listen: door, to, stun, once = false, timeout, seed = newSeed(), record, json } = given;
  const prepare = async () => {
    const address = await resolveHost(host).catch(unresolved('<host>'));
    if (isIPv6(address)) return failed('no-path', `${host} has an IPv6 address only, and pwnat knows IPv4 only`);
    const input: PwnatCallerInput = {
      seed,
      variant,
      server: { host: address, port: port ?? VARIANTS[variant].port },
      to: { host: to?.host ?? 'nowhere', port: String(to?.port ?? 1) },
      ...(door && !once ? { listen: { host: door.host ?? '127.0.0.1', port: door.port ?? 0 } } : {}),
      ...(stun ? { stun: { host: await resolveHost(stun.host).catch(unresolved('--stun')), port: stun.port } } : {}),
      ...(timeout === undefined ? {} : { waitMs: timeout * 1000 }),
      ...authentication(given),
    };
    return {
      machine: pwnatCaller,
      codec: codecFor(given),
      input,
      portOptions: '--port or --listen',
      warnings: [],
      say: callerNews(to),
      once: once || input.listen === undefined,
      // HELLO, which asks for it, is not said with a secret, nor by pypwnat.
      untried: input.authenticated || variant === 'pypwnat' ? 'only the hole was tried, not whether the listener allows a destination' : undefined,
    };
  };
  return tunnel(prepare, { record, json });
}

function codecFor({ variant, secret = fromEnvironment() }: SharedOptions): AnyCodec {
  return pwnatCodec({ variant, secret }) as AnyCodec;
}

function authentication({ secret = fromEnvironment() }: SharedOptions): { readonly authenticated?: true } {
  return secret === undefined ? {} : { authenticated: true };
}

function fromEnvironment(): string | undefined {
  return process.env['NATPUNCH_SECRET'] || undefined;
}

function collect(text: string, before: readonly Endpoint[] = []): readonly Endpoint[] {
  return [...before, options.remote(text)];
}

function listenerHost(text: string): string {
  if (text === '' || parseEndpoint(text)) throw new InvalidArgumentError(`'${text}' is not a host alone. Its port goes to --port`);
  if (isIPv6(text)) throw new InvalidArgumentError(`'${text}' is an IPv6 address, and pwnat knows IPv4 only`);
  return text;
}

function udpPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port === 0 || port > 65_535) throw new InvalidArgumentError(`'${text}' is not a port from 1 to 65535`);
  return port;
}
