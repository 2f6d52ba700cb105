/** Values that name something of the simulated internet, from text. As `options.ts`: each throws `InvalidArgumentError`. */
import { InvalidArgumentError } from 'commander';
import { natFlavour } from '../adapters/sim/flavours.ts';
import { UnknownNat } from '../adapters/sim/nat-name.ts';
import { type Protocol, PROTOCOLS } from './scenarios.ts';

/** For people. */
export const PROTOCOL_NAMES = PROTOCOLS.flatMap(({ names }) => names).join(' | ');

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
