/** What the udp-punch peer asks itself before it takes a transition. The states: `peer.ts`; the questions: `session.ts`. */
import { forecastOf, SIGHTINGS } from '../port-forecast.ts';
import { isAt } from '../udp-paths.ts';
import { sightings } from './own-ports.ts';
import type { PeerEvent } from './peer-setup.ts';
import * as session from './session.ts';
import * as sample from './sample-actions.ts';
import * as sweep from './sweep-actions.ts';
import * as timing from './timing.ts';

type Guard = (args: { readonly context: session.PeerContext; readonly event: PeerEvent }) => boolean;

export const answersRegistration: Guard = ({ context, event }) => 'txid' in event && event.txid === context.ids.register;
export const answersObservation: Guard = ({ context, event }) => 'txid' in event && event.txid === context.ids.observe;
export const isAnotherIntroduction: Guard = ({ context, event }) =>
  event.type === 'introduced' &&
  context.introductions < timing.INTRODUCTIONS &&
  event.txid === context.ids.register &&
  !session.isSameIntroduction(context.peer, event.peer);
export const isFromPeer: Guard = ({ context, event }) => (event.type === 'probe' || event.type === 'confirm' || event.type === 'bye') && session.isFromPeer(context, event);
export const isNomination: Guard = ({ context, event }) => event.type === 'probe' && event.nominate && session.isFromPeer(context, event);
export const isElsewhere: Guard = ({ context, event }) =>
  event.type === 'probe' && event.nominate && session.isFromPeer(context, event) && session.mayChallenge(context, event);
export const isFromCandidate: Guard = ({ context, event }) =>
  event.type === 'probe' && event.nominate && session.isFromPeer(context, event) && isAt(context.candidate, event);
export const confirmsProbe: Guard = ({ context, event }) => event.type === 'confirm' && session.confirmsProbe(context, event);
export const confirmsCheck: Guard = ({ context, event }) => event.type === 'confirm' && session.confirmsCheck(context, event, context.path);
export const confirmsCandidate: Guard = ({ context, event }) => event.type === 'confirm' && session.confirmsCheck(context, event, context.candidate);
export const confirmsNewPath: Guard = (args) => confirmsCandidate(args) && session.followsPeer(args.context);
export const knowsBetterPath: Guard = ({ context }) => context.attempt > 1 && context.candidate !== undefined && session.isProven(context, context.candidate.peer);
export const isNewestSocket: Guard = ({ context, event }) => event.type === 'udp.opened' && event.socket === session.socketLabel(context.round);
export const isSocketLost: Guard = ({ context, event }) =>
  event.type === 'net.failed' && event.effect === 'udp.open' && event.socket === (context.path?.socket ?? session.socketLabel(context.round));
export const clashThreatens: Guard = ({ context }) => session.clashThreatens(context);
export const isFirstRound: Guard = ({ context }) => context.round === 1;
export const mayRegisterAgain: Guard = ({ context }) => context.attempt < timing.REGISTER_ATTEMPTS;
export const mayProbeAgain: Guard = ({ context }) => context.attempt < timing.PROBES_PER_ROUND;
export const mayTryAnotherRound: Guard = ({ context }) => context.round < timing.ROUNDS && sweep.planKindOf(context) !== 'hopeless';
export const mayAskForConfirmation: Guard = ({ context }) => context.attempt < timing.CONFIRM_ATTEMPTS;
export const mayCheckAgain: Guard = ({ context }) => context.attempt < timing.CHECKS;
export const maySayByeAgain: Guard = ({ context }) => context.attempt < timing.BYE_ATTEMPTS;

// ---- sweeps

/** The peer is told again of us, and the rendezvous still does not know that our port stays. */
export const owesForecast: Guard = ({ context, event }) =>
  event.type === 'introduced' && event.txid === context.ids.register && event.known !== 'same' && sweep.owesForecast({ ...context, known: 'unknown', peer: event.peer });

export const canSweep: Guard = ({ context }) => sweep.canSweep(context);
/** The peer is a round ahead with a forecast, and ours needs a fresh port. */
export const owesSample: Guard = ({ context: { mapping, peer, round, alternate } }) =>
  mapping === 'varies' && alternate !== undefined && peer !== undefined && peer.round > round && peer.forecast.kind !== 'unknown';
/** The peer's is not known, or is that of a round before: it counts on from there. Whoever probes meanwhile moves its own NAT on. */
export const awaitsForecast: Guard = ({ context: { mapping, round, peer } }) =>
  mapping === 'varies' && round > 1 && (peer?.forecast.kind === 'unknown' || (peer?.forecast.kind === 'counting' && peer.round < round));
export const mayRepeatForecast: Guard = ({ context: { attempt, peer } }) => attempt < (peer?.forecast.kind === 'counting' ? 2 : 1) * timing.FORECAST_ATTEMPTS;
/** Plain probes have had their chance, and our ports vary: what they do is worth a fresh socket. */
export const shouldSample: Guard = ({ context: { mapping, round, attempt, alternate, rttMs = 0 } }) =>
  mapping === 'varies' && alternate !== undefined && round === 1 && (attempt > 1 || rttMs < timing.CLASH_RTT_MS);
/** Our ports vary, and plain probes have not done: before they are told they are looked at. */
export const opensSampling: Guard = (args) => isNewestSocket(args) && args.context.mapping === 'varies' && args.context.alternate !== undefined && args.context.round > 1;
/** Every port so far was our own doing. */
export const countsPlainly: Guard = ({ context }) => {
  const forecast = forecastOf(sightings(context), 0);
  return sample.hasSampled(context) && forecast.kind === 'counting' && forecast.perSecond === 0;
};
export const hasSampled: Guard = ({ context }) => sample.hasSampled(context);
export const haveSamplersAnswered: Guard = ({ context }) => sample.haveSamplersAnswered(context);
export const knowsEnough: Guard = ({ context }) => sample.hasSampled(context) && sightings(context).length >= SIGHTINGS;
export const isSampler: Guard = ({ context, event }) => 'socket' in event && event.socket.startsWith(`s${context.round}/`);
export const isSweeper: Guard = ({ context, event }) => 'socket' in event && event.socket.startsWith(`w${context.sweeps}/`);
export const isSweeperRefused: Guard = (args) => isSweeper(args) && args.event.type === 'net.failed' && args.event.effect === 'udp.open';
export const isExtraSocket: Guard = ({ event }) => 'socket' in event && /^[sw]/.test(event.socket);
export const areSweepersOpen: Guard = ({ context: { sweep, sweepers } }) => sweep?.kind !== 'aimed' || sweepers.length + 1 >= sweep.sockets;
export const isSweepLeft: Guard = ({ context }) => sweep.isSweepLeft(context);
/** A new forecast, and another try; what was left to chance is tried once. */
export const maySweepAgain: Guard = ({ context }) => context.sweep?.kind === 'aimed' && context.mapping === 'varies' && context.sweeps < timing.SWEEPS;
export const awaitsNextSweep: Guard = ({ context }) => context.sweep?.kind === 'aimed' && context.mapping === 'same' && context.sweeps < timing.SWEEPS;
