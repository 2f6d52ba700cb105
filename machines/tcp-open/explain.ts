/** Why no TCP connection came about, in words for people, from what this side observed. Pure; claims no more than was seen. */
import { formatEndpoint } from '../../effects/endpoint.ts';
import { assertNever, type Failed, failed } from '../outcome.ts';
import { aimKind } from './aim.ts';
import type { Refused } from './messages.ts';
import type { OpenPeerContext, Target } from './session.ts';

const RELAY = 'A relay, or one side with a public address or a forwarded port, would help; UDP may also pass where TCP does not.';

/** After the last round. */
export function explainSilence(context: OpenPeerContext): Failed {
  const { targets, round, aims, strangers, broken, trouble } = context;
  const rounds = `${round} round${round === 1 ? '' : 's'}`;
  const local = trouble === undefined ? '' : ` This host said: ${trouble}.`;
  const foreign = strangers === 0 ? '' : ` ${strangers === 1 ? 'One connection was' : `${strangers} connections were`} with somebody who does not know the room, and closed.`;
  if (broken > 0) {
    const times = broken === 1 ? 'A connection with the peer stood and broke' : `${broken} connections with the peer stood and broke`;
    return failed('peer-lost', `${times} before both sides had agreed on it: the peer stopped, or something between the two ends connections.${foreign}${local}`);
  }
  const kind = aimKind(context);
  if (kind === 'hopeless') return failed('no-path', `${BOTH_VARY} ${RELAY}${local}`);
  if (kind === 'birthday') return failed('no-reply', `${drawsAtRandom(context)}${foreign} ${RELAY} ${LOOKS_ALIKE}${local}`);
  const seen = targets.length === 0 ? 'the peer named no address to try' : [...new Set(targets.map(describe))].join('; ');
  const nature = aims > 0 ? aimWords(context) : EXACT_PORT;
  return failed('no-reply', `In ${rounds} no connection with the peer came about: ${seen}.${foreign} ${nature} ${RELAY} ${LOOKS_ALIKE}${local}`);
}

const LOOKS_ALIKE = 'A firewall between the two, or a peer that stopped, looks the same.';
const EXACT_PORT = 'NATs that give every destination another port, as symmetric ones do, cannot be met where the other side lets in only the exact port that it has called.';
const BOTH_VARY = 'Both NATs give every destination a new port, at least one of them at random, so neither side can be told where the other will be.';

/** One side's ports stay, and it lets in nothing from ports that it has not called: the rest would have met. */
function drawsAtRandom({ mapping }: OpenPeerContext): string {
  const [drawing, other] = mapping === 'varies' ? ["This side's NAT", "the peer's side"] : ["The peer's NAT", 'this side'];
  return (
    `${drawing} gives every destination a new port at random, and ${other} seems to let in only the exact port that it has called. Ports are not tried by the ` +
    'hundred over TCP, where a NAT keeps each call for minutes; over UDP they are: natpunch udp.'
  );
}

function aimWords({ aims, spent, mapping }: OpenPeerContext): string {
  const whose = mapping === 'varies' ? 'This side counts its ports, and' : 'The peer counts its ports, and';
  return `${whose} those that come next were called in ${aims === 1 ? 'one aim' : `${aims} aims`}, with ${spent} calls in all.`;
}

function describe({ endpoint, refusals, troubles, strangers }: Target): string {
  const at = formatEndpoint(endpoint);
  if (strangers > 0) return `at ${at} somebody else answered`;
  if (refusals > 0) return `${at} refused ${refusals} times`;
  return troubles > 0 ? `${at} could not be reached` : `${at} was silent`;
}

export function explainNoRendezvous({ input, trouble }: Pick<OpenPeerContext, 'input' | 'trouble'>): Failed {
  const local = trouble === undefined ? '' : ` The local system reported: ${trouble}.`;
  return failed('no-rendezvous', `No answer from the rendezvous at ${formatEndpoint(input.server)} over TCP. Is it running there, and does a firewall here let TCP out?${local}`);
}

export function explainRendezvousLost({ input }: OpenPeerContext): Failed {
  return failed('no-rendezvous', `The rendezvous at ${formatEndpoint(input.server)} ended the connection, or answers no more, and no peer had come yet. It may have been stopped; try again.`);
}

export function explainNoPeer({ input }: OpenPeerContext): Failed {
  return failed('no-peer', `Nobody else came to the room at ${formatEndpoint(input.server)} by TCP. Both sides must name the same room and the same rendezvous, and both use tcp.`);
}

export function explainRefusal(reason: Refused['reason'], { input }: OpenPeerContext): Failed {
  switch (reason) {
    case 'room-full':
      return failed('room-full', 'The room has two peers already. Choose another room; if one of the two has crashed, its place is free after 35 s.');
    case 'busy':
      return failed('rendezvous-busy', 'The rendezvous has no place for another room at the moment. Try again later, or use another rendezvous.');
    case 'not-a-rendezvous':
      return failed('no-rendezvous', `A STUN server answers at ${formatEndpoint(input.server)}, but it is no rendezvous. Start one with: natpunch serve rendezvous`);
    default:
      return assertNever(reason);
  }
}
