/** What every network promises, whatever it is made of. Each claim runs on two hosts that reach one another. */
import { afterEach, beforeEach, describe } from 'vitest';
import type { Net } from '../../effects/net.ts';
import { claimDatagrams } from './contract-datagrams.ts';
import { claimFlow } from './contract-flow.ts';
import { claimIcmp } from './contract-icmp.ts';
import { claimPorts } from './contract-ports.ts';
import { claimSockets } from './contract-sockets.ts';
import { claimStreams } from './contract-streams.ts';
import { type Await, Party } from './party.ts';

/** Two hosts that reach one another, and the passing of time. */
export interface NetPair {
  readonly a: NetHost;
  readonly b: NetHost;
  readonly until: Await;
}

export interface NetHost {
  readonly net: Net;
  /** Its own IPv4 address, at which the other reaches it. */
  readonly address: string;
}

/** What a claim works with: the two addresses, and parties that end with their test. */
export interface Ground {
  readonly address: { readonly a: string; readonly b: string };
  join(host: 'a' | 'b'): Party;
}

/** `icmp` where raw sockets can be had. */
export function describeNet(name: string, makePair: () => NetPair, { icmp }: { readonly icmp: boolean }): void {
  describe(`a network (${name})`, () => {
    let pair: NetPair;
    let parties: Party[];

    beforeEach(() => {
      pair = makePair();
      parties = [];
    });
    afterEach(() => parties.forEach((party) => party.stop()));

    const ground: Ground = {
      get address() {
        return { a: pair.a.address, b: pair.b.address };
      },
      join: (host) => {
        const party = new Party(pair[host].net, pair.until);
        parties.push(party);
        return party;
      },
    };
    claimSockets(ground);
    claimDatagrams(ground);
    claimStreams(ground);
    claimFlow(ground);
    claimPorts(ground);
    if (icmp) claimIcmp(ground);
  });
}
