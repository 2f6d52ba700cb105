/** `natpunch serve …`: the servers that protocols need, until SIGINT or SIGTERM. One line for each event. */
import { type Command, Option } from 'commander';
import { resolveHost } from '../../adapters/node/resolve.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { type Endpoint, formatEndpoint, isIPv6, isWildcard } from '../../effects/endpoint.ts';
import { NAT_CHECK_PORT, STUN_PORT, stunServer, stunServerCodec, type StunServerInput, textAssist, textCodec, textServer } from '../../machines/nat-check/index.ts';
import { N4_PORT, n4Codec, n4Server } from '../../machines/n4/index.ts';
import { SEED_UDP_PORT, seedCodec, seedUdpServer } from '../../machines/seed-udp/index.ts';
import { openRendezvousCodec, tcpOpenRendezvous } from '../../machines/tcp-open/index.ts';
import { RENDEZVOUS_PORT, rendezvousCodec, udpPunchRendezvous } from '../../machines/udp-punch/index.ts';
import type { AnyCodec } from '../machines.ts';
import * as options from '../options.ts';
import { n4Ident } from '../n4-options.ts';
import { serve, unresolved } from '../serving.ts';
import { wildcardHosts } from '../wildcard.ts';

export function defineServe(command: Command): void {
  command
    .helpCommand(false)
    .description('Runs a server until SIGINT or SIGTERM, and then exits with 0. Any number of clients.')
    .addHelpText('after', '\nExample:\n  $ natpunch serve rendezvous --listen 0.0.0.0:3478');

  addServer(command, 'rendezvous', RENDEZVOUS_PORT)
    .summary('where the peers of natpunch udp and natpunch tcp meet')
    .description(
      'Tells two peers that name the same room where the other one is. It never learns the name of a room. ' +
        "To observe whether a NAT's mappings vary, it also listens on the port after --listen's, or on any free one if that is taken. " +
        'A firewall should let both in, by UDP and by TCP: the peers of natpunch tcp meet there, too.',
    )
    .option('--seed <n>', 'decides where rooms lie in memory, to repeat a run', options.notEmpty)
    .action(async (given: ServeOptions) => {
      const { listen, seed = newSeed() } = given;
      // The machine's seed stands in recordings, so what proofs of address are made of must not come from it.
      const codec = rendezvousCodec(newSeed()) as AnyCodec;
      process.exitCode = await serve(given, [
        { machine: udpPunchRendezvous, codec, inputFor: (own) => ({ listen: own, seed }) },
        { machine: tcpOpenRendezvous, codec: openRendezvousCodec() as AnyCodec, inputFor: (own) => ({ listen: own, seed }) },
      ], listen);
    });

  addServer(command, 'seed-udp', SEED_UDP_PORT)
    .summary("for natpunch udp --wire seed and client.py, pair after pair")
    .description("Introduces clients to each other in pairs, in the text protocol of server.py and client.py.")
    .action(async (given: ServeOptions) => {
      process.exitCode = await serve(given, [{ machine: seedUdpServer, codec: seedCodec() as AnyCodec, inputFor: (listen) => ({ listen }) }], given.listen);
    });

  const n4 = addServer(command, 'n4', N4_PORT);
  n4.summary("n4.py's server, for any number of pairs at once")
    .description('Serves natpunch n4 and n4.py -c, over TCP and UDP on one port; a firewall should let both in. Pairs whoever names the same ident.')
    .option('--ident <name>', 'serve this one only, as n4.py does (default: every ident, each a room of its own)', n4Ident)
    .option('--seed <n>', 'decides where clients lie in memory, to repeat a run', options.notEmpty)
    .action(async (given: ServeOptions & { readonly ident?: string }) => {
      const { listen, ident, seed = newSeed() } = given;
      if (isIPv6(listen.host)) n4.error(`error: option '--listen <addr:port>' argument '${formatEndpoint(listen)}' is invalid. n4 knows IPv4 only.`);
      process.exitCode = await serve(given, [{ machine: n4Server, codec: n4Codec() as AnyCodec, inputFor: (own) => ({ listen: own, seed, ...(ident === undefined ? {} : { ident }) }) }], listen);
    });

  const stun = addServer(command, 'stun', STUN_PORT, '--listen 198.51.100.1:3478 --alternate 198.51.100.2:3479');
  stun
    .summary('a STUN server, for natpunch check and any other client')
    .description(
      'Answers STUN (RFC 8489, RFC 5780, RFC 3489) over UDP and TCP. With --alternate, another address of this host and another port, ' +
        'it listens on both addresses and both ports, and clients can find out about filters too.',
    )
    .option('--alternate <addr:port>', 'the second address and port', options.listenAddress)
    .action(async (given: ServeOptions & { readonly alternate?: Endpoint }) => {
      const { alternate } = given;
      const listen = { host: await resolveHost(given.listen.host).catch(unresolved('--listen')), port: given.listen.port };
      const second = alternate && { host: await resolveHost(alternate.host).catch(unresolved('--alternate')), port: alternate.port };
      const reason = second && unfit(listen, second);
      if (reason !== undefined) stun.error(`error: option '--alternate <addr:port>' argument '${formatEndpoint(second ?? listen)}' is invalid. ${reason}`);
      const [host = listen.host, ...beside] = wildcardHosts(listen.host);
      const notes = [
        ...(beside.length > 0 ? ['listening on each address of this host, so that every answer leaves from where it was asked; start again when they change'] : []),
        ...(second ? [] : ['without --alternate, clients learn neither how their NAT filters nor how its mappings vary by address']),
      ];
      const input = (own: Endpoint): StunServerInput => ({ listen: own, ...(second ? { alternate: second } : {}), ...(beside.length > 0 ? { beside } : {}) });
      const named = second ? '--listen or --alternate' : '--listen';
      process.exitCode = await serve(given, [{ machine: stunServer, codec: stunServerCodec() as AnyCodec, inputFor: input }], { host, port: listen.port }, { named, notes });
    });

  addServer(command, 'nat-check', NAT_CHECK_PORT)
    .summary("for natpunch check --server, and nat_check.py client")
    .description('Serves natpunch check --server and nat_check.py client. Needs an assist at another address, and a second port, which it takes after --listen.')
    .option('--seed <n>', 'decides where clients lie in memory, to repeat a run', options.notEmpty)
    .action(async (given: ServeOptions) => {
      const { listen, seed = newSeed() } = given;
      process.exitCode = await serve(given, [{ machine: textServer, codec: textCodec() as AnyCodec, inputFor: (own) => ({ listen: own, seed }) }], listen);
    });

  addServer(command, 'assist', NAT_CHECK_PORT, '--listen 198.51.100.2:7000 --server 198.51.100.1:7000')
    .summary('the assist of serve nat-check, at another address')
    .description('Tells the server where it sees each client of the three-role check.')
    .requiredOption('--server <ip:port>', 'the server to tell', options.remote)
    .action(async (given: ServeOptions & { readonly server: Endpoint }) => {
      const server = { host: await resolveHost(given.server.host).catch(unresolved('--server')), port: given.server.port };
      process.exitCode = await serve(given, [{ machine: textAssist, codec: textCodec() as AnyCodec, inputFor: (listen) => ({ listen, server }) }], given.listen);
    });
}

/** Why an answer could not come from elsewhere. */
function unfit(listen: Endpoint, alternate: Endpoint): string | undefined {
  if (isWildcard(listen.host) || isWildcard(alternate.host)) return 'With an alternate, both --listen and --alternate must name an address of this host.';
  if (listen.host === alternate.host) return 'The alternate must be another address than that of --listen.';
  if (isIPv6(listen.host) !== isIPv6(alternate.host)) return 'The alternate must be IPv4 where --listen is IPv4, and IPv6 where it is IPv6.';
  return listen.port === alternate.port && listen.port !== 0 ? 'The alternate must have another port than --listen.' : undefined;
}

interface ServeOptions {
  readonly listen: Endpoint;
  readonly timeout?: number;
  readonly seed?: string;
  readonly record?: string;
  readonly json?: true;
}

function addServer(parent: Command, name: string, port: number, example = `--listen 0.0.0.0:${port}`): Command {
  return parent
    .command(name)
    .addOption(new Option('--listen <addr:port>', 'where to listen').argParser(options.listenAddress).default({ host: '0.0.0.0', port }, `0.0.0.0:${port}`))
    .option('--timeout <s>', 'stop after so long', options.seconds)
    .option('--record <file>', 'write down what the machine does, for replay')
    .option('--json', 'events as JSON on stdout, one a line')
    .addHelpText('after', `\nExample:\n  $ natpunch serve ${name} ${example}`);
}
