/**
 * The machines that can be recorded and replayed, by the name in a log's header, each with the codec of its recordings:
 * one whose keys are public, so that a log holds no secret.
 */
import type { AnyStateMachine } from 'xstate';
import type { Codec } from '../effects/codec.ts';
import { checkCodec, stunClient, stunServer, stunServerCodec, textAssist, textClient, textCodec, textServer } from '../machines/nat-check/index.ts';
import { n4Codec, n4Peer, n4Server } from '../machines/n4/index.ts';
import { publicPwnatCodec, pwnatCaller, pwnatListener } from '../machines/pwnat/index.ts';
import { seedCodec, seedUdpPeer, seedUdpServer } from '../machines/seed-udp/index.ts';
import { openRendezvousCodec as tcpOpenRendezvousCodec, publicOpenCodec, tcpOpenPeer, tcpOpenRendezvous } from '../machines/tcp-open/index.ts';
import { publicPeerCodec } from '../machines/udp-punch/codec.ts';
import { publicRendezvousCodec, udpPunchPeer, udpPunchRendezvous } from '../machines/udp-punch/index.ts';

export interface Recordable {
  readonly machine: AnyStateMachine;
  /** Some speak in one of several ways, as their input says. */
  readonly publicCodec: (input: unknown) => AnyCodec;
}

export type AnyCodec = Codec<{ readonly type: string }>;

export function recordable(name: string): Recordable | undefined {
  return RECORDABLE.find(({ machine }) => machine.id === name);
}

/** For people. */
export function recordableNames(): string {
  return RECORDABLE.map(({ machine }) => machine.id).join(', ');
}

const RECORDABLE: readonly Recordable[] = [
  { machine: udpPunchPeer, publicCodec: publicPeerCodec as () => AnyCodec },
  { machine: udpPunchRendezvous, publicCodec: publicRendezvousCodec as () => AnyCodec },
  { machine: tcpOpenPeer, publicCodec: publicOpenCodec as () => AnyCodec },
  { machine: tcpOpenRendezvous, publicCodec: tcpOpenRendezvousCodec as () => AnyCodec },
  { machine: seedUdpPeer, publicCodec: seedCodec as () => AnyCodec },
  { machine: seedUdpServer, publicCodec: seedCodec as () => AnyCodec },
  { machine: stunClient, publicCodec: checkCodec as () => AnyCodec },
  { machine: stunServer, publicCodec: stunServerCodec as () => AnyCodec },
  { machine: textClient, publicCodec: textCodec as () => AnyCodec },
  { machine: textServer, publicCodec: textCodec as () => AnyCodec },
  { machine: textAssist, publicCodec: textCodec as () => AnyCodec },
  { machine: n4Peer, publicCodec: n4Codec as () => AnyCodec },
  { machine: n4Server, publicCodec: n4Codec as () => AnyCodec },
  { machine: pwnatListener, publicCodec: openPwnatCodec },
  { machine: pwnatCaller, publicCodec: openPwnatCodec },
];

function openPwnatCodec(input: unknown): AnyCodec {
  const isOther = typeof input === 'object' && input !== null && 'variant' in input && input.variant === 'pypwnat';
  return publicPwnatCodec(isOther ? 'pypwnat' : 'pwnat') as AnyCodec;
}
