/**
 * What a behaviour means: which protocol can join this host with which kind of peer. Computed from definitions (`reach.ts`),
 * seed 003's pair table being its first row; what was not measured is tried with every value it can have. Pure.
 */
import { canPunch, type Dependence, type Kind, KINDS, type Reach } from '../reach.ts';
import type { Behaviour } from './behaviour.ts';

export type Prospect =
  | 'yes'
  | 'no'
  /** As far as UDP shows; what else it takes was not measured. */
  | 'likely'
  | 'unknown';

/** A kind of peer; of symmetric NATs those whose next port can be told are a kind of their own. */
export type Peer = Kind | 'symmetric-seq';

export interface Outlook {
  readonly protocol: 'udp' | 'n4' | 'tcp' | 'pwnat';
  /** What the row rests on. */
  readonly note: string;
  readonly peers: Readonly<Record<Peer, Prospect>>;
}

export const PEERS: readonly Peer[] = ['open', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq'];

type Measured = Pick<Behaviour, 'udp' | 'nat' | 'mapping' | 'filtering' | 'portPreserved' | 'allocation' | 'verdict'>;

export function prospectsOf(behaviour: Measured): readonly Outlook[] {
  const row = (protocol: Outlook['protocol'], note: string, prospect: (peer: Peer) => Prospect): Outlook => ({
    protocol,
    note,
    peers: Object.fromEntries(PEERS.map((peer) => [peer, behaviour.udp ? prospect(peer) : 'no'])) as Record<Peer, Prospect>,
  });
  const punched = (peer: Peer): Prospect => overall(reaches(behaviour).map((self) => canPunch(self, kindOf(peer))));
  return [
    row('udp', 'UDP hole punching, without guessing ports', punched),
    row('n4', 'the same, and ports guessed where a NAT counts them up', (peer) => byPrediction(behaviour, peer, punched(peer))),
    row('tcp', 'TCP simultaneous open, if the NATs treat TCP as they treat UDP', (peer) => softened(punched(peer))),
    row('pwnat', 'without a server; needs kept ports on both sides and forged ICMP to pass, which was not tested', (peer) => withoutServer(behaviour, peer)),
  ];
}

const DEPENDENCES: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];

/** Every reach that the measurements leave possible. */
function reaches({ udp, nat, mapping, filtering, verdict }: Measured): readonly Reach[] {
  const filters = filtering ? [filtering] : verdict === 'restricted-or-port-restricted' || verdict === 'firewalled' ? DEPENDENCES.slice(1) : DEPENDENCES;
  const mappings = mapping ? [mapping] : verdict === 'symmetric' ? DEPENDENCES.slice(1) : DEPENDENCES;
  // A filter without translation keeps strangers out as a NAT's does.
  const isBehind = nat !== false || filters.some((filter) => filter !== 'endpoint-independent');
  return mappings.flatMap((its) => filters.map((filter) => ({ nat: isBehind, udp, mapping: its, filtering: filter })));
}

function overall(answers: readonly boolean[]): Prospect {
  if (answers.every((answer) => answer)) return 'yes';
  return answers.some((answer) => answer) ? 'unknown' : 'no';
}

function softened(prospect: Prospect): Prospect {
  return prospect === 'yes' ? 'likely' : prospect;
}

/** n4 needs on each side a port that stays or one that can be told; and where punching goes, so does n4. */
function byPrediction({ mapping, allocation }: Measured, peer: Peer, plain: Prospect): Prospect {
  if (plain === 'yes') return 'yes';
  const isPeerKnown = peer !== 'symmetric';
  if (mapping === null) return plain === 'no' && !isPeerKnown ? 'no' : 'unknown';
  const isOwnKnown = mapping === 'endpoint-independent' || allocation?.kind === 'sequential';
  if (!isOwnKnown && allocation === null) return isPeerKnown ? 'unknown' : plain;
  return isOwnKnown && isPeerKnown ? 'likely' : plain;
}

function withoutServer({ nat, mapping, portPreserved }: Measured, peer: Peer): Prospect {
  const isPeerFit = kindOf(peer).mapping === 'endpoint-independent';
  const isUnfit = nat !== false && ((mapping !== null && mapping !== 'endpoint-independent') || portPreserved === false);
  return isUnfit || !isPeerFit ? 'no' : 'unknown';
}

function kindOf(peer: Peer): Reach {
  return KINDS[peer === 'symmetric-seq' ? 'symmetric' : peer];
}
