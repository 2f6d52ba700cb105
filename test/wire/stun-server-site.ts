/** The STUN server as a function, for tests: what was opened, and what its reflex does with one event. No machine and no network. */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect } from '../../effects/net.ts';
import { streams } from '../../effects/streams.ts';
import { decodeStun, encodeStun, type StunAttribute, type StunEncodeOptions, type StunMessage } from '../../effects/wire/stun.ts';
import { stunServerCodec } from '../../machines/nat-check/stun-server.ts';
import { CORNERS, type Corner, tcpLabel } from '../../machines/nat-check/stun-sites.ts';
import { classic, request } from './stun-arbitrary.ts';

export const CLIENT: Endpoint = { host: '203.0.113.9', port: 40_000 };

/** {A1, A2} × {P1, P2}. */
export const FOUR: Readonly<Record<Corner, Endpoint>> = {
  a1p1: { host: '198.51.100.1', port: 3478 },
  a1p2: { host: '198.51.100.1', port: 3479 },
  a2p1: { host: '198.51.100.2', port: 3478 },
  a2p2: { host: '198.51.100.2', port: 3479 },
};
export const ONE = { a1p1: FOUR.a1p1 };
export const SIX = { a1p1: { host: '2001:db8::1', port: 3478 }, a1p2: { host: '2001:db8::1', port: 3479 }, a2p1: { host: '2001:db8::2', port: 3478 }, a2p2: { host: '2001:db8::2', port: 3479 } };
export const FOUR_TCP: Readonly<Record<string, Endpoint>> = { ...FOUR, ...Object.fromEntries(CORNERS.map((corner) => [tcpLabel(corner), FOUR[corner]])) };

export const modernBytes = (attributes: readonly StunAttribute[] = [], options?: StunEncodeOptions): Uint8Array => encodeStun(request(...attributes), options);
export const classicBytes = (...attributes: readonly StunAttribute[]): Uint8Array => encodeStun(classic(...attributes));
export const change = (changeIp: boolean, changePort: boolean): StunAttribute => ({ type: 'change-request', changeIp, changePort });

export class Site {
  readonly #reflex;
  readonly #streams = streams(stunServerCodec());

  constructor(opened: Readonly<Record<string, Endpoint>>) {
    const reflex = stunServerCodec().reflex?.(opened);
    if (!reflex) throw new Error('no reflex');
    this.#reflex = reflex;
  }

  /** A datagram. */
  hear(data: Uint8Array, socket: string = 'a1p1', from: Endpoint = CLIENT): NetEffect | undefined {
    return this.#reflex.datagram({ type: 'udp.received', socket, from, data, at: 1 });
  }

  /** The message in answer to a datagram, from which socket and to whom; undefined for silence. */
  answer(data: Uint8Array, socket: string = 'a1p1', from: Endpoint = CLIENT): Answered | undefined {
    const effect = this.hear(data, socket, from);
    return effect?.type === 'udp.send' ? { message: decodeStun(effect.data), size: effect.data.length, bytes: effect.data, socket: effect.socket, to: effect.to } : undefined;
  }

  accept(socket = 'tcp-a1p1/1', listener = 'tcp-a1p1', local: Endpoint = FOUR.a1p1): this {
    this.#streams.note({ type: 'tcp.accepted', listener, socket, local, peer: CLIENT, at: 1 });
    return this;
  }

  /** Bytes of a stream. */
  stream(data: Uint8Array, socket = 'tcp-a1p1/1'): NetEffect | undefined {
    return this.#streams.answer(socket, data, this.#reflex);
  }

  ended(type: 'tcp.closed' | 'net.failed', socket = 'tcp-a1p1/1'): this {
    this.#streams.note(type === 'tcp.closed' ? { type, socket, at: 1 } : { type, socket, effect: 'tcp.listen', code: 'reset', detail: 'gone', at: 1 });
    return this;
  }
}

export interface Answered {
  readonly message: StunMessage;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly socket: string;
  readonly to: Endpoint;
}

/** `success mapped-address=1.2.3.4:5 …`: a message in one line. */
export function inWords({ class: kind, attributes }: StunMessage): string {
  return [kind, ...attributes.map(attributeInWords)].join(' ');
}

function attributeInWords(one: StunAttribute): string {
  if ('endpoint' in one) return `${one.type}=${one.endpoint.host}:${one.endpoint.port}`;
  if (one.type === 'error-code') return `${one.code}`;
  if (one.type === 'unknown-attributes') return `unknown=${one.codes.map((code) => code.toString(16).padStart(4, '0')).join(',')}`;
  return one.type === 'padding' ? `padding=${one.length}` : one.type;
}
