/** Why a punch failed, in words for people, from what both sides observed. Pure; claims no more than was seen. */
import { formatEndpoint } from '../../effects/endpoint.ts';
import { behindOneNat } from '../one-nat.ts';
import { type Failed, failed, hostSaid } from '../outcome.ts';
import { USABLE_PORTS } from '../port-forecast.ts';
import { bothAtRandom } from '../port-odds.ts';
import { SWEEP_BUDGET } from '../port-strategy.ts';
import { explainRefusal, LOOKS_ALIKE, RELAY, sides } from '../rendezvous/explain.ts';
import type { MappingSeen } from '../rendezvous/mapping.ts';
import type { Refused } from './messages.ts';
import { LIMITS } from './rooms.ts';
import type { PeerContext } from './session.ts';
import { planKindOf } from './sweep-actions.ts';

/** After the last round: whether a hole could have existed at all. */
export function explainSilence(context: PeerContext): Failed {
  const { mapped, mapping, peer, heardIn, trouble, sweep } = context;
  if (heardIn > 0) return explainLost(false);
  const local = hostSaid(trouble);
  const shared = behindOneNat(mapped, peer?.endpoints ?? []);
  if (shared !== undefined) return failed('no-reply', `${shared} ${LOOKS_ALIKE}${local}`);
  const theirs: MappingSeen = peer?.mapping ?? 'unknown';
  if (planKindOf(context) === 'hopeless') return explainHopeless();
  if (sweep) return failed('no-reply', `${sweepWords(context, sweep)} ${LOOKS_ALIKE} ${RELAY}${local}`);
  if (mapping === 'varies' && theirs === 'varies') {
    return failed('no-path', `Both NATs give every destination a new port, so neither side can be told the port at which the other will be reached. ${RELAY}`);
  }
  const rounds = context.introductions === 1 ? 'one round' : `${context.introductions} rounds`;
  if (mapping === 'varies' || theirs === 'varies') {
    const [changing, other] = sides(mapping === 'varies');
    return failed(
      'no-reply',
      `${changing} gives every destination a new port, and ${rounds} of probes, each from a fresh port, brought nothing. If ${other} lets in only the exact ` +
        `address and port that it has sent to, as most NATs do, ports have to be told or guessed, and how they are given could not be seen. ${RELAY} ${LOOKS_ALIKE}${local}`,
    );
  }
  const seen = mapping === 'same' && theirs === 'same' ? 'Both NATs keep one port for a socket, so a hole should be possible' : 'What the NATs do could not be observed';
  return failed('no-reply', `${seen}; yet in ${rounds} of probes nothing came from the peer. ${LOOKS_ALIKE}${local}`);
}

/** No guess would do; better said at once than after a flood. */
function explainHopeless(): Failed {
  const odds = bothAtRandom(SWEEP_BUDGET, SWEEP_BUDGET, USABLE_PORTS);
  return failed(
    'no-path',
    `Both NATs give every destination a new port, at least one of them at random. Even ${SWEEP_BUDGET} ports tried from each side at once would meet ` +
      `once in ${Math.round(1 / odds).toLocaleString('en')} times, so it was not tried. ${RELAY} So would a router set to endpoint-independent mapping ("full cone") on either side.`,
  );
}

function sweepWords({ sweeps }: PeerContext, { kind, sockets, aims, odds }: NonNullable<PeerContext['sweep']>): string {
  const percent = `${(odds * 100).toFixed(odds > 0.99 ? 1 : 0)} %`;
  if (kind === 'aimed') return `The next ports of a NAT that counts were aimed at in ${sweeps === 1 ? 'one sweep' : `${sweeps} sweeps`}, each with odds of about ${percent}, and nothing met.`;
  const effort = sockets > 1 ? `${sockets} ports were held here` : `${aims.length} ports were tried from here`;
  return `A NAT gives ports at random; ${effort} and as many on the other side, with odds of ${percent}, and nothing met.`;
}

/** The rendezvous has not answered any registration. */
export function explainNoRendezvous({ input, attempt, trouble }: PeerContext): Failed {
  const local = hostSaid(trouble);
  return failed(
    'no-rendezvous',
    `No answer from the rendezvous at ${formatEndpoint(input.server)} to ${attempt} requests. Is it running there, and does a firewall here let UDP out?${local}`,
  );
}

export function explainNoPeer({ input }: PeerContext): Failed {
  return failed(
    'no-peer',
    `Nobody else came to the room at ${formatEndpoint(input.server)}. Both sides must name the same room and the same rendezvous; two that have met already have left it.`,
  );
}

export function explainRefused({ reason }: Refused, { input }: PeerContext): Failed {
  return explainRefusal(reason, input.server, LIMITS.idleMs);
}

export function explainLost(confirmed: boolean): Failed {
  return failed(
    'peer-lost',
    confirmed
      ? 'The peer has stopped answering: it has gone, or a NAT on the way has forgotten the hole.'
      : 'The peer was heard, but never answered: it stopped at once, or its NAT lets nothing of ours in.',
  );
}
