/** Every machine that a protocol plays. */
import type { AnyStateMachine } from 'xstate';
import { n4Peer, n4Server } from '../../machines/n4/index.ts';
import { stunClient, stunServer, textAssist, textClient, textServer } from '../../machines/nat-check/index.ts';
import { seedUdpPeer, seedUdpServer } from '../../machines/seed-udp/index.ts';
import { tcpOpenPeer, tcpOpenRendezvous } from '../../machines/tcp-open/index.ts';
import { udpPunchPeer, udpPunchRendezvous } from '../../machines/udp-punch/index.ts';

export const everyMachine: readonly AnyStateMachine[] = [n4Peer, n4Server, stunClient, stunServer, textAssist, textClient, textServer, seedUdpPeer, seedUdpServer, tcpOpenPeer, tcpOpenRendezvous, udpPunchPeer, udpPunchRendezvous];
