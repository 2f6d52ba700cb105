/** Protocols with a bug put in on purpose: the swarm has to find each. */
import type { World } from '../../adapters/sim/index.ts';
import type { Codec } from '../../effects/codec.ts';
import type { Part } from '../../effects/scenario.ts';
import { concatBytes, utf8 } from '../../effects/wire/bytes.ts';
import { udpPunchPeer } from '../../machines/index.ts';
import type { SwarmCast } from './cast.ts';
import { pwnat } from './casts/pwnat.ts';
import { udpPunch } from './casts/udp-punch.ts';
import type { Rule } from './rules.ts';
import type { WorldSpec } from './spec.ts';

export interface Planted {
  readonly rule: Rule;
  readonly bug: string;
  readonly cast: SwarmCast;
  /** Without this the bug does not show. */
  readonly needs?: Partial<WorldSpec>;
}

/** It begins well, and ends when its first check does. */
export const SHORT_LIVED: SwarmCast = withMachine(udpPunchPeer.provide({ guards: { confirmsCheck: () => false } }));

const FOR_EVER = 1e8;
const BELIEVES_NOBODY = { isFromPeer: () => false, confirmsProbe: () => false };

export const PLANTED: readonly Planted[] = [
  { rule: 'throw', bug: 'a codec that throws at a farewell', cast: withPart((part) => ({ ...part, codec: throwing(part.codec, 'bye') })), needs: { end: { of: 'first', how: 'close' } } },
  { rule: 'one-sided', bug: 'a peer that never asks whether the other is still there', cast: withMachine(udpPunchPeer.provide({ delays: { keepaliveInterval: FOR_EVER } })), needs: { end: { of: 'second', how: 'killed' } } },
  { rule: 'not-joined', bug: 'a peer that believes nobody', cast: { ...withMachine(udpPunchPeer.provide({ guards: BELIEVES_NOBODY })), limits: { ...udpPunch.limits, joinMs: 15_000 } } },
  { rule: 'past-deadline', bug: 'a peer that listens for ever', cast: { ...withMachine(udpPunchPeer.provide({ guards: BELIEVES_NOBODY, delays: { listenTime: FOR_EVER } })), limits: { ...udpPunch.limits, joinMs: 2 * udpPunch.limits.lifeMs } } },
  { rule: 'over-budget', bug: 'a peer that probes every millisecond', cast: { ...withMachine(udpPunchPeer.provide({ guards: { ...BELIEVES_NOBODY, mayProbeAgain: () => true }, delays: { probeInterval: 1 } })), budget: { ...udpPunch.budget, perSecond: 100 } } },
  { rule: 'not-ended', bug: 'a peer that takes leave for ever', cast: withMachine(udpPunchPeer.provide({ delays: { leaveTime: FOR_EVER } })), needs: { faults: [], end: { of: 'first', how: 'close' } } },
  { rule: 'wrong-payload', bug: 'a tunnel that carries every piece twice', cast: withPart((part) => ({ ...part, codec: doubling(part.codec) }), pwnat), needs: { a: [], b: [] } },
  { rule: 'wrong-payload', bug: 'a hole that is given what another has sent', cast: speakingAs('c') },
  { rule: 'socket-left', bug: 'a server that leaves a socket open', cast: entering((w) => void w.host('s').bind('forgotten', {}, () => undefined)) },
  { rule: 'timer-left', bug: 'a timer that nobody clears', cast: entering((w) => void w.clock.setTimeout(() => undefined, FOR_EVER)) },
];

function entering(spoil: (w: World) => void): SwarmCast {
  return {
    ...udpPunch,
    enter(w, spec) {
      spoil(w);
      return udpPunch.enter(w, spec);
    },
  };
}

function withMachine(machine: Part['machine']): SwarmCast {
  return withPart((part) => (part.machine === udpPunchPeer ? { ...part, machine } : part));
}

function withPart(change: (part: Part) => Part, cast: SwarmCast = udpPunch): SwarmCast {
  return {
    ...cast,
    scenario: (spec) => ({
      name: cast.name,
      part(host, stage) {
        const part = cast.scenario(spec).part(host, stage);
        return part && change(part);
      },
    }),
  };
}

function throwing<M extends { readonly type: string }>(codec: Codec<M>, type: string): Codec<M> {
  return {
    ...codec,
    encode(message, remote) {
      if (message.type === type) throw new Error(`cannot write ${type}`);
      return codec.encode(message, remote);
    },
  };
}

function doubling<M extends { readonly type: string }>(codec: Codec<M>): Codec<M> {
  const { piece } = codec;
  return piece ? { ...codec, piece: (data) => piece(concatBytes(data, data)) } : codec;
}

/** Everybody's payload says that it is from there. */
function speakingAs(name: string): SwarmCast {
  return {
    ...udpPunch,
    enter: (w, spec) => ({ ...udpPunch.enter(w, spec), speak: (host) => w.running(host).send(utf8(`from ${name}`)) }),
  };
}
