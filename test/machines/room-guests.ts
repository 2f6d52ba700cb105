/** Registrations and rooms for tests of the rendezvous's memory: short to write, every identifier of its proper length. */
import type { Arrival } from '../../effects/net-actor.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { utf8, toHex } from '../../effects/wire/bytes.ts';
import type { PunchMessage, Register } from '../../machines/udp-punch/messages.ts';
import type { Reply, Step } from '../../machines/server.ts';
import { admit, noRooms, type Rooms } from '../../machines/udp-punch/rooms.ts';

export const SEED = 'the seed of the rendezvous';
export const ALTERNATE: Endpoint = { host: '198.18.0.2', port: 40_000 };

/** `a` and `a2` are one peer in two rounds; its NAT gives it a host of its own and a port for each round. */
export function registration(who: string, at = 0, more: Partial<Register & Arrival> = {}): Register & Arrival {
  const [, name = who, round = '1'] = /^([a-z]+)(\d*)$/.exec(who) ?? [];
  const number = Number(round || '1');
  return {
    type: 'register',
    txid: hex(`${name}/${number}`, 12),
    room: hex('room', 32),
    peer: hex(name, 8),
    round: number,
    candidates: [],
    mapping: 'unknown',
    forecast: { kind: 'unknown' },
    socket: 'main',
    from: { host: hostOf(name), port: 5000 + number },
    at,
    ...more,
  };
}

/** Hex of `text` in so many bytes. */
export function hex(text: string, size: number): string {
  return toHex(utf8(text)).padEnd(2 * size, '0').slice(0, 2 * size);
}

export type Datagram = Extract<Reply<PunchMessage>, { readonly to: Endpoint }>;

/** A step of rooms that answer by datagrams only. */
export interface Answered extends Step<PunchMessage, Rooms> {
  readonly replies: readonly Datagram[];
}

export function datagramOf(reply: Reply<PunchMessage>): Datagram {
  if ('close' in reply || !reply.to) throw new Error(`no datagram: ${JSON.stringify(reply)}`);
  return reply;
}

/** Rooms that change, for tests to read from top to bottom. */
export class House {
  rooms: Rooms;

  constructor(rooms: Rooms = noRooms(SEED)) {
    this.rooms = rooms;
  }

  /** Takes in `who`; the answer is what each host is told, in words. */
  register(who: string, at = 0, more: Partial<Register & Arrival> = {}): string[] {
    return this.admit(registration(who, at, more)).replies.map(words);
  }

  admit(request: Register & Arrival, alternate: Endpoint | undefined = ALTERNATE): Answered {
    const step = admit(this.rooms, request, alternate);
    this.rooms = step.memory;
    return { ...step, replies: step.replies.map(datagramOf) };
  }
}

/** `b: a1 at 10.0.0.97:5001`, or `b: mapped`, or `b: room-full`. */
export function words({ to, message }: Datagram): string {
  const name = String.fromCharCode(Number(to.host.split('.')[3]));
  return `${name}: ${said(message)}`;
}

function said(message: PunchMessage): string {
  switch (message.type) {
    case 'introduced': {
      const { host, port } = message.peer.endpoints[0] ?? { host: '?', port: 0 };
      return `${String.fromCharCode(Number(host.split('.')[3]))}${message.peer.round} at port ${port}`;
    }
    case 'refused':
      return message.reason;
    default:
      return message.type;
  }
}

function hostOf(name: string): string {
  return `10.0.0.${name.charCodeAt(0)}`;
}
