/**
 * The protocols that the simulator commands can play, each with what its messages say in plain words. Adding a protocol to
 * `sim` and `grid` is adding an entry here.
 */
import { type Endpoint, formatEndpoint } from '../effects/endpoint.ts';
import type { Scenario } from '../effects/scenario.ts';
import type { N4Message } from '../machines/n4/codec.ts';
import { n4 } from '../machines/n4/index.ts';
import { canSweep, type SweepReach } from '../machines/n4/prospects.ts';
import type { SeedMessage } from '../machines/seed-udp/codec.ts';
import { seedUdp } from '../machines/seed-udp/index.ts';
import { udpPunch } from '../machines/udp-punch/index.ts';
import type { PunchMessage } from '../machines/udp-punch/messages.ts';
import { pwnat, pypwnat } from '../machines/pwnat/index.ts';
import type { PwnatMessage } from '../machines/pwnat/messages.ts';
import { canCall, type HoleReach } from '../machines/pwnat/prospects.ts';
import { tcpOpen } from '../machines/tcp-open/index.ts';
import type { OpenMessage } from '../machines/tcp-open/messages.ts';
import { CALLS, type meter } from './meter.ts';
import { canForetell, canMeet, canPunch } from '../machines/reach.ts';

export interface Protocol {
  /** As in results. */
  readonly name: string;
  /** As on the command line, the usual one first. */
  readonly names: readonly string[];
  readonly scenario: Scenario;
  /** What host `s` is, e.g. `a rendezvous`; absent where it has no part. */
  readonly server?: string;
  /** What a message says, in the sender's words. A type without words of its own is called by its name. */
  readonly say: (message: Message) => string;
  /** What its effort is measured by; default: datagrams. */
  readonly counts?: Parameters<typeof meter>[1];
  /** Sockets with which it starts over, by their labels; others of a sweep do not. */
  readonly attempts?: RegExp;
  /** Whether two sides should meet, from what their NATs do. */
  readonly expected: (a: SweepReach & HoleReach, b: SweepReach & HoleReach) => boolean;
  /** What a grid shows unless it is told; default: the seven NATs without modifiers. */
  readonly nats?: readonly string[];
}

interface Message {
  readonly type: string;
}

const UDP_PUNCH: Protocol = {
  name: 'udp-punch',
  names: ['udp', 'udp-punch'],
  scenario: udpPunch,
  server: 'a rendezvous',
  attempts: /^r\d+$/,
  expected: canMeet,
  say: sayings<PunchMessage>({
    register: () => 'I am in our room. Is anybody else?',
    leave: () => 'I need the room no longer.',
    observe: () => 'Where do you see me from this other port?',
    mapped: ({ mapped }) => `I see you at ${formatEndpoint(mapped)}.`,
    introduced: ({ peer }) => `The other one is at ${places(peer.endpoints)}.`,
    challenged: () => 'First show that this address is yours.',
    refused: ({ reason }) => `No: ${reason}.`,
    probe: () => 'Do you hear me?',
    confirm: () => 'Yes, I hear you.',
    bye: () => 'Goodbye.',
  }),
};

const TCP_OPEN: Protocol = {
  name: 'tcp-open',
  names: ['tcp', 'tcp-open'],
  scenario: tcpOpen,
  server: 'a rendezvous',
  counts: CALLS,
  // As for UDP, but a NAT that blocks UDP does not block TCP.
  expected: (a, b) => canForetell({ ...a, udp: true }, { ...b, udp: true }),
  say: sayings<OpenMessage>({
    register: ({ rttMs }) => (rttMs === undefined ? 'I am in our room. Where do you see me?' : `I am in our room, ${rttMs} ms there and back from you.`),
    mapped: ({ mapped }) => `I see you at ${formatEndpoint(mapped)}.`,
    observe: () => 'Where do you see me on this connection?',
    foretell: ({ forecast }) => (forecast.kind === 'counting' ? `My NAT counts its ports by ${forecast.step}: this one was its newest.` : `My NAT's ports are ${forecast.kind}.`),
    introduced: ({ peer }) => `The other one is at ${places(peer.endpoints)}. Start!`,
    refused: ({ reason }) => `No: ${reason}.`,
    probe: () => 'If you know our room, say so.',
    confirm: () => 'I know it.',
    handover: () => 'Let us take this connection.',
  }),
};

const SEED_UDP: Protocol = {
  name: 'seed-udp',
  names: ['seed-udp'],
  scenario: seedUdp,
  server: 'a server for pairs',
  expected: canPunch,
  say: sayings<SeedMessage>({
    register: () => 'I am here. Who is the next one?',
    introduced: ({ peer }) => `The other one is at ${formatEndpoint(peer)}.`,
    knock: () => 'Knock, knock.',
    chat: ({ size }) => `(${size} bytes of chat)`,
  }),
};

const N4: Protocol = {
  name: 'n4',
  names: ['n4'],
  scenario: n4,
  server: 'an n4 server',
  expected: canSweep,
  say: sayings<N4Message>({
    hello: () => 'I am here. Is anybody else?',
    ready: () => 'Somebody else is here too. Show me your port.',
    peerinfo: ({ peer }) => `The other one was at ${formatEndpoint(peer)}.`,
    exchange: () => 'This is the port that I have now.',
    punch: () => 'Do you hear me?',
  }),
};

const PWNAT: Protocol = {
  name: 'pwnat',
  names: ['pwnat'],
  scenario: pwnat,
  counts: ['udp.send', 'icmp.send'],
  expected: (listener, caller) => canCall(caller, listener),
  nats: ['open', 'full-cone', 'restricted', 'port-restricted', 'port-restricted+icmp-errors', 'symmetric'],
  say: sayings<PwnatMessage>({
    echo: () => 'Nobody, are you there?',
    exceeded: ({ about }) => `The question of ${about} has died on its way here.`,
    punch: () => '(nothing, but it opens the NAT)',
    ping: () => 'Are you there at all?',
    pong: () => 'I am.',
    rejected: ({ why }) => (why === 'port' ? 'Nobody listens on that port.' : why === 'filtered' ? 'That is prohibited.' : 'No way leads there.'),
    offer: () => 'If you are one of us, let us speak our own way.',
    accept: () => 'I am. Let us.',
    hello: ({ request, host, port }) => `My request ${request}: connect to ${host}:${port}, please.`,
    helloAck: ({ id, request }) => `Request ${request} is connection ${id}.`,
    keepAlive: ({ id }) => `Connection ${id} is still in use.`,
    data: ({ body }) => `(${body.length} bytes)`,
    ack: () => 'They have come.',
    goodbye: ({ id }) => `Connection ${id} is over.`,
    linkPing: () => 'Are you still there?',
    linkPong: () => 'I am.',
    linkBye: () => 'Goodbye.',
  }),
};

export const PROTOCOLS: readonly Protocol[] = [UDP_PUNCH, TCP_OPEN, SEED_UDP, N4, PWNAT, { ...PWNAT, name: 'pypwnat', names: ['pypwnat'], scenario: pypwnat }];

type Sayings<M extends Message> = { readonly [T in M['type']]?: (message: Extract<M, { readonly type: T }>) => string };

function sayings<M extends Message>(words: Sayings<M>): Protocol['say'] {
  const known = words as Readonly<Record<string, ((message: Message) => string) | undefined>>;
  return (message) => known[message.type]?.(message) ?? message.type;
}

/** The one that the rendezvous saw, and how many there are besides. */
function places([first, ...others]: readonly Endpoint[]): string {
  if (!first) return 'no known address';
  if (others.length === 0) return formatEndpoint(first);
  return `${formatEndpoint(first)}, or at home at ${others.map(formatEndpoint).join(' or ')}`;
}
