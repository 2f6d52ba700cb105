/**
 * The STUN server: RFC 8489, RFC 5780 and, for old clients, RFC 3489, on two addresses and two ports or on one address, over UDP
 * and TCP. The machine is its life, the codec's reflex its work. It keeps nothing of a UDP client, and of a TCP client only the
 * beginning of a request.
 */
import type { Codec, Reflex } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect, NetEvent } from '../../effects/net.ts';
import { concatBytes } from '../../effects/wire/bytes.ts';
import { attribute, encodeStun, type StunMessage } from '../../effects/wire/stun.ts';
import { type Opened, serverMachine, type SocketPlan } from '../server.ts';
import { answerStun, readStun } from './stun-answer.ts';
import { familyOf, quickAnswers } from './stun-quick.ts';
import { CORNERS, type Corner, type Site, tcpLabel, tcpSite, udpSites } from './stun-sites.ts';
import { splitStream } from './stun-stream.ts';

export interface StunServerInput {
  /** A1 and P1. */
  readonly listen: Endpoint;
  /** A2 and P2: another address of this host and another port. Without it the server does not change where it answers from. */
  readonly alternate?: Endpoint;
}

export type StunServerMessage =
  | { readonly type: 'stun'; readonly message: StunMessage }
  /** A piece of a stream that is not exactly one message. */
  | { readonly type: 'segment'; readonly data: Uint8Array };

export const stunServer = serverMachine<StunServerMessage, StunServerInput, undefined>({
  id: 'stun/server',
  defaultInput: { listen: { host: '0.0.0.0', port: 0 } },
  sockets: ({ listen, alternate }) => {
    const corners = alternate ? CORNERS : CORNERS.slice(0, 1);
    return [...corners.map((corner) => udpPlan(corner, listen, alternate ?? listen)), ...corners.map(tcpPlan)];
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
function tcpPlan(corner: Corner): SocketPlan {
  return { socket: tcpLabel(corner), transport: 'tcp', optional: true, announce: true, at: (opened) => [opened[corner] ?? { host: '0.0.0.0', port: 0 }] };
}

interface Stream {
  readonly site: Site;
  readonly peer: Endpoint;
  rest: Uint8Array;
}

function answering(opened: Opened): Reflex {
  const own = Object.values(opened);
  const isOwn = (from: Endpoint): boolean => own.some(({ host, port }) => port === from.port && host === from.host);
  const sites = new Map([...udpSites(opened)].map(([label, site]) => [label, { site, quick: quickAnswers(site, familyOf(opened[label] ?? ANY)) }]));
  const streams = new Map<string, Stream>();

  const heardDatagram = ({ socket, from, data }: Extract<NetEvent, { type: 'udp.received' }>): NetEffect | undefined => {
    const at = sites.get(socket);
    if (!at || isOwn(from)) return undefined;
    const answer = at.quick(data, from) ?? answerStun(at.site, data, from);
    return answer && { type: 'udp.send', socket: answer.socket, to: answer.to, data: answer.bytes };
  };

  const heardStream = (socket: string, data: Uint8Array): NetEffect | undefined => {
    const stream = streams.get(socket);
    const split = stream && splitStream(stream.rest, data);
    if (!stream || !split) {
      streams.delete(socket);
      return { type: 'close', socket };
    }
    stream.rest = split.rest;
    const answers = split.messages.flatMap((message) => answerStun(stream.site, message, stream.peer)?.bytes ?? []);
    return answers.length === 0 ? undefined : { type: 'tcp.send', socket, data: concatBytes(...answers) };
  };

  return (event) => {
    switch (event.type) {
      case 'udp.received':
        return heardDatagram(event);
      case 'tcp.accepted': {
        const site = tcpSite(opened, event.listener, event.socket, event.local);
        if (site) streams.set(event.socket, { site, peer: event.peer, rest: new Uint8Array(0) });
        return undefined;
      }
      case 'tcp.received':
        return heardStream(event.socket, event.data);
      case 'tcp.closed':
      case 'net.failed':
        streams.delete(event.socket);
        return undefined;
      default:
        return undefined;
    }
  };
}

const ANY: Endpoint = { host: '0.0.0.0', port: 0 };
