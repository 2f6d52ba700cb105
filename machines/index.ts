/** `natpunch/machines`: the statecharts, their codecs, and how to use any of them as a connection. */
export { type Connection, connect, ConnectionFailed, type Ending } from './connection.ts';
export { type Ending as MachineEnding, untilEnd } from './ending.ts';
export { n4, n4Codec, n4Peer, n4Server } from './n4/index.ts';
export {
  type Behaviour,
  checkCodec,
  natCheckText,
  prospectsOf,
  stunCheck,
  stunClient,
  stunServer,
  stunServerCodec,
  textAssist,
  textClient,
  textCodec,
  textServer,
  type Verdict,
} from './nat-check/index.ts';
export type { Connected, Failed, FailureReason, Outcome } from './outcome.ts';
export { type SeedMessage } from './seed-udp/codec.ts';
export { seedCodec, seedUdp, seedUdpPeer, seedUdpServer } from './seed-udp/index.ts';
export {
  type Destination,
  publicPwnatCodec,
  pwnat,
  pwnatCaller,
  type PwnatCallerInput,
  pwnatCodec,
  pwnatListener,
  type PwnatListenerInput,
  type PwnatMessage,
  pypwnat,
  type VariantName as PwnatVariant,
} from './pwnat/index.ts';
export type { OpenMessage } from './tcp-open/messages.ts';
export { openCodec, openRendezvousCodec as tcpOpenRendezvousCodec, publicOpenCodec, tcpOpen, tcpOpenPeer, tcpOpenRendezvous } from './tcp-open/index.ts';
export type { PunchMessage } from './udp-punch/messages.ts';
export { peerCodec, publicPeerCodec, publicRendezvousCodec, rendezvousCodec, udpPunch, udpPunchPeer, udpPunchRendezvous } from './udp-punch/index.ts';
