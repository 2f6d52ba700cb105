/** What one three-role check remembers, and what it comes to: verdict and evidence as pure functions. No verdict rests on silence alone. */
import { ANYWHERE, type Endpoint, formatEndpoint, isLoopback, sameEndpoint } from '../../effects/endpoint.ts';
import { type Failed, failed } from '../outcome.ts';
import { RESTRICTED_TESTS } from './text-timing.ts';
import type { Verdict } from './verdict.ts';

export interface TextClientInput {
  readonly server: Endpoint;
  /** On another IP address than the server, or an address-dependent mapping could not be seen. */
  readonly assist: Endpoint;
  /** Where the first socket binds; the other two use its host and free ports. */
  readonly local?: Partial<Endpoint> | undefined;
}

export interface Checked {
  readonly kind: 'checked';
  readonly verdict: Verdict;
  /** Where the server saw the first socket. */
  readonly reflexive?: Endpoint;
  /** The first socket, by the address of this host that reaches it. */
  readonly local: Endpoint;
  readonly evidence: readonly Evidence[];
  /** From the first socket's opening. */
  readonly elapsedMs: number;
}

export interface Evidence {
  readonly claim: string;
  readonly because: string;
}

export type CheckOutcome = Checked | Failed;

export interface CheckContext {
  readonly input: TextClientInput;
  /** Of the first socket, best first. */
  readonly addresses: readonly Endpoint[];
  readonly startedAt: number;
  /** As far as a machine without a clock can know: the last event heard and the waits since. */
  readonly now: number;
  /** Waits of the two loops that run side by side, from `now` on. */
  readonly waited: { readonly cone: number; readonly next: number };
  /** Sends of the present registration, and how many of the first phase were repetitions. */
  readonly attempt: number;
  readonly repeated: number;
  /** To the server and back, and by way of the assist. */
  readonly rttMs: number;
  readonly chainMs: number;
  /** The first socket, as the server and the assist saw it. */
  readonly reflexive: Endpoint | undefined;
  readonly reported: Endpoint | undefined;
  /** How often the full-cone test was asked for, and how often NEXT was said. */
  readonly asked: number;
  readonly nexts: number;
  readonly heard: Heard;
  /** The last refusal of the local system, for explanations. */
  readonly trouble: string | undefined;
  readonly outcome: CheckOutcome | undefined;
}

export interface Heard {
  readonly fullCone?: true;
  /** From which port it came. */
  readonly restricted?: number;
  /** After so many NEXT. */
  readonly portRestricted?: number;
}

/** Total, even without input: xstate makes a context without one inside a pure `transition()`. */
export function newCheck(input: TextClientInput = { server: ANYWHERE, assist: ANYWHERE }): CheckContext {
  return {
    input,
    addresses: [],
    startedAt: 0,
    now: 0,
    waited: { cone: 0, next: 0 },
    attempt: 0,
    repeated: 0,
    rttMs: 0,
    chainMs: 0,
    reflexive: undefined,
    reported: undefined,
    asked: 0,
    nexts: 0,
    heard: {},
    trouble: undefined,
    outcome: undefined,
  };
}

/** Only nat_check.py says the last text so early; a server that says the one before first has said it six times by then. */
export function isOriginal({ heard: { restricted, portRestricted } }: CheckContext): boolean {
  return restricted === undefined && portRestricted !== undefined && portRestricted <= RESTRICTED_TESTS;
}

/** What the check comes to when all was asked that can be. */
export function conclude(context: CheckContext): CheckOutcome {
  const { input, reflexive, reported, heard, addresses, startedAt, now, waited } = context;
  if (!reflexive || !reported) return noReport(context);
  const own = addresses.find((address) => sameEndpoint(address, reflexive)) ?? loopbackOf(addresses, reflexive);
  const filtering = sameEndpoint(reflexive, reported) ? filteringOf(context) : undefined;
  if (filtering && 'kind' in filtering) return filtering;
  const verdict = !filtering ? 'symmetric' : own ? (heard.fullCone ? 'open' : 'firewalled') : filtering.verdict;
  return {
    kind: 'checked',
    verdict,
    reflexive,
    local: own ?? addresses[0] ?? ANYWHERE,
    evidence: [
      translation(reflexive, own),
      {
        claim: filtering ? 'the mapping does not depend on the destination' : 'the mapping depends on the destination',
        because: `One socket was seen at ${formatEndpoint(reflexive)} by the server and at ${formatEndpoint(reported)} by the assist at ${input.assist.host}.`,
      },
      ...(filtering?.evidence ?? []),
    ],
    elapsedMs: now + Math.max(waited.cone, waited.next) - startedAt,
  };
}

export function noServer({ input, attempt, trouble }: CheckContext): Failed {
  if (trouble) return failed('no-network', `This host could not send to the server at ${formatEndpoint(input.server)}: ${trouble}`);
  return failed('no-server', `The server at ${formatEndpoint(input.server)} did not answer ${attempt} registrations. It may not be running, UDP may be blocked, or it is the original and has to be started again after each check.`);
}

export function noReport({ input, attempt, trouble }: CheckContext): Failed {
  return failed('no-assist', `The server answered, but did not say what the assist at ${formatEndpoint(input.assist)} sees, which was asked ${attempt} times. ${trouble ?? 'The assist may not be running, or report to another server.'}`);
}

export function outOfStep({ input }: CheckContext): Failed {
  return failed('out-of-step', `The server at ${formatEndpoint(input.server)} sent a registration back: it is the original, which takes a repetition for its next step. Start server and assist again.`);
}

export function sameHost({ input }: CheckContext): Failed {
  return failed('no-assist', `Server and assist both have the address ${input.server.host}. With one address a mapping that depends on the destination can look as if it did not; start the assist on another.`);
}

interface Filtering {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
}

/** A socket bound to any address has this host's loopback address too, though nobody else can use it. */
function loopbackOf(addresses: readonly Endpoint[], { host, port }: Endpoint): Endpoint | undefined {
  return isLoopback(host) && addresses[0]?.port === port ? { host, port } : undefined;
}

function translation(reflexive: Endpoint, own: Endpoint | undefined): Evidence {
  const seen = `The server saw ${formatEndpoint(reflexive)}`;
  return own ? { claim: 'no address translation', because: `${seen}, which is the socket's own.` } : { claim: 'address translation', because: `${seen}, which is no address of this socket.` };
}

function filteringOf(context: CheckContext): Filtering | Failed {
  const { heard, asked, nexts, input } = context;
  const server = input.server.host;
  if (heard.fullCone) {
    return { verdict: 'full-cone', evidence: [{ claim: 'strangers get in', because: `A socket that had written to the assist only heard the server, asked ${times(asked)}.` }] };
  }
  if (isOriginal(context)) {
    const claim = 'strangers are kept out';
    const because = `The full-cone test was not heard, asked ${times(asked)}; but this server sends it once, and one lost datagram looks the same.`;
    const unknown = { claim: 'by address, or by address and port', because: `The last test came after ${times(heard.portRestricted ?? 0, 'NEXT')}: the server is the original, which sends no test from another port.` };
    return { verdict: 'restricted-or-port-restricted', evidence: [{ claim, because }, unknown] };
  }
  const silence = { claim: 'strangers are kept out', because: `A socket that had written to the assist only did not hear the server, which answers NEXT only once it has sent that test; it was asked ${times(asked)}.` };
  if (heard.restricted !== undefined) {
    return { verdict: 'restricted', evidence: [silence, { claim: 'filtered by address', because: `A socket that had written to port ${input.server.port} of ${server} heard its port ${heard.restricted}.` }] };
  }
  if (heard.portRestricted !== undefined) {
    const because = `A socket that had written to port ${input.server.port} of ${server} heard that port, but none of ${RESTRICTED_TESTS} tests from another.`;
    return { verdict: 'port-restricted', evidence: [silence, { claim: 'filtered by address and port', because }] };
  }
  return failed(
    'inconclusive',
    `No test was heard on either socket: the full-cone test was asked for ${times(asked)}, the others ${times(nexts)}. The NAT may give each socket another of its addresses, server and assist may not know of each other, or the server is the original and has lost step: start it again.`,
  );
}

function times(count: number, what?: string): string {
  return what ? `${count} ${what}` : count === 1 ? 'once' : `${count} times`;
}
