/**
 * The hot path of a STUN server: the two requests that nearly every client sends, with the magic cookie and without attributes
 * or with CHANGE-REQUEST alone, answered from a template by hand. Byte for byte what `answerStun` says, or undefined where
 * that has to be asked.
 *
 * Layout of an answer: header(20), XOR-MAPPED-ADDRESS, MAPPED-ADDRESS, then what is the same for every client.
 */
import { type Endpoint, isIPv6 } from '../../effects/endpoint.ts';
import { ipToGroups } from '../../effects/wire/stun-address.ts';
import { encodeStun, type StunMessage, stunMethod } from '../../effects/wire/stun.ts';
import { described, type StunAnswer } from './stun-answer.ts';
import type { Place, Site } from './stun-sites.ts';

export type QuickAnswer = (data: Uint8Array, from: Endpoint) => StunAnswer | undefined;

/** `family` is that of the clients, which is that of the socket. */
export function quickAnswers(site: Site, family: 4 | 6): QuickAnswer {
  /** By the two flags of CHANGE-REQUEST: bit 0 changes the port, bit 1 the address. */
  const templates = [0, 1, 2, 3].map((flags): Template | undefined => {
    const place = site.place((flags & 2) !== 0, (flags & 1) !== 0);
    return place && { socket: place.socket, bytes: templateBytes(place, site.other, family) };
  });
  const words = family === 4 ? 2 : 8;
  /** Where the second address begins, past the value of the first and the head of its own. */
  const step = 4 + 4 + 2 * words;
  let slab = new Uint8Array(SLAB_SIZE);
  let used = 0;

  /** A copy of the template. Answers share memory that is never written twice: one of its own for each costs a tenth of the rate. */
  const blank = ({ bytes }: Template): Uint8Array => {
    if (used + bytes.length > SLAB_SIZE) {
      slab = new Uint8Array(SLAB_SIZE);
      used = 0;
    }
    const copy = slab.subarray(used, used + bytes.length);
    used += bytes.length;
    copy.set(bytes);
    return copy;
  };

  return (data, from) => {
    const template = templates[flagsOf(data)];
    const address = template && ipToGroups(from.host);
    if (!template || address?.length !== words || from.port === 0) return undefined;
    const bytes = blank(template);
    for (let at = ID; at < HEADER; at += 1) bytes[at] = data[at]!;
    writePort(bytes, PORT, from.port ^ COOKIE_HIGH);
    writePort(bytes, PORT + step, from.port);
    for (let n = 0; n < words; n += 1) {
      const [word, at] = [address[n]!, PORT + 2 + 2 * n];
      // The mask of an address is the cookie and then the id: bytes 4 to 19 of the message.
      bytes[at] = (word >> 8) ^ bytes[COOKIE + 2 * n]!;
      bytes[at + 1] = word ^ bytes[COOKIE + 2 * n + 1]!;
      bytes[at + step] = word >> 8;
      bytes[at + step + 1] = word;
    }
    return { bytes, socket: template.socket, to: from };
  };
}

interface Template {
  readonly socket: string;
  readonly bytes: Uint8Array;
}

const HEADER = 20;
const COOKIE = 4;
const ID = 8;
/** Of XOR-MAPPED-ADDRESS, behind its head of 4 bytes and the family's 2. */
const PORT = HEADER + 6;
const COOKIE_HIGH = 0x2112;
const SLAB_SIZE = 16_384;
/** Past the templates: not a request of the two kinds. */
const NONE = 4;

/** The flags of a request of the two kinds, or `NONE`. Reserved bits are not looked at, as the codec does not. */
function flagsOf(data: Uint8Array): number {
  const { length } = data;
  if (length !== HEADER && length !== HEADER + 8) return NONE;
  if (data[0] !== 0 || data[1] !== stunMethod.binding || data[2] !== 0 || data[3] !== length - HEADER) return NONE;
  if (data[4] !== 0x21 || data[5] !== 0x12 || data[6] !== 0xa4 || data[7] !== 0x42) return NONE;
  if (length === HEADER) return 0;
  if (data[20] !== 0 || data[21] !== 3 || data[22] !== 0 || data[23] !== 4) return NONE;
  return (data[27]! >> 1) & 3;
}

function templateBytes(place: Place, other: Endpoint | undefined, family: 4 | 6): Uint8Array {
  const blank: StunMessage = { class: 'success', method: stunMethod.binding, transactionId: new Uint8Array(12), attributes: [] };
  const client: Endpoint = { host: family === 4 ? '0.0.0.0' : '::', port: 0 };
  return encodeStun({ ...blank, attributes: described(blank, client, place, other) });
}

function writePort(bytes: Uint8Array, at: number, port: number): void {
  bytes[at] = port >> 8;
  bytes[at + 1] = port;
}

/** Of the clients that a socket can hear. */
export function familyOf(local: Endpoint): 4 | 6 {
  return isIPv6(local.host) ? 6 : 4;
}
