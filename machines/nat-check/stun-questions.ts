/**
 * What the STUN check asks, as data: which socket asks whom for what, in which part of the check. Seed 003's tests I, I2 and
 * I3, II and III, and RFC 5780 §4.3 and §4.4. Pure; `stun-session.ts` remembers what was asked and answered.
 */
import { type Endpoint, formatEndpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Change } from './samples.ts';
import { answerOf, changeLoss, type CheckContext, isFinal, ordinary } from './stun-session.ts';
import { CONTROL_ATTEMPTS, EXPECT_ATTEMPTS, FRESH_SOCKETS, silencesNeeded } from './stun-timing.ts';

export interface Question {
  /** Unique in a check. */
  readonly id: string;
  readonly socket: string;
  readonly to: Endpoint;
  readonly change?: Change;
  /** The answer is to go to this port of ours, and so perhaps to this other socket. */
  readonly responsePort?: number | undefined;
  readonly hears?: string;
  /** No answer may be what is to be found out, so it says nothing of the line. */
  readonly mayBeSilent?: true;
}

/** Parts of the check that run side by side, each on sockets of its own, so that none opens the way that another tests. */
export type Part = 'probing' | 'mapping' | 'filtering' | 'neighbour' | 'hairpin' | 'ports' | 'waking' | 'echo';

/** The parts that wait for what may not come. */
export type SilentPart = Extract<Part, 'filtering' | 'hairpin' | 'echo'>;

export const AGAIN = 'again';
export const HAIRPIN_OUT = 'hairpin/out';
export const HAIRPIN_BACK = 'hairpin/back';

/** Opened at the start, in this order: what comes first also asks first. */
export const SOCKETS: readonly string[] = ['map', 'filter', 'hair', ...Array.from({ length: FRESH_SOCKETS }, (_, i) => `fresh/${i}`)];

/** What a part would ask now; more may come with answers. */
export function questionsOf(part: Part, context: CheckContext): readonly Question[] {
  const { input, primary, other } = context;
  if (part === 'probing') return input.servers.map(observe);
  if (!primary) return [];
  switch (part) {
    case 'mapping':
      return [...[...input.servers, ...alternatesOf(primary, other)].map(observe), ...controls(context), ...secondLook(context)];
    case 'filtering':
      return [plain('filter', primary), ...changesOf(primary, other).map((change) => ({ id: `filter/${change}`, socket: 'filter', to: primary, change, mayBeSilent: true as const }))];
    case 'neighbour':
      return [plain('hair', primary)];
    case 'hairpin':
      return neighbours(context);
    case 'ports':
      return SOCKETS.filter((socket) => socket.startsWith('fresh/') && context.opened[socket]).map((socket) => plain(socket, primary));
    case 'waking':
      return agedSockets(context).map((socket) => plain(socket, primary));
    case 'echo':
      return echoes(context);
  }
}

/** Sockets that fall silent in this pass of the search for a lifetime. */
export function agedSockets({ search }: CheckContext): readonly string[] {
  return search ? search.ages.map((_, i) => `age/${search.pass}/${i}`) : [];
}

/** Whether nothing more is to be asked for this one. */
export function isFinished(context: CheckContext, { id }: Question): boolean {
  const asked = context.asked[id];
  if (!asked) return false;
  const isShown = asked.answer !== undefined && (!id.startsWith('control/') || asked.times >= CONTROL_ATTEMPTS);
  return isShown || isFinal(asked.refusal) || asked.times >= EXPECT_ATTEMPTS;
}

/** What a part asks this time. Where silence counts, an ordinary request goes along for as long as anything is silent. */
export function openQuestions(part: Part, context: CheckContext): readonly Question[] {
  const all = questionsOf(part, context);
  // Patience alone ends this one.
  if (part === 'probing') return all.filter(({ id }) => isSilent(context, id));
  if (!isSilentPart(part)) return all.filter((question) => !isFinished(context, question));
  if (isHeard(context, part)) return [];
  return all.filter(({ id, mayBeSilent }) => !mayBeSilent || isSilent(context, id));
}

/** All that could be heard was heard, or refused; or there is nothing to ask, as where the second socket got no answer. */
export function isHeard(context: CheckContext, part: SilentPart): boolean {
  if (part === 'hairpin') return context.hairpinFrom !== undefined || neighbours(context).length === 0;
  return questionsOf(part, context).every(({ id, mayBeSilent }) => !mayBeSilent || !isSilent(context, id));
}

function isSilentPart(part: Part): part is SilentPart {
  return part === 'filtering' || part === 'hairpin' || part === 'echo';
}

export function timesOf(context: CheckContext, part: SilentPart): number {
  return Math.max(0, ...questionsOf(part, context).map(({ id }) => context.asked[id]?.times ?? 0));
}

/** How many more silences it takes until loss does not explain them. */
export function missingSilences(context: CheckContext, part: SilentPart): number {
  const { loss } = ordinary(context);
  return silencesNeeded(part === 'filtering' ? Math.max(loss, changeLoss(context)) : loss) - countedSilences(context, part);
}

/** The nth request of each kind left together with the nth ordinary one, whose answer shows that the line was up. */
export function countedSilences(context: CheckContext, part: SilentPart): number {
  const companion = questionsOf(part, context).find(({ mayBeSilent }) => !mayBeSilent);
  return (companion && context.asked[companion.id]?.answered.length) ?? 0;
}

/** From where a server answers when it is asked to change so much. */
export function sourceOf(change: Change, primary: Endpoint, other: Endpoint): Endpoint {
  return { host: change === 'port' ? primary.host : other.host, port: change === 'address' ? primary.port : other.port };
}

/** With one address there is no other to answer from; without OTHER-ADDRESS it is worth a try. */
export function changesOf(primary: Endpoint, other: Endpoint | undefined): readonly Change[] {
  if (!other) return ['both', 'port'];
  if (other.host === primary.host) return other.port === primary.port ? [] : ['port'];
  return other.port === primary.port ? ['address'] : ['both', 'address', 'port'];
}

export const observationId = (server: Endpoint): string => `map>${formatEndpoint(server)}`;

function observe(to: Endpoint): Question {
  return { id: observationId(to), socket: 'map', to };
}

function plain(socket: string, to: Endpoint): Question {
  return { id: `${socket}/plain`, socket, to };
}

function alternatesOf(primary: Endpoint, other: Endpoint | undefined): readonly Endpoint[] {
  if (!other) return [];
  const all = [
    { host: other.host, port: primary.port },
    { host: other.host, port: other.port },
    { host: primary.host, port: other.port },
  ];
  const known = new Set([formatEndpoint(primary)]);
  return all.filter((one) => !known.has(formatEndpoint(one)) && known.add(formatEndpoint(one)));
}

/**
 * The filter tests again, from the socket that has asked the other sources itself: what does not come now is not kept out by
 * a filter, but was never sent. Needless where the filter let it in. Where the other source knows the socket under another port,
 * the answer is to go to that one.
 */
function controls(context: CheckContext): readonly Question[] {
  const { primary, other } = context;
  const mapped = primary && answerOf(context, observationId(primary))?.mapped;
  if (!primary || !other || !mapped) return [];
  return changesOf(primary, other).flatMap((change) => {
    const way = answerOf(context, observationId(sourceOf(change, primary, other)))?.mapped;
    if (!way || context.asked[`filter/${change}`]?.answer) return [];
    return [{ id: `control/${change}`, socket: 'map', to: primary, change, responsePort: sameEndpoint(way, mapped) ? undefined : way.port, mayBeSilent: true as const }];
  });
}

/** Where a mapping varies, the first who saw it is asked again: after a reboot of the NAT it would see another one too. */
function secondLook({ primary, asked }: CheckContext): readonly Question[] {
  const seen = Object.values(asked).flatMap(({ question, answer }) => (question.id.startsWith('map>') && answer ? [answer.mapped] : []));
  const isVarying = seen.some((mapped) => !sameEndpoint(mapped, seen[0] ?? mapped));
  return primary && isVarying ? [{ id: AGAIN, socket: 'map', to: primary }] : [];
}

/** Both ways at once, so that no filter of the NAT's can be the reason of silence. */
function neighbours(context: CheckContext): readonly Question[] {
  const { primary } = context;
  const one = primary && answerOf(context, observationId(primary))?.mapped;
  const other = answerOf(context, 'hair/plain')?.mapped;
  if (!primary || !one || !other) return [];
  return [
    { id: HAIRPIN_OUT, socket: 'hair', to: one, mayBeSilent: true },
    { id: HAIRPIN_BACK, socket: 'map', to: other, mayBeSilent: true },
    { id: 'hairpin/line', socket: 'hair', to: primary },
  ];
}

/** From a socket that speaks, for the one whose silence is over, if its mapping lives. */
function echoes(context: CheckContext): readonly Question[] {
  const { primary, search } = context;
  const socket = agedSockets(context)[search?.turn ?? 0];
  const mapped = socket === undefined ? undefined : answerOf(context, `${socket}/plain`)?.mapped;
  if (!primary || socket === undefined || !mapped) return [];
  return [
    { id: `echo/${socket}`, socket: 'map', to: primary, responsePort: mapped.port, hears: socket, mayBeSilent: true },
    { id: `line/${socket}`, socket: 'map', to: primary },
  ];
}

/** Neither answered nor refused. */
export function isSilent(context: CheckContext, id: string): boolean {
  return context.asked[id]?.answer === undefined && !isFinal(context.asked[id]?.refusal);
}
