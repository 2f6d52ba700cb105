/**
 * What the STUN check says and hears, and its bytes: Binding requests and their answers, of RFC 8489 and RFC 5780 and of
 * classic servers (RFC 3489). Nothing here is secret. Layouts: effects/wire/stun.ts.
 */
import type { Codec, Decoded } from '../../effects/codec.ts';
import { type Endpoint, isWildcard, sameEndpoint } from '../../effects/endpoint.ts';
import { fromHex, readable, toHex } from '../../effects/wire/bytes.ts';
import { attribute, decodeStun, encodeStun, type StunAttribute, type StunMessage, stunMethod } from '../../effects/wire/stun.ts';
import type { Change } from './samples.ts';
import { cutStun, NOT_STUN } from './stun-stream.ts';

export type CheckMessage = Ask | Answer | Refusal;

/** A Binding request. */
export interface Ask {
  readonly type: 'ask';
  /** 24 hex digits. */
  readonly txid: string;
  readonly change?: Change | undefined;
  /** RESPONSE-PORT: the answer is to go to this port of the asker's address. */
  readonly responsePort?: number | undefined;
}

export interface Answer {
  readonly type: 'answer';
  readonly txid: string;
  readonly mapped: Endpoint;
  /** MAPPED-ADDRESS, where it differs from XOR-MAPPED-ADDRESS. */
  readonly rewritten?: Endpoint | undefined;
  /** OTHER-ADDRESS or CHANGED-ADDRESS. */
  readonly other?: Endpoint | undefined;
}

export interface Refusal {
  readonly type: 'refusal';
  readonly txid: string;
  readonly code: number;
}

/** STUN as the check speaks it. It has no keys, so recordings use it too. */
export function checkCodec(): Codec<CheckMessage> {
  return { encode: (message) => encodeStun(stunOf(message)), decode, framing: cutStun, unframed: NOT_STUN };
}

function stunOf(message: CheckMessage): StunMessage {
  const transactionId = fromHex(message.txid) ?? new Uint8Array(12);
  const stun = (kind: StunMessage['class'], attributes: readonly StunAttribute[]): StunMessage => ({ class: kind, method: stunMethod.binding, transactionId, attributes });
  switch (message.type) {
    case 'ask': {
      const { change, responsePort: port } = message;
      const changed: StunAttribute[] = change ? [{ type: 'change-request', changeIp: change !== 'port', changePort: change !== 'address' }] : [];
      return stun('request', [...changed, ...(port === undefined ? [] : [{ type: 'response-port', port } as const])]);
    }
    case 'answer': {
      const { mapped, rewritten, other } = message;
      return stun('success', [
        { type: 'xor-mapped-address', endpoint: mapped },
        ...(rewritten ? [{ type: 'mapped-address', endpoint: rewritten } as const] : []),
        ...(other ? [{ type: 'other-address', endpoint: other } as const] : []),
      ]);
    }
    case 'refusal':
      return stun('error', [{ type: 'error-code', code: message.code, reason: '' }]);
  }
}

function decode(data: Uint8Array): Decoded<CheckMessage> {
  const message = readable(() => read(decodeStun(data)));
  if (message instanceof Error) return { kind: 'unreadable', reason: message.message };
  return message ? { kind: 'message', message } : { kind: 'unreadable', reason: 'not a Binding request or answer' };
}

function read(stun: StunMessage): CheckMessage | undefined {
  if (stun.method !== stunMethod.binding || stun.transactionId.length !== 12) return undefined;
  const txid = toHex(stun.transactionId);
  switch (stun.class) {
    case 'request': {
      const flags = attribute(stun, 'change-request');
      const change = flags && (flags.changeIp ? (flags.changePort ? 'both' : 'address') : flags.changePort ? 'port' : undefined);
      return { type: 'ask', txid, change, responsePort: attribute(stun, 'response-port')?.port };
    }
    case 'success': {
      const plain = usable(attribute(stun, 'mapped-address')?.endpoint);
      const mapped = usable(attribute(stun, 'xor-mapped-address')?.endpoint) ?? plain;
      const other = usable((attribute(stun, 'other-address') ?? attribute(stun, 'changed-address'))?.endpoint);
      return mapped && { type: 'answer', txid, mapped, rewritten: plain && !sameEndpoint(plain, mapped) ? plain : undefined, other };
    }
    case 'error': {
      const code = attribute(stun, 'error-code')?.code;
      return code === undefined ? undefined : { type: 'refusal', txid, code };
    }
    case 'indication':
      return undefined;
  }
}

/** Nobody can be reached at port 0 or at no address, so such an answer says nothing. */
function usable(endpoint: Endpoint | undefined): Endpoint | undefined {
  return endpoint && endpoint.port > 0 && !isWildcard(endpoint.host) ? endpoint : undefined;
}
