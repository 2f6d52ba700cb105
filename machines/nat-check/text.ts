/**
 * The text protocol of seed 001's nat_check.py: `register`, `NEXT`, `1.2.3.4:5` and three texts, ASCII without end marks,
 * identifiers or any proof of origin. The original looks at no content; here only what it can have meant is a message.
 * Source: seed 001 §0x04.
 */
import type { Codec } from '../../effects/codec.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from '../../effects/endpoint.ts';
import { utf8 } from '../../effects/wire/bytes.ts';

export type TextMessage =
  /** A client to server and assist, in both phases. */
  | { readonly type: 'register' }
  /** A client to the server: the next test, please. */
  | { readonly type: 'next' }
  /** The server to a client, and the assist to the server: where the client was seen. */
  | { readonly type: 'mapped'; readonly endpoint: Endpoint }
  /** The server to a client: whoever hears it has this kind of NAT, or a more open one. */
  | { readonly type: 'test'; readonly nat: TestedNat };

export type TestedNat = 'full-cone' | 'restricted' | 'port-restricted';

const TESTS: Readonly<Record<TestedNat, string>> = {
  'full-cone': 'TEST FOR FULL-CONE NAT',
  restricted: 'TEST FOR Restricted NAT',
  'port-restricted': 'TEST FOR Restricted-Port NAT',
};

const BY_TEXT: ReadonlyMap<string, TextMessage> = new Map<string, TextMessage>([
  ['register', { type: 'register' }],
  ['NEXT', { type: 'next' }],
  ...(['full-cone', 'restricted', 'port-restricted'] as const).map((nat): [string, TextMessage] => [TESTS[nat], { type: 'test', nat }]),
]);

const ADDRESS = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}:[1-9]\d{0,4}$/;
/** `TEST FOR Restricted-Port NAT`; an address has 21 characters at most. */
const LONGEST = 28;

/** The bytes of nat_check.py, for all three roles. */
export function textCodec(): Codec<TextMessage> {
  return {
    encode(message) {
      switch (message.type) {
        case 'register':
          return utf8('register');
        case 'next':
          return utf8('NEXT');
        case 'mapped':
          return utf8(formatEndpoint(message.endpoint));
        case 'test':
          return utf8(TESTS[message.nat]);
      }
    },
    decode(data) {
      if (data.length > LONGEST) return { kind: 'unreadable', reason: `${data.length} bytes are more than any message has` };
      const text = String.fromCharCode(...data);
      const known = BY_TEXT.get(text);
      if (known) return { kind: 'message', message: known };
      const endpoint = addressOf(text);
      if (endpoint) return { kind: 'message', message: { type: 'mapped', endpoint } };
      return { kind: 'unreadable', reason: 'neither a word of the protocol nor an address' };
    },
  };
}

/** As Python prints an address: no leading zeros, which some systems read as octal. */
function addressOf(text: string): Endpoint | undefined {
  const endpoint = ADDRESS.test(text) ? parseEndpoint(text) : undefined;
  return endpoint?.host.split('.').every((octet) => Number(octet) <= 255) ? endpoint : undefined;
}
