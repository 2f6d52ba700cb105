/** What the STUN check remembers: its sockets, what it has asked, and what was answered. A value; each step makes the next. */
import { type Endpoint, formatEndpoint, isIPv6, sameEndpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { identifier } from '../../effects/seed.ts';
import type { Failed } from '../outcome.ts';
import type { Behaviour } from './behaviour.ts';
import type { Answer, Refusal } from './stun-messages.ts';
import type { Samples } from './samples.ts';
import type { LifetimeSearch } from './stun-lifetime.ts';
import type { Question, SilentPart } from './stun-questions.ts';
import { lossOf, SILENT_ATTEMPTS } from './stun-timing.ts';

export interface CheckInput {
  /** At least one, as addresses. With several, the first that names another address of its own is asked for most. Those of another family than the first are left out: one socket has one family. */
  readonly servers: readonly Endpoint[];
  /** Transaction ids and local ports are derived from it. */
  readonly seed: string;
  /** Where the tested socket is bound. Default: any address, a free port. */
  readonly local?: Partial<Endpoint> | undefined;
  /** How long to wait for a first answer, ms. */
  readonly patienceMs?: number | undefined;
  /** Also search for the lifetime of a mapping, up to so many ms. It takes a few times as long. */
  readonly lifetimeMs?: number | undefined;
}

/** How a check ended, when it could be made. */
export interface Checked extends Behaviour {
  readonly kind: 'checked';
}

export interface Asked {
  readonly question: Question;
  readonly times: number;
  /** Which of them were answered, from 1. */
  readonly answered: readonly number[];
  readonly answer?: Reply | undefined;
  readonly refusal?: number | undefined;
}

export interface Reply {
  readonly mapped: Endpoint;
  readonly rewritten: Endpoint | undefined;
  readonly other: Endpoint | undefined;
  readonly from: Endpoint;
}

export interface CheckContext {
  readonly input: CheckInput;
  readonly opened: Readonly<Record<string, { readonly local: Endpoint; readonly addresses: readonly Endpoint[] }>>;
  /** Sockets that were refused the port they asked for, and those that were refused any. The check goes on without the latter. */
  readonly refused: readonly string[];
  readonly dropped: readonly string[];
  /** By the id of the question. */
  readonly asked: Readonly<Record<string, Asked>>;
  /** The question and the attempt behind each transaction id. */
  readonly sent: Readonly<Record<string, readonly [id: string, attempt: number]>>;
  /** When the last socket was open, and so the first request left. */
  readonly startedAt: number;
  /** The time of the last event. */
  readonly now: number;
  readonly rttMs: number | undefined;
  readonly primary: Endpoint | undefined;
  readonly other: Endpoint | undefined;
  readonly hairpinFrom: Endpoint | undefined;
  readonly ownsReflexive: boolean | undefined;
  /** How often the parts that wait for silence ask before they listen. */
  readonly goals: Readonly<Record<SilentPart, number>>;
  /** Servers to which this host cannot send at all, and why. */
  readonly unreachable: Readonly<Record<string, string>>;
  /** Requests that the local system refused to send, by socket and destination: what it said. */
  readonly unsent: Readonly<Record<string, { readonly times: number; readonly detail: string }>>;
  readonly tcp: Samples['tcp'];
  readonly search: LifetimeSearch | undefined;
  /** When the sockets of this pass fell silent. */
  readonly silentSince: number;
  readonly outcome: Checked | Failed | undefined;
}

export function newContext(input: CheckInput | undefined): CheckContext {
  return {
    input: input ? { ...input, servers: ofOneFamily(input.servers) } : { servers: [], seed: '' },
    opened: {},
    refused: [],
    dropped: [],
    asked: {},
    sent: {},
    startedAt: 0,
    now: 0,
    rttMs: undefined,
    primary: undefined,
    other: undefined,
    hairpinFrom: undefined,
    ownsReflexive: undefined,
    goals: { filtering: SILENT_ATTEMPTS, hairpin: SILENT_ATTEMPTS, echo: SILENT_ATTEMPTS },
    unreachable: {},
    unsent: {},
    tcp: undefined,
    search: undefined,
    silentSince: 0,
    outcome: undefined,
  };
}

/** One socket has one address family, and two would be tested by different NATs. */
export function ofOneFamily(servers: readonly Endpoint[]): readonly Endpoint[] {
  return servers.filter(({ host }) => isIPv6(host) === isIPv6(servers[0]?.host ?? ''));
}

export function answerOf(context: CheckContext, id: string): Reply | undefined {
  return context.asked[id]?.answer;
}

/** One more attempt at each question; `txids` in the same order. */
export function ask(context: CheckContext, questions: readonly Question[]): { readonly asked: CheckContext['asked']; readonly sent: CheckContext['sent']; readonly txids: readonly string[] } {
  const asked = { ...context.asked };
  const sent = { ...context.sent };
  const txids = questions.map((question) => {
    const before = asked[question.id] ?? { question, times: 0, answered: [] };
    const times = before.times + 1;
    const txid = identifier(context.input.seed, `check/${question.id}`, times, 12);
    asked[question.id] = { ...before, times };
    sent[txid] = [question.id, times];
    return txid;
  });
  return { asked, sent, txids };
}

/** The question that this answers, if it is one of ours and came to the socket that it should. */
export function questionBehind(context: CheckContext, { txid, socket }: { readonly txid: string; readonly socket: string }): Asked | undefined {
  const asked = context.asked[context.sent[txid]?.[0] ?? ''];
  return asked && (asked.question.hears ?? asked.question.socket) === socket ? asked : undefined;
}

export function noteAnswer(context: CheckContext, event: Answer & Arrival): CheckContext['asked'] {
  const [id, attempt] = context.sent[event.txid] ?? ['', 0];
  const before = context.asked[id];
  if (!before) return context.asked;
  const { mapped, rewritten, other, from } = event;
  const answered = before.answered.includes(attempt) ? before.answered : [...before.answered, attempt];
  const reply: Reply = { mapped, rewritten, other, from };
  // An answer from the changed source says more than one from the address that was asked.
  const isBetter = !before.answer || (before.question.change !== undefined && sameEndpoint(before.answer.from, before.question.to));
  return { ...context.asked, [id]: { ...before, answered, answer: isBetter ? reply : before.answer } };
}

export function noteRefusal(context: CheckContext, { txid, code }: Refusal): CheckContext['asked'] {
  const id = context.sent[txid]?.[0] ?? '';
  const before = context.asked[id];
  return before ? { ...context.asked, [id]: { ...before, refusal: code } } : context.asked;
}

/** A refusal that a repetition may turn into an answer: the server's own trouble. */
export function isFinal(refusal: number | undefined): boolean {
  return refusal !== undefined && refusal < 500;
}

export function flowOf(socket: string, to: Endpoint): string {
  return `${socket}>${formatEndpoint(to)}`;
}

/** Of the requests that nothing keeps out: how many were sent, and how many were lost either way. */
export function ordinary({ asked }: CheckContext): { readonly sent: number; readonly loss: number } {
  let sent = 0;
  let answered = 0;
  for (const one of Object.values(asked)) {
    if (one.question.mayBeSilent || one.answered.length === 0) continue;
    sent += one.times;
    answered += one.answered.length;
  }
  return { sent, loss: lossOf(sent, sent - answered) };
}

/**
 * Of requests to be answered from elsewhere, where nothing keeps the answers out. Counted up to the last that was answered,
 * so that what is still under way is not taken for lost.
 */
export function changeLoss({ asked }: CheckContext): number {
  let sent = 0;
  let answered = 0;
  for (const one of Object.values(asked)) {
    if (!one.question.id.startsWith('control/') || one.answered.length === 0) continue;
    sent += Math.max(...one.answered);
    answered += one.answered.length;
  }
  return lossOf(sent, sent - answered);
}
