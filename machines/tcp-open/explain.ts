/** Why no TCP connection came about, in words for people, from what this side observed. Pure; claims no more than was seen. */
import { formatEndpoint, sameEndpoint } from '../../effects/endpoint.ts';
import { behindOneNat } from '../one-nat.ts';
import { type Failed, failed, hostSaid } from '../outcome.ts';
import { explainRefusal, LOOKS_ALIKE, RELAY, sides } from '../rendezvous/explain.ts';
import { aimKind } from './aim.ts';
import type { Refused } from './messages.ts';
import { LIMITS } from './rooms.ts';
import type { OpenPeerContext, Target } from './session.ts';

const HELP = `${RELAY} UDP may also pass where TCP does not.`;

/** After the last round. */
export function explainSilence(context: OpenPeerContext): Failed {
  const { targets, aims, strangers, broken, trouble } = context;
  const round = context.round - context.roundsBefore;
  const rounds = `${round} round${round === 1 ? '' : 's'}`;
  const local = hostSaid(trouble);
  const foreign = strangers === 0 ? '' : ` ${strangers === 1 ? 'One connection was' : `${strangers} connections were`} with somebody who does not know the room, and closed.`;
  if (broken > 0) {
    const times = broken === 1 ? 'A connection with the peer stood and broke' : `${broken} connections with the peer stood and broke`;
    return failed('peer-lost', `${times} before both sides had agreed on it: the peer stopped, or something between the two ends connections.${foreign}${local}`);
  }
  const shared = behindOneNat(context.mapped, context.peer?.endpoints ?? []);
  if (shared !== undefined) return failed('no-reply', `${shared}${foreign} ${LOOKS_ALIKE}${local}`);
  const kind = aimKind(context);
  if (kind === 'hopeless') return failed('no-path', `${BOTH_VARY} ${HELP}${local}`);
  if (kind === 'birthday') return failed('no-reply', `${drawsAtRandom(context)}${foreign} ${HELP} ${LOOKS_ALIKE}${local}`);
  const seen = targets.length === 0 ? 'the peer named no address to try' : describeAll(targets);
  const nature = aims > 0 ? `${aimWords(context)} ${HELP} ${LOOKS_ALIKE}` : isAtItsOwnAddress(context) ? NO_NAT : `${EXACT_PORT} ${HELP} ${LOOKS_ALIKE}`;
  return failed('no-reply', `In ${rounds} no connection with the peer came about: ${seen}.${foreign} ${nature}${local}`);
}

const EXACT_PORT = 'NATs that give every destination another port, as symmetric ones do, cannot be met where the other side lets in only the exact port that it has called.';
const NO_NAT = 'One of the two is seen at its own address, without a NAT that could let in too little: the peer has stopped, or a firewall is between the two.';
const BOTH_VARY = 'Both NATs give every destination a new port, at least one of them at random, so neither side can be told where the other will be.';

/** One side's ports stay, and it lets in nothing from ports that it has not called: the rest would have met. */
function drawsAtRandom({ mapping }: OpenPeerContext): string {
  const [drawing, other] = sides(mapping === 'varies');
  return (
    `${drawing} gives every destination a new port at random, and ${other} seems to let in only the exact port that it has called. Ports are not tried by the ` +
    'hundred over TCP, where a NAT keeps each call for minutes; over UDP they are: natpunch udp.'
  );
}

/** A peer behind a NAT names its address at home beside the one at which it is seen. */
function isAtItsOwnAddress({ peer, local, mapped }: OpenPeerContext): boolean {
  return peer?.endpoints.length === 1 || (local !== undefined && mapped !== undefined && sameEndpoint(local, mapped));
}

function aimWords({ aims, spent, repeats, mapping }: OpenPeerContext): string {
  const whose = mapping === 'varies' ? 'This side counts its ports, and' : 'The peer counts its ports, and';
  return `${whose} those that come next were called in ${aims === 1 ? 'one aim' : `${aims} aims`}, with ${spent} calls${repeats === 0 ? ' in all' : `, of which some were repeated, ${repeats} times in all`}.`;
}

function describeAll(targets: readonly Target[]): string {
  const [first] = targets;
  const ports = new Set(targets.map(({ endpoint }) => endpoint.port)).size;
  if (first?.known !== 'foretold' || ports <= NAMED_PORTS) return [...new Set(targets.map(describe))].join('; ');
  const refused = targets.filter(({ refusals }) => refusals > 0).length;
  const foreign = targets.filter(({ strangers }) => strangers > 0).length;
  return `of ${ports} ports at ${first.endpoint.host} ${refused} refused, and ${foreign === 0 ? 'nobody' : 'somebody else'} answered${foreign > 1 ? ` at ${foreign}` : ''}`;
}

/** More ports of one aim are only counted. */
const NAMED_PORTS = 3;

function describe({ endpoint, refusals, troubles, strangers }: Target): string {
  const at = formatEndpoint(endpoint);
  if (strangers > 0) return `at ${at} somebody else answered`;
  if (refusals > 0) return `${at} refused ${refusals === 1 ? 'once' : `${refusals} times`}`;
  return troubles > 0 ? `${at} could not be reached` : `${at} was silent`;
}

export function explainNoRendezvous({ input, trouble }: Pick<OpenPeerContext, 'input' | 'trouble'>): Failed {
  const local = hostSaid(trouble);
  return failed('no-rendezvous', `No answer from the rendezvous at ${formatEndpoint(input.server)} over TCP. Is it running there, and does a firewall here let TCP out?${local}`);
}

/** `isEnded`: the connection was, in order, or because what came on it was of another protocol. */
export function explainRendezvousLost({ input, mapped }: Pick<OpenPeerContext, 'input' | 'mapped'>, { isEnded }: { readonly isEnded: boolean }): Failed {
  const server = formatEndpoint(input.server);
  if (isEnded && !mapped) {
    return failed('no-rendezvous', `Something accepted the connection at ${server}, and said nothing that a rendezvous says before it was over. It may be no rendezvous; one is started with: natpunch serve rendezvous`);
  }
  const twin = isEnded ? ' Or the other side has the same session, and took the place here: two with the same --seed have.' : '';
  return failed('no-rendezvous', `The rendezvous at ${server} ended the connection, or answers no more, and no peer had come yet. It may have been stopped; try again.${twin}`);
}

export function explainNoPeer({ input }: OpenPeerContext): Failed {
  return failed('no-peer', `Nobody else came to the room at ${formatEndpoint(input.server)} by TCP. Both sides must name the same room and the same rendezvous, and both use tcp.`);
}

export function explainRefused({ reason }: Refused, { input }: OpenPeerContext): Failed {
  return explainRefusal(reason, input.server, LIMITS.idleMs);
}
