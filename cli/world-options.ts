/** Values that name something of the simulated internet, from text. As `options.ts`: each throws `InvalidArgumentError`. */
import { InvalidArgumentError } from 'commander';
import { natFlavour } from '../adapters/sim/flavours.ts';
import { UnknownNat } from '../adapters/sim/nat-name.ts';
import { type Protocol, PROTOCOLS } from './scenarios.ts';

/** For people. */
export const PROTOCOL_NAMES = PROTOCOLS.flatMap(({ names }) => names).join(' | ');

/** Every name, as said after `--help`. */
export const NAT_HELP = `
NATs, by the port they show and whom they let in:
  open              no NAT, a public address
  full-cone         one port for all destinations; everybody may answer
  restricted        one port; addresses that were sent to may answer
  port-restricted   one port; only exact addresses and ports may (most homes)
  symmetric         a port for each destination, at random
  symmetric-seq     the same, each the next port
  symmetric-addr    a port for each address, at random
  symmetric-open    as symmetric, but everybody may answer
  firewall          no NAT; only what was asked for comes in
  udp-blocked       as port-restricted, and no UDP
and after it:
  +cgn              a carrier's NAT above, port-restricted
  +block=<ports>    ports at random out of a block, as carriers give
  +randport         a cone that does not keep the socket's port
  +step=<n>         of symmetric-seq: from one port to the next
  +noise=<per s>    of symmetric-seq: ports that others take
  +hairpin          inside reaches inside by outside addresses
  +rst              a TCP SYN that nobody asked for is refused
  +linux-open       a packet that comes too early makes the port change
  +lifetime=<s>     forgets after so much silence
  +icmp-errors      lets forged ICMP errors out, which pwnat needs
  +no-icmp          ICMP does not pass
A chain of NATs is as strict as its strictest: play a carrier whose NAT is
symmetric as symmetric, whatever stands at home.`;

/** A NAT's name, which is known to mean one. */
export function natName(text: string): string {
  try {
    natFlavour(text);
    return text;
  } catch (error) {
    if (error instanceof UnknownNat) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

export function natNames(text: string): readonly string[] {
  return text.split(',').map((name) => natName(name.trim()));
}

export function protocolName(text: string): Protocol {
  const protocol = PROTOCOLS.find(({ names }) => names.includes(text));
  if (!protocol) throw new InvalidArgumentError(`unknown protocol '${text}'. Protocols: ${PROTOCOL_NAMES.replaceAll(' |', ',')}`);
  return protocol;
}
