/** What somebody can do who wants a checked host to be reached, by what was found; each piece of advice is a paragraph. Pure. */
import { parseEndpoint } from '../effects/endpoint.ts';
import type { CheckResult } from './check-result.ts';

export function adviceOn(result: CheckResult): readonly string[] {
  const { verdict, udp, nat, reflexive, reach } = result;
  if (!udp) return reach['udp']?.open === 'no' ? BLOCKED : [];
  // Without it nothing can be named.
  const seen = reflexive === null ? undefined : parseEndpoint(reflexive)?.host;
  if (seen === undefined || nat === null) return [];
  if (verdict === 'open') return [`anybody who sends to ${seen} gets through. What still cannot be reached there does not run, listens at another address, or has a rule of its own against it.`];
  return nat ? behindNat(result, seen) : behindFirewall(seen, verdict === 'firewalled');
}

const ONE_PEER = 'one peer at a time, with nothing to set up: natpunch udp on both sides, with the peers that the table names.';

const BLOCKED: readonly string[] = ['natpunch tcp does without UDP, if its rendezvous can be reached; else whoever runs the firewall here has to let UDP out.'];

function behindFirewall(seen: string, isSure: boolean): readonly string[] {
  const where = 'in the firewall of this host, of its router, or of its cloud (there it may be called a security group)';
  return [ONE_PEER, `anybody, at any time: ${isSure ? '' : 'if strangers are kept out, '}open the port ${where}. No NAT is in the way: the address is ${seen}.`];
}

function behindNat({ local, hairpin, allocation }: CheckResult, seen: string): readonly string[] {
  const own = parseEndpoint(local)?.host ?? local;
  const forward = isOfCarrier(own)
    ? [`anybody: not by a setting here. ${own} is an address that carriers give, so the NAT is the carrier's: ask for a public address, or use IPv6.`]
    : [
        `anybody, at any time: forward a port to ${own}, in the router whose outside address is ${seen}.`,
        `your router's status page shows another outside address than ${seen}? Then a carrier's NAT stands above it, and no forwarded port helps: ask the carrier for a public address, or use IPv6.${allocation?.kind === 'block' ? ' Ports out of one block, as here, are what carriers give.' : ''}`,
      ];
  const turned = hairpin === false ? [`from inside its own network this host is not reached at ${seen} (no hairpin), so try a forwarded port from elsewhere.`] : [];
  return [ONE_PEER, ...forward, ...turned];
}

/** RFC 6598. */
function isOfCarrier(host: string): boolean {
  const [first, second = 0] = host.split('.').map(Number);
  return first === 100 && second >= 64 && second < 128;
}
