/** `natpunch/sim`: the simulated internet, for tests of one's own code against NATs. Nothing here touches a real network or clock. */
export { type Allocation, type Dependence, type Expiry, FIREWALL, key, LINUX_EXPIRY, LINUX_NAT, type NatBehaviour, type Pool, type TableLimit } from './behaviour.ts';
export { type Timer, VirtualClock } from './clock.ts';
export { type FakeSocket, fakeSocket } from './dgram.ts';
export { type NatChain, type NatChoice, natFlavour } from './flavours.ts';
export { Host, UdpSocket } from './host.ts';
export { type Attachment, Internet, type InternetOptions } from './internet.ts';
export type { Drop, Hop, Journey } from './journal.ts';
export { type LinkBehaviour, PERFECT_LINK } from './link.ts';
export { Nat, type NatOptions } from './nat.ts';
export { LINUX_TCP, type TcpTracking } from './nat-session.ts';
export { NAT_FLAVOURS, NAT_MODIFIERS, OTHER_NAT_FLAVOURS, UnknownNat } from './nat-name.ts';
export { DEFAULT_TTL, type DropReason, type Packet, type TcpPacket, type UdpPacket } from './packet.ts';
export type { Outcome, Surroundings } from './player.ts';
export type { Flow, Observer, PacketSighting, Row, RowSighting, Sighting } from './sighting.ts';
export { type Segment, segmentName } from './tcp-segment.ts';
export type { TcpStack } from './tcp-stack.ts';
export type { Place, Site } from './topology.ts';
export { World, world, type WorldOptions } from './world.ts';
