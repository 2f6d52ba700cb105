/**
 * What a behaviour means: which protocol can join this host with which kind of peer. Computed from definitions (`reach.ts`),
 * seed 003's pair table being its first row; what was not measured is tried with every value it can have. Pure.
 */
import { canCall, type HoleReach } from '../pwnat/prospects.ts';
import { canMeet, canPunch, type Dependence, type Kind, KINDS, type Reach } from '../reach.ts';
import { type Behaviour, PROVEN_BLOCKED } from './behaviour.ts';

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

type Measured = Pick<Behaviour, 'udp' | 'nat' | 'mapping' | 'filtering' | 'portPreserved' | 'allocation' | 'verdict'> & {
  readonly evidence?: readonly { readonly claim: string; readonly confidence?: number }[];
};

/** With whom a host that was measured so can be joined, by which protocol, and how sure that is. */
export function prospectsOf(behaviour: Measured): readonly Outlook[] {
  const possible = behaviour.udp ? completions(behaviour) : [];
  // Silence may be a server that is down, and then says nothing of this host.
  const isInDoubt = !behaviour.udp && behaviour.evidence?.some(({ claim, confidence = 1 }) => claim === 'udp' && confidence < PROVEN_BLOCKED);
  const row = (protocol: Outlook['protocol'], note: string, prospect: (self: Known, peer: Peer) => Prospect): Outlook => ({
    protocol,
    note,
    peers: Object.fromEntries(PEERS.map((peer) => [peer, isInDoubt ? 'unknown' : common(possible.map((self) => prospect(self, peer)))])) as Record<Peer, Prospect>,
  });
  return [
    row('udp', 'UDP hole punching; likely where ports have to be guessed', guessed),
    row('n4', 'the original n4 and ours; likely where a NAT counts its ports up', byPrediction),
    row('tcp', 'TCP simultaneous open, if the NATs treat TCP as they treat UDP', (self, peer) => softened(punched(self, peer))),
    row('pwnat', 'without a server, if the right side listens; behind a NAT it takes kept ports and forged ICMP, which was not tested', withoutServer),
  ];
}

/** Everything that decides, measured or supposed. */
interface Known extends Reach {
  readonly portPreserved: boolean;
  readonly areNextPortsKnown: boolean;
}

const DEPENDENCES: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];

/** Every host that the measurements leave possible. */
function completions({ udp, nat, mapping, filtering, portPreserved, allocation, verdict }: Measured): readonly Known[] {
  const isFiltered = verdict === 'restricted-or-port-restricted' || verdict === 'firewalled';
  const filters = filtering ? [filtering] : isFiltered ? DEPENDENCES.slice(1) : DEPENDENCES;
  // Without a NAT nothing is mapped.
  const mappings = nat === false ? DEPENDENCES.slice(0, 1) : mapping ? [mapping] : verdict === 'symmetric' ? DEPENDENCES.slice(1) : DEPENDENCES;
  const kept = nat === false ? [true] : portPreserved === null ? [true, false] : [portPreserved];
  const told = allocation ? [allocation.kind === 'sequential'] : [true, false];
  // A filter without translation keeps strangers out as a NAT's does.
  const isBehind = (filter: Dependence): boolean => nat !== false || filter !== 'endpoint-independent';
  return mappings.flatMap((its) =>
    filters.flatMap((filter) =>
      kept.flatMap((keeps) => told.map((areNextPortsKnown) => ({ nat: isBehind(filter), udp, mapping: its, filtering: filter, portPreserved: keeps, areNextPortsKnown }))),
    ),
  );
}

/** What can be said when each of these may be the case; nothing joins a host of which none may be. */
function common(prospects: readonly Prospect[]): Prospect {
  const [first = 'no', ...others] = new Set(prospects);
  if (others.length === 0) return first;
  return prospects.every((prospect) => prospect === 'yes' || prospect === 'likely') ? 'likely' : 'unknown';
}

function punched(self: Known, peer: Peer): Prospect {
  return canPunch(self, kindOf(peer)) ? 'yes' : 'no';
}

/** natpunch aims at ports that are counted, and tries random ones where the other side's stay. */
function guessed(self: Known, peer: Peer): Prospect {
  if (punched(self, peer) === 'yes') return 'yes';
  const ports = (isCounting: boolean): 'counted' | 'random' => (isCounting ? 'counted' : 'random');
  return canMeet({ ...self, ports: ports(self.areNextPortsKnown) }, { ...kindOf(peer), ports: ports(peer === 'symmetric-seq') }) ? 'likely' : 'no';
}

function softened(prospect: Prospect): Prospect {
  return prospect === 'yes' ? 'likely' : prospect;
}

/** n4 needs on each side a port that stays or one that can be told; and where punching goes, so does n4. */
function byPrediction(self: Known, peer: Peer): Prospect {
  const isOwnKnown = self.mapping === 'endpoint-independent' || self.areNextPortsKnown;
  if (punched(self, peer) === 'yes') return 'yes';
  return isOwnKnown && peer !== 'symmetric' ? 'likely' : 'no';
}

/** Either may call. That forged ICMP passes is supposed of both sides, and that a peer's one port is the one it sends from. */
function withoutServer(self: Known, peer: Peer): Prospect {
  const [own, other] = [pierced(self, self.portPreserved), pierced(kindOf(peer), true)];
  return canCall(own, other) || canCall(other, own) ? 'unknown' : 'no';
}

function pierced(side: Reach, keepsPorts: boolean): HoleReach {
  return { ...side, keepsPorts: keepsPorts && side.mapping === 'endpoint-independent', errorsLeave: true, errorsArrive: true };
}

function kindOf(peer: Peer): Reach {
  return KINDS[peer === 'symmetric-seq' ? 'symmetric' : peer];
}
