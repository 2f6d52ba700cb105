/** What the connecting commands can speak: each protocol's machine, keys and input, and its states as status lines. */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { newSeed } from '../adapters/node/seed.ts';
import { type Endpoint, formatEndpoint, localFor } from '../effects/endpoint.ts';
import { n4Codec, n4Peer } from '../machines/n4/index.ts';
import { type N4PeerContext, type N4PeerInput, targetOf } from '../machines/n4/session.ts';
import type { Connected } from '../machines/outcome.ts';
import { seedCodec, seedUdpPeer } from '../machines/seed-udp/index.ts';
import type { SeedPeerContext, SeedPeerInput } from '../machines/seed-udp/peer.ts';
import { openCodec, tcpOpenPeer } from '../machines/tcp-open/index.ts';
import type { OpenPeerContext, OpenPeerInput } from '../machines/tcp-open/session.ts';
import { peerCodec, udpPunchPeer } from '../machines/udp-punch/index.ts';
import type { PeerContext, PeerInput } from '../machines/udp-punch/session.ts';
import { SWEEP_PACE_PER_SECOND } from '../machines/port-strategy.ts';
import type { AnyCodec } from './machines.ts';
import type { Status } from './status.ts';

export interface Wire {
  /** As in results. */
  readonly protocol: string;
  readonly machine: AnyStateMachine;
  readonly codec: AnyCodec;
  readonly input: unknown;
  /** When payload may go out: once the peer was heard, or once it has confirmed that it hears us. */
  readonly pipesFrom: 'heard' | 'confirmed';
  /** Default: datagrams. A stream is given away by the machine, which ends then. */
  readonly carries?: 'stream';
  /** What is going on, if it is worth a line. */
  progress(snapshot: AnyMachineSnapshot): Status | undefined;
  /** What else to say of a connection. */
  hint?(connected: Connected): Status;
}

export interface WireOptions {
  /** Resolved. */
  readonly server: Endpoint;
  readonly local: Partial<Endpoint> | undefined;
  readonly waitMs: number;
}

export function udpPunchWire({ server, local, waitMs }: WireOptions, room: string, seed = newSeed()): Wire {
  const input: PeerInput = { server, seed, local, waitMs };
  return {
    protocol: 'udp-punch',
    machine: udpPunchPeer,
    codec: peerCodec(room) as AnyCodec,
    input,
    pipesFrom: 'confirmed',
    progress: (snapshot) => punchProgress(stateOf(snapshot), snapshot.context as PeerContext),
  };
}

export function tcpOpenWire({ server, local, waitMs }: WireOptions, room: string, seed = newSeed()): Wire {
  const input: OpenPeerInput = { server, seed, local, waitMs };
  return {
    protocol: 'tcp-open',
    machine: tcpOpenPeer,
    codec: openCodec(room) as AnyCodec,
    input,
    pipesFrom: 'confirmed',
    carries: 'stream',
    progress: (snapshot) => openProgress(stateOf(snapshot), snapshot.context as OpenPeerContext),
  };
}

/** Its knocks confirm nothing, and chat is what it waits for: it is sent as soon as the peer was heard. */
export function seedUdpWire({ server, local, waitMs }: WireOptions): Wire {
  const input: SeedPeerInput = { server, local: localFor(server, local), waitMs };
  return {
    protocol: 'seed-udp',
    machine: seedUdpPeer,
    codec: seedCodec() as AnyCodec,
    input,
    pipesFrom: 'heard',
    progress: (snapshot) => seedProgress(stateOf(snapshot), snapshot.context as SeedPeerContext),
  };
}

export function n4Wire(input: N4PeerInput): Wire {
  return {
    protocol: 'n4',
    machine: n4Peer,
    codec: n4Codec() as AnyCodec,
    input,
    pipesFrom: 'confirmed',
    progress: (snapshot) => n4Progress(stateOf(snapshot), snapshot.context as N4PeerContext),
    hint: ({ local, peer }) => ({ status: 'hint', message: `nc -u -p ${local.port} ${peer.host} ${peer.port}` }),
  };
}

function punchProgress(state: string, { input, round, mapped, peer, path, sweep, sweeps }: PeerContext): Status | undefined {
  const server = formatEndpoint(input.server);
  switch (state) {
    case 'registering':
      return round > 1 ? undefined : { status: 'registering', message: `asking the rendezvous at ${server}…`, server };
    case 'waiting': {
      if (round > 1 || !mapped) return undefined;
      const seen = formatEndpoint(mapped);
      return { status: 'waiting', message: `registered as ${seen}, waiting for the peer…`, mapped: seen };
    }
    case 'punching': {
      const first = peer?.endpoints[0];
      if (!first) return undefined;
      const at = formatEndpoint(first);
      if (sweep) return sweepProgress(sweep, sweeps);
      return { status: 'punching', message: round === 1 ? `introduced to ${at}, punching…` : `no answer; round ${round} from a fresh port, to ${at}…`, peer: at, round };
    }
    case 'connected':
      return path && { status: 'heard', message: `heard the peer at ${formatEndpoint(path.peer)}…`, peer: formatEndpoint(path.peer) };
    default:
      return undefined;
  }
}

function openProgress(state: string, { input, mapped, peer, attempt, round, aim, aims }: OpenPeerContext): Status | undefined {
  const server = formatEndpoint(input.server);
  switch (state) {
    case 'connecting':
      return { status: 'registering', message: attempt === 0 ? `asking the rendezvous at ${server}…` : `nothing came of it; once more from a fresh port, by the rendezvous at ${server}…`, server };
    case 'meeting': {
      if (!mapped) return undefined;
      const seen = formatEndpoint(mapped);
      return { status: 'waiting', message: `registered as ${seen}, waiting for the peer…`, mapped: seen };
    }
    case 'punching': {
      const first = peer?.endpoints[0];
      if (aim) return aimProgress(aim, aims);
      if (!first || (attempt === 0 && round !== 1)) return undefined;
      const at = formatEndpoint(first);
      return { status: 'punching', message: `introduced to ${at}${attempt === 0 ? '' : ' again'}, connecting…`, peer: at };
    }
    default:
      return undefined;
  }
}

/** What an aim may cost the routers on the way: mappings, and calls. */
function aimProgress({ sockets, ports }: NonNullable<OpenPeerContext['aim']>, aims: number): Status {
  const where = sockets > 1 ? `${sockets} ports of ours in a row` : `${ports} ports of the peer's`;
  return { status: 'sweeping', message: `a NAT counts its ports: calling with ${where}${aims > 1 ? `, aim ${aims}` : ''}…`, mappings: sockets, packets: Math.max(sockets, ports), sweep: aims };
}

/** A line for each quarter of a sweep, with what it may cost the routers on the way. */
function sweepProgress({ kind, sockets, aims, sent, odds }: NonNullable<PeerContext['sweep']>, sweeps: number): Status {
  const total = Math.max(sockets, aims.length);
  if (kind === 'aimed') {
    const where = sockets > 1 ? `${sockets} ports of ours in a row` : `${aims.length} ports of the peer's`;
    return { status: 'sweeping', message: `a NAT counts its ports: aiming with ${where}${sweeps > 1 ? `, sweep ${sweeps}` : ''}…`, mappings: sockets, packets: total, sweep: sweeps };
  }
  const quarter = Math.min(4, Math.floor((4 * sent) / total)) / 4;
  const soFar = 1 - (1 - odds) ** (quarter * quarter);
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const words = `a NAT gives ports at random: ${percent(quarter)} of ${total} ports ${sockets > 1 ? 'held' : 'tried'}, ${SWEEP_PACE_PER_SECOND} a second, odds so far ${percent(soFar)}…`;
  return { status: 'sweeping', message: words, mappings: sockets, packets: total, sent: Math.round(quarter * total), odds: Math.round(soFar * 1000) / 1000 };
}

function seedProgress(state: string, { input, peer }: SeedPeerContext): Status | undefined {
  const server = formatEndpoint(input.server);
  const at = peer && formatEndpoint(peer);
  switch (state) {
    case 'registering':
      return { status: 'waiting', message: `registered at ${server}, which answers when the next client comes…`, server };
    case 'knocking':
      return at === undefined ? undefined : { status: 'punching', message: `introduced to ${at}, knocking…`, peer: at };
    case 'connected':
      return at === undefined ? undefined : { status: 'heard', message: `heard the peer at ${at}…`, peer: at };
    default:
      return undefined;
  }
}

function n4Progress(state: string, context: N4PeerContext): Status | undefined {
  const { input, round, pool, peer, path } = context;
  const server = formatEndpoint(input.server);
  switch (state) {
    case 'meeting': {
      const [first, last] = [pool[0]?.local.port ?? 0, pool.at(-1)?.local.port ?? 0];
      return { status: 'waiting', message: `round ${round}, from ports ${first} to ${last}: waiting for the peer at ${server}…`, server, round };
    }
    case 'sweeping': {
      if (!peer) return undefined;
      const [at, target] = [formatEndpoint(peer), formatEndpoint(targetOf(context, peer))];
      return { status: 'punching', message: `the peer was seen at ${at}, sweeping toward ${target}…`, peer: at, target, round };
    }
    case 'connected':
      return path && { status: 'heard', message: `heard the peer at ${formatEndpoint(path.peer)}…`, peer: formatEndpoint(path.peer) };
    default:
      return undefined;
  }
}

/** The outermost state; what follows the confirmation is told by the command. */
function stateOf(snapshot: AnyMachineSnapshot): string {
  return snapshot.hasTag('confirmed') ? 'confirmed' : outermost(snapshot.value);
}

/** The outermost state of several within each other. */
export function outermost(value: AnyMachineSnapshot['value']): string {
  return typeof value === 'string' ? value : (Object.keys(value)[0] ?? '');
}
