/**
 * The STUN server: RFC 8489, RFC 5780 and, for old clients, RFC 3489, on two addresses and two ports or on one address, over UDP
 * and TCP. The machine is its life, the codec's reflex its work, which keeps nothing of a client.
 */
import type { Codec, Reflex } from '../../effects/codec.ts';
import { ANYWHERE, type Endpoint } from '../../effects/endpoint.ts';
import { attribute, encodeStun, type StunMessage } from '../../effects/wire/stun.ts';
import { type Opened, serverMachine, type SocketPlan } from '../server.ts';
import { answerStun, readStun } from './stun-answer.ts';
import { familyOf, quickAnswers } from './stun-quick.ts';
import { besideLabel, CORNERS, type Corner, tcpLabel, tcpSite, udpSites } from './stun-sites.ts';
import { cutStun, NOT_STUN } from './stun-stream.ts';

export interface StunServerInput {
  /** A1 and P1. */
  readonly listen: Endpoint;
  /** A2 and P2: another address of this host and another port. Without it the server does not change where it answers from. */
  readonly alternate?: Endpoint;
  /**
   * More addresses of this host, at the port of `listen`, each as if it were the only one: for who would listen on every address.
   * One socket bound to all of them could answer from another than was asked, which a NAT drops. Those that are not there are left out.
   */
  readonly beside?: readonly string[];
}

export type StunServerMessage =
  | { readonly type: 'stun'; readonly message: StunMessage }
  /** A piece of a stream that is not exactly one message. */
  | { readonly type: 'segment'; readonly data: Uint8Array };

/** The server's statechart. Input: `StunServerInput`; emits `server` for its operator. Runs until `close`. */
export const stunServer = serverMachine<StunServerMessage, StunServerInput, undefined>({
  id: 'stun/server',
  defaultInput: { listen: ANYWHERE },
  sockets: ({ listen, alternate, beside = [] }) => {
    const corners = alternate ? CORNERS : CORNERS.slice(0, 1);
    const more = beside.map((host, n) => besidePlan(besideLabel(n + 1), host, listen));
    return [...corners.map((corner) => udpPlan(corner, listen, alternate ?? listen)), ...more, ...[...corners, ...more.map(({ socket }) => socket)].map(tcpPlan)];
  },
  memory: () => undefined,
  reflex: true,
});

/** Has no keys, so that recordings use it too. Bytes without a remote are those of a stream, and may be any part of one. */
export function stunServerCodec(): Codec<StunServerMessage> {
  return {
    encode(sent) {
      if (sent.type === 'segment') return sent.data;
      return encodeStun(sent.message, { fingerprint: attribute(sent.message, 'fingerprint') !== undefined });
    },
    decode(data, remote) {
      const message = readStun(data);
      if (message) return { kind: 'message', message: { type: 'stun', message } };
      if (!remote) return { kind: 'message', message: { type: 'segment', data } };
      return { kind: 'unreadable', reason: 'not STUN, or with a wrong FINGERPRINT' };
    },
    framing: cutStun,
    unframed: NOT_STUN,
    reflex: answering,
  };
}

/** Ports follow what was opened, so that any free port can be asked for; both addresses must then have the same two. */
function udpPlan(corner: Corner, a1p1: Endpoint, a2p2: Endpoint): SocketPlan {
  const host = corner.startsWith('a1') ? a1p1.host : a2p2.host;
  return {
    socket: corner,
    at: (opened) => [{ host, port: corner.endsWith('p1') ? (opened['a1p1'] ?? a1p1).port : (opened['a1p2'] ?? a2p2).port }],
  };
}

/** Beside the UDP socket of the same address and port. Not every network has TCP, and the port may be taken. */
function tcpPlan(label: string): SocketPlan {
  return { socket: tcpLabel(label), transport: 'tcp', optional: true, announce: true, at: (opened) => (opened[label] ? [opened[label]] : []) };
}

function besidePlan(socket: string, host: string, listen: Endpoint): SocketPlan {
  return { socket, optional: true, announce: true, at: (opened) => [{ host, port: (opened['a1p1'] ?? listen).port }] };
}

function answering(opened: Opened): Reflex {
  const own = Object.values(opened);
  const isOwn = (from: Endpoint): boolean => own.some(({ host, port }) => port === from.port && host === from.host);
  const sites = new Map([...udpSites(opened)].map(([label, site]) => [label, { site, quick: quickAnswers(site, familyOf(opened[label] ?? ANYWHERE)) }]));
  return {
    datagram({ socket, from, data }) {
      const at = sites.get(socket);
      if (!at || isOwn(from)) return undefined;
      const answer = at.quick(data, from) ?? answerStun(at.site, data, from);
      return answer && { type: 'udp.send', socket: answer.socket, to: answer.to, data: answer.bytes };
    },
    message(connection, data) {
      const site = connection.type === 'tcp.accepted' ? tcpSite(opened, connection) : undefined;
      return site && answerStun(site, data, connection.peer)?.bytes;
    },
  };
}
