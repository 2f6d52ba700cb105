/**
 * STUN servers as they are met: whole ones, and those that lack something or do it wrong. Each is our server with its codec
 * bent, and says what it lets a client see; what that comes to is for the oracle.
 */
import type { Codec, Reflex } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect, UdpReceived, UdpSend } from '../../effects/net.ts';
import type { Part, Scenario, Stage } from '../../effects/scenario.ts';
import { stunClient } from '../../machines/nat-check/stun-client.ts';
import { type Answer, type Ask, checkCodec } from '../../machines/nat-check/stun-messages.ts';
import { STUN_ALTERNATE_PORT as P2, STUN_PORT as P1 } from '../../machines/nat-check/stun-scenario.ts';
import { stunServer, stunServerCodec, type StunServerMessage } from '../../machines/nat-check/stun-server.ts';
import type { CheckInput } from '../../machines/nat-check/stun-session.ts';
import { type Sight, WHOLE } from './oracle.ts';

export interface ServerKind {
  readonly name: string;
  readonly sight: Sight;
  /** Whom the check asks. */
  readonly asked?: (stage: Stage) => readonly Endpoint[];
  readonly isOnOneAddress?: true;
  readonly bend?: Bend;
}

/** What is done with one request; `serve` is what the server would answer to it. */
export type Bend = (request: Heard, serve: (ask: Ask) => Said | undefined) => NetEffect | undefined;

export interface Heard {
  readonly ask: Ask;
  readonly event: UdpReceived;
}

/** An answer of the server's with its contents. */
export interface Said {
  readonly effect: UdpSend;
  readonly answer: Answer | undefined;
}

const codec = checkCodec();
const NOTHING: Sight = { secondAddress: false, secondPort: false, changesAddress: false, changesPort: false, named: false };
const UNCHANGING: Sight = { ...WHOLE, changesAddress: false, changesPort: false };

const refusing: Bend = ({ ask, event }, serve) => (ask.change ? refusal(ask, event) : renamed(serve(ask), undefined));
const ignoring: Bend = ({ ask }, serve) => serve({ type: 'ask', txid: ask.txid })?.effect;
const dropping: Bend = ({ ask }, serve) => (ask.change ? undefined : serve(ask)?.effect);
const halfDead: Bend = ({ ask, event }, serve) => {
  const said = serve(ask);
  return event.socket.startsWith('a2') || said?.effect.socket.startsWith('a2') ? undefined : said?.effect;
};

export const WHOLE_SERVER: ServerKind = { name: 'whole', sight: WHOLE };

/** By what they are called in the matrix. */
export const DEFICIENT_SERVERS: readonly ServerKind[] = [
  { name: 'one address', sight: NOTHING, isOnOneAddress: true },
  {
    name: 'two servers',
    sight: { ...NOTHING, secondAddress: true },
    asked: ({ address }) => [{ host: address('s'), port: P1 }, { host: address('s2'), port: P1 }],
    bend: refusing,
  },
  {
    name: 'one address twice',
    sight: { ...NOTHING, secondPort: true },
    asked: ({ address }) => [{ host: address('s'), port: P1 }, { host: address('s'), port: P2 }],
    bend: refusing,
  },
  { name: 'alternate dead', sight: { ...WHOLE, secondAddress: false, changesAddress: false }, bend: halfDead },
  { name: 'ignores CHANGE-REQUEST', sight: UNCHANGING, bend: ignoring },
  { name: 'drops CHANGE-REQUEST', sight: UNCHANGING, bend: dropping },
  {
    name: 'drops it, alternate dead',
    sight: { ...UNCHANGING, secondAddress: false },
    bend: (heard, serve) => (heard.ask.change ? undefined : halfDead(heard, serve)),
  },
  {
    name: 'OTHER-ADDRESS on one address',
    sight: { ...WHOLE, secondAddress: false, changesAddress: false },
    bend: ({ ask, event }, serve) => (ask.change === 'both' || ask.change === 'address' ? refusal(ask, event) : renamed(serve(ask), (other, stage) => ({ ...other, host: stage }))),
  },
  {
    name: 'OTHER-ADDRESS on one port',
    sight: { ...WHOLE, secondPort: false, changesPort: false },
    bend: ({ ask, event }, serve) => (ask.change === 'both' || ask.change === 'port' ? refusal(ask, event) : renamed(serve(ask), (other) => ({ ...other, port: P1 }))),
  },
  {
    name: 'no OTHER-ADDRESS',
    sight: { ...NOTHING, changesAddress: true, changesPort: true },
    bend: ({ ask }, serve) => renamed(serve(ask), undefined),
  },
  {
    name: 'no OTHER-ADDRESS, two servers',
    sight: { ...NOTHING, secondAddress: true, changesAddress: true, changesPort: true },
    asked: ({ address }) => [{ host: address('s'), port: P1 }, { host: address('s2'), port: P1 }],
    bend: ({ ask }, serve) => renamed(serve(ask), undefined),
  },
  { name: 'dead, then whole', sight: WHOLE, asked: ({ address }) => [{ host: '198.18.0.99', port: P1 }, { host: address('s'), port: P1 }] },
];

/** The check as a cast, with this server on host `s`. */
export function checkWith(kind: ServerKind, input: Partial<CheckInput> = {}): Scenario {
  return {
    name: 'check',
    part(host, stage): Part {
      const listen = { host: stage.address('s'), port: P1 };
      if (host !== 's') return { machine: stunClient, codec, input: { servers: kind.asked?.(stage) ?? [listen], seed: stage.seed, ...input } };
      const alternate = kind.isOnOneAddress ? {} : { alternate: { host: stage.address('s2'), port: P2 } };
      return { machine: stunServer, codec: kind.bend ? bent(kind.bend) : stunServerCodec(), input: { listen, ...alternate } };
    },
  };
}

/** The server's codec with every request and answer in the hands of `bend`. */
export function bent(bend: Bend): Codec<StunServerMessage> {
  const whole = stunServerCodec();
  return {
    ...whole,
    reflex(sockets): Reflex {
      const reflex = whole.reflex?.(sockets);
      const datagram: Reflex['datagram'] = (event) => {
        const heard = codec.decode(event.data, event.from);
        if (heard.kind !== 'message' || heard.message.type !== 'ask') return undefined;
        return bend({ ask: heard.message, event }, (ask) => {
          const effect = reflex?.datagram({ ...event, data: codec.encode(ask) });
          return effect?.type === 'udp.send' ? { effect, answer: read(effect.data) } : undefined;
        });
      };
      return { ...reflex, datagram };
    },
  };
}

export function refusal({ txid }: Ask, { socket, from }: UdpReceived, code = 420): NetEffect {
  return { type: 'udp.send', socket, to: from, data: codec.encode({ type: 'refusal', txid, code }) };
}

/** The answer with something else in it. */
export function saying({ effect, answer }: Said, change: Partial<Answer>): UdpSend {
  return answer ? { ...effect, data: codec.encode({ ...answer, ...change }) } : effect;
}

/** With another OTHER-ADDRESS, made of the true one and the server's first address, or with none. */
function renamed(said: Said | undefined, rename: ((other: Endpoint, first: string) => Endpoint) | undefined): NetEffect | undefined {
  const other = said?.answer?.other;
  return said && saying(said, { other: rename && other && rename(other, '198.18.0.2') });
}

function read(data: Uint8Array): Answer | undefined {
  const decoded = codec.decode(data);
  return decoded.kind === 'message' && decoded.message.type === 'answer' ? decoded.message : undefined;
}
