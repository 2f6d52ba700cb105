/** What is measured, in groups that can be chosen by name, each with what its lines mean. */
import { datagramRows } from './datagrams.ts';
import { inspectionRows } from './inspections.ts';
import { n4ServerRows } from './n4-server.ts';
import { openRows } from './opens.ts';
import { punchRows } from './punches.ts';
import { rendezvousRows } from './rendezvous.ts';
import { replayRows } from './replays.ts';
import { sessionRows } from './sessions.ts';
import { stunRows } from './stun.ts';
import { stunServerRows } from './stun-server.ts';
import { sweepRows } from './sweeps.ts';
import type { Row } from './table.ts';
import { tunnelRows } from './tunnels.ts';

export interface Group {
  /** As on the command line. */
  readonly name: string;
  readonly title: string;
  /** What each line means, for who reads the table. */
  readonly means: string;
  /** `worlds`: how many are played for each line, where they are counted. */
  measure(worlds: number): readonly Row[] | Promise<readonly Row[]>;
}

export const GROUPS: readonly Group[] = [
  {
    name: 'rendezvous',
    title: 'The rendezvous of UDP punching',
    means: 'How many rooms a second one rendezvous pairs over loopback, beside a bare node:dgram loop that pairs whoever comes and checks nothing; and how much junk of each kind it throws away a second.',
    measure: rendezvousRows,
  },
  {
    name: 'stun-server',
    title: 'The STUN server',
    means: 'Answers a second over loopback, beside a bare socket that answers as many bytes, and beside coturn where that is installed; then what it holds in memory after a million requests and after junk.',
    measure: stunServerRows,
  },
  { name: 'n4-server', title: 'The n4 server', means: 'Pairs a second that it brings together over loopback, from HELLO to PEERINFO. There is no baseline.', measure: n4ServerRows },
  {
    name: 'sessions',
    title: 'Simulated sessions',
    means: 'Whole punches that one core plays a second on the simulated internet: two hosts, two NATs, a rendezvous, until both are confirmed; then the same with the journal kept, and with all three hosts recorded, as a share of it.',
    measure: sessionRows,
  },
  {
    name: 'punches',
    title: 'What a UDP punch costs',
    means: 'Round trips until the later of both peers is connected, the rendezvous included, and datagrams of both, by pair of NATs; the last lines with loss, where each packet is lost with that chance. The best possible is 1.5 round trips.',
    measure: punchRows,
  },
  {
    name: 'opens',
    title: 'What a TCP opening costs, and its stream',
    means: 'Round trips until both have agreed, and segments of both, by pair of NATs; and how fast the stream that comes of it carries bytes on loopback, beside two bare node:net sockets.',
    measure: openRows,
  },
  { name: 'tunnels', title: 'The tunnel of pwnat', means: 'How fast one TCP connection goes through the tunnel on loopback, where nothing is lost, beside one without a tunnel.', measure: tunnelRows },
  { name: 'datagrams', title: 'Real sockets', means: 'Datagrams a second through the port on real sockets, both ends in one process, beside bare node:dgram.', measure: datagramRows },
  { name: 'replays', title: 'Replay', means: 'Lines of a recording that are refolded through the machine a second, beside reading the recording alone.', measure: replayRows },
  { name: 'inspections', title: 'Being watched', means: 'Simulated runs a second with a trace of everything made, beside the same runs unwatched; a ratio of 0.5 means that being watched doubles the time.', measure: inspectionRows },
  { name: 'codecs', title: 'Bytes', means: 'Messages a second that are encoded or decoded, beside the least that could do the same by hand, or the HMAC alone that a signed message needs.', measure: stunRows },
  {
    name: 'sweeps',
    title: 'Guessed ports against their arithmetic',
    means: 'How many of so many simulated worlds met by guessed ports, beside what the closed form says; a share outside of its 99 % band would be a bug.',
    measure: sweepRows,
  },
];
