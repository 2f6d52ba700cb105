/** The result of `natpunch check`, as scripts read it. Its shape is a promise: docs/results.md. */
import { formatEndpoint } from '../effects/endpoint.ts';
import { type Behaviour, type Checked, type Outlook, PEERS, prospectsOf, type TextChecked } from '../machines/nat-check/index.ts';

export interface CheckResult {
  readonly verdict: Behaviour['verdict'];
  readonly udp: boolean;
  readonly nat: boolean | null;
  readonly mapping: Behaviour['mapping'];
  readonly filtering: Behaviour['filtering'];
  readonly hairpin: boolean | null;
  readonly portPreserved: boolean | null;
  readonly allocation: Behaviour['allocation'];
  readonly reflexive: string | null;
  readonly local: string;
  readonly lifetime?: Behaviour['lifetime'];
  readonly evidence: readonly EvidenceLine[];
  /** What it means: by protocol, and then by the kind of peer. */
  readonly reach: Readonly<Record<string, Outlook['peers']>>;
  readonly elapsedMs: number;
  readonly packetsSent: number;
}

interface EvidenceLine {
  readonly claim: string;
  readonly value?: string | boolean | null;
  readonly confidence?: number;
  readonly because: string;
}

export interface CheckEffort {
  readonly elapsedMs: number;
  readonly packetsSent: number;
}

export function stunResult(checked: Checked, { elapsedMs, packetsSent }: CheckEffort): CheckResult {
  const { verdict, udp, nat, mapping, filtering, hairpin, portPreserved, allocation, reflexive, local, lifetime, evidence } = checked;
  return {
    verdict,
    udp,
    nat,
    mapping,
    filtering,
    hairpin,
    portPreserved,
    allocation,
    reflexive: reflexive && formatEndpoint(reflexive),
    local: formatEndpoint(local),
    ...(lifetime ? { lifetime } : {}),
    evidence,
    reach: reachOf(checked),
    elapsedMs: Math.round(elapsedMs),
    packetsSent,
  };
}

/** What the three roles cannot tell stays null. */
export function textResult({ verdict, reflexive, local, evidence }: TextChecked, { elapsedMs, packetsSent }: CheckEffort): CheckResult {
  const nat = verdict !== 'open' && verdict !== 'firewalled';
  const measured = {
    verdict,
    udp: true,
    nat,
    mapping: verdict === 'symmetric' ? null : 'endpoint-independent',
    filtering: FILTERS[verdict] ?? null,
    hairpin: null,
    portPreserved: nat && reflexive ? reflexive.port === local.port : null,
    allocation: null,
  } as const;
  return {
    ...measured,
    reflexive: reflexive ? formatEndpoint(reflexive) : null,
    local: formatEndpoint(local),
    evidence,
    reach: reachOf(measured),
    elapsedMs: Math.round(elapsedMs),
    packetsSent,
  };
}

const FILTERS: { readonly [V in TextChecked['verdict']]?: Behaviour['filtering'] } = {
  open: 'endpoint-independent',
  'full-cone': 'endpoint-independent',
  restricted: 'address-dependent',
  'port-restricted': 'address-and-port-dependent',
};

function reachOf(measured: Parameters<typeof prospectsOf>[0]): CheckResult['reach'] {
  return Object.fromEntries(prospectsOf(measured).map(({ protocol, peers }) => [protocol, Object.fromEntries(PEERS.map((peer) => [peer, peers[peer]])) as Outlook['peers']]));
}
