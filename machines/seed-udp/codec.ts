/**
 * The text protocol of seed 001's server.py and client.py: `REGISTER`, `KNOCK`, `1.2.3.4:5` and chat, UTF-8 without end
 * marks, identifiers or any proof of origin. Whatever is none of the first three is chat, and so the application's.
 */
import type { Codec } from '../../effects/codec.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from '../../effects/endpoint.ts';
import { utf8 } from '../../effects/wire/bytes.ts';

/** The words of seed 001's UDP punch; text, no keys. */
export type SeedMessage =
  | { readonly type: 'register' }
  | { readonly type: 'introduced'; readonly peer: Endpoint }
  | { readonly type: 'knock' }
  /** Chat. Its words are payload and not repeated here, so that no recording has them. */
  | { readonly type: 'chat'; readonly size: number };

const REGISTER = utf8('REGISTER');
const KNOCK = utf8('KNOCK');
const ADDRESS = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}:\d{1,5}$/;
/** `255.255.255.255:65535`. */
const LONGEST_ADDRESS = 21;

/** The bytes of seed 001's server.py and client.py. */
export function seedCodec(): Codec<SeedMessage> {
  return {
    encode(message) {
      switch (message.type) {
        case 'register':
          return REGISTER;
        case 'knock':
          return KNOCK;
        case 'introduced':
          return utf8(formatEndpoint(message.peer));
        case 'chat':
          return new Uint8Array(message.size).fill(0x2e);
      }
    },
    decode(data) {
      const text = data.length <= LONGEST_ADDRESS ? String.fromCharCode(...data) : '';
      if (text === 'REGISTER') return { kind: 'message', message: { type: 'register' } };
      if (text === 'KNOCK') return { kind: 'message', message: { type: 'knock' } };
      const peer = addressOf(text);
      if (peer) return { kind: 'message', message: { type: 'introduced', peer }, payload: true };
      return { kind: 'message', message: { type: 'chat', size: data.length }, payload: true };
    },
  };
}

/** Only what can be an address: the rest is chat. No leading zeros, which some systems read as octal. */
function addressOf(text: string): Endpoint | undefined {
  const peer = ADDRESS.test(text) ? parseEndpoint(text) : undefined;
  return peer && peer.port > 0 && peer.host.split('.').every((octet) => Number(octet) <= 255) ? peer : undefined;
}
