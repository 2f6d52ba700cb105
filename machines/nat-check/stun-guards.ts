/** What decides between the STUN check's transitions. */
import { formatEndpoint, sameEndpoint } from '../../effects/endpoint.ts';
import { isOver } from './stun-lifetime.ts';
import { agedSockets, countedSilences, HAIRPIN_BACK, HAIRPIN_OUT, isFinished, isHeard, isSilent, missingSilences, type Part, questionsOf, type SilentPart, SOCKETS, timesOf } from './stun-questions.ts';
import { answerOf, type CheckContext, questionBehind } from './stun-session.ts';
import type { CheckEvent } from './stun-setup.ts';
import { SILENT_ATTEMPTS_MAX } from './stun-timing.ts';

interface Where {
  readonly context: CheckContext;
  readonly event: CheckEvent;
}

/** The socket without which there is no check; the others can be done without. */
export const isTestedSocketLost = ({ event }: Where): boolean => event.type === 'net.failed' && event.effect === 'udp.open' && event.socket === 'map';

export const isAllOpen = ({ context }: Where): boolean => SOCKETS.every((socket) => context.opened[socket] ?? context.dropped.includes(socket));

export const isOfCheck = ({ event }: Where): boolean => 'socket' in event && SOCKETS.includes(event.socket);
export const isRefusedOnce = ({ context, event }: Where): boolean => isOfCheck({ context, event }) && event.type === 'net.failed' && !context.refused.includes(event.socket);
export const isTcp = ({ event }: Where): boolean => 'socket' in event && event.socket === 'tcp';
export const isTcpAnswer = ({ event }: Where): boolean => (event.type === 'answer' || event.type === 'refusal') && event.socket === 'tcp';
export const isForeign = ({ event }: Where): boolean => 'socket' in event && event.socket === 'foreign';
export const isOwn = ({ event }: Where): boolean => 'socket' in event && event.socket === 'own';
export const isUnsent = ({ event }: Where): boolean => event.type === 'net.failed' && event.effect === 'udp.send';

export const isAnswer = ({ context, event }: Where): boolean => (event.type === 'answer' || event.type === 'refusal') && questionBehind(context, event) !== undefined;
/** One of our own requests between two of our sockets. */
export const isOurRequest = ({ context, event }: Where): boolean => {
  if (event.type !== 'ask') return false;
  const id = context.sent[event.txid]?.[0];
  return (id === HAIRPIN_OUT && event.socket === 'map') || (id === HAIRPIN_BACK && event.socket === 'hair');
};

export const isUnreachable = ({ event }: Where): boolean => event.type === 'net.failed' && event.effect === 'udp.send' && (event.code === 'unreachable' || event.code === 'not-permitted');
/** There is no server to which this host can send at all. */
export const isCutOff = ({ context }: Where): boolean => context.input.servers.every((server) => context.unreachable[formatEndpoint(server)] !== undefined);

export const hasAnyAnswer = ({ context }: Where): boolean => questionsOf('probing', context).some(({ id }) => answerOf(context, id));
/** Every question of a part is answered, or has been asked often enough. */
const isSettled = (part: Part) => ({ context }: Where): boolean => questionsOf(part, context).every((question) => isFinished(context, question));
export const isProbingSettled = ({ context }: Where): boolean => questionsOf('probing', context).every(({ id }) => !isSilent(context, id));
export const isMappingSettled = isSettled('mapping');
export const arePortsSettled = isSettled('ports');
export const isNeighbourKnown = isSettled('neighbour');
export const isWakingSettled = isSettled('waking');

export const isFilteringHeard = ({ context }: Where): boolean => isHeard(context, 'filtering');
export const isHairpinHeard = ({ context }: Where): boolean => isHeard(context, 'hairpin');
export const isEchoHeard = ({ context }: Where): boolean => isHeard(context, 'echo');

export const mayAskFilteringMore = ({ context }: Where): boolean => timesOf(context, 'filtering') < context.goals.filtering;
export const mayAskHairpinMore = ({ context }: Where): boolean => timesOf(context, 'hairpin') < context.goals.hairpin;
export const mayAskEchoMore = ({ context }: Where): boolean => timesOf(context, 'echo') < context.goals.echo;

/** It was asked so often that loss explains the silence no more. */
const isSure = (part: SilentPart) => ({ context }: Where): boolean => missingSilences(context, part) <= 0 || timesOf(context, part) >= SILENT_ATTEMPTS_MAX;
export const isFilteringSure = isSure('filtering');
export const isHairpinSure = isSure('hairpin');
export const isEchoSure = isSure('echo');
/** It was asked often, and not even ordinary requests were answered. */
export const isEchoUntried = (where: Where): boolean => isEchoSure(where) && countedSilences(where.context, 'echo') === 0;

/** A host that is seen under an address and port of its own has nothing that could turn its packets back. */
export const canHairpin = ({ context }: Where): boolean => {
  const mapped = context.primary && answerOf(context, `map>${formatEndpoint(context.primary)}`)?.mapped;
  const own = context.opened['map']?.addresses ?? [];
  return mapped !== undefined && context.opened['hair'] !== undefined && !own.some((address) => sameEndpoint(address, mapped));
};

export const canFilter = ({ context }: Where): boolean => context.opened['filter'] !== undefined;

export const wantsLifetime = ({ context }: Where): boolean => context.input.lifetimeMs !== undefined && context.primary !== undefined;
export const isSearchOver = ({ context }: Where): boolean => context.search === undefined || isOver(context.search);
/** The sockets of this pass are still silent, and the next of them has its turn. */
export const isSameSilence = ({ context: { search } }: Where): boolean => search !== undefined && search.turn > 0 && !isOver(search);
export const areAgedOpen = ({ context }: Where): boolean => agedSockets(context).every((socket) => context.opened[socket]);
/** Every socket of the pass was answered, so each has a mapping that can grow old. */
export const areAllAwake = ({ context }: Where): boolean => questionsOf('waking', context).every(({ id }) => answerOf(context, id));
export const isAged = ({ context, event }: Where): boolean => 'socket' in event && agedSockets(context).includes(event.socket);
/** The answer that should have gone to the silent socket came to the one that asked. */
export const isEchoMisled = ({ context, event }: Where): boolean =>
  event.type === 'answer' && event.socket === 'map' && (context.sent[event.txid]?.[0].startsWith('echo/') ?? false);
export const isEchoRefused = ({ context, event }: Where): boolean => event.type === 'refusal' && (context.sent[event.txid]?.[0].startsWith('echo/') ?? false);
