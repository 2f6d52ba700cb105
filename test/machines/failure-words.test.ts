/** Why nothing came about, in words: each thing that was seen is told, and nothing else. What leads there is claimed beside each machine. */
import { describe, expect, test } from 'vitest';
import { explainLose } from '../../machines/n4/explain.ts';
import type { N4PeerContext } from '../../machines/n4/session.ts';
import { type Attempt, explainNoAnswer, NOTHING_SEEN, type Sightings } from '../../machines/pwnat/explain.ts';
import { explainSilence as explainTcp } from '../../machines/tcp-open/explain.ts';
import type { OpenPeerContext, Target } from '../../machines/tcp-open/session.ts';
import { explainSilence as explainUdp } from '../../machines/udp-punch/explain.ts';
import type { PeerContext } from '../../machines/udp-punch/session.ts';

const SERVER = { host: '203.0.113.5', port: 2222 };
const PEER = { host: '203.0.113.9', port: 5000 };

describe('pwnat', () => {
  const attempt: Attempt = { server: SERVER, to: { host: '10.0.0.2', port: '80' }, variant: 'pwnat', authenticated: false, stun: undefined, local: { host: '0.0.0.0', port: 2222 } };
  const said = (seen: Partial<Sightings>, more: Partial<Attempt> = {}): string => explainNoAnswer({ ...attempt, ...more }, { ...NOTHING_SEEN, ...seen }).detail;
  const at = (host: string) => [{ host, port: 2222 }];

  test('nothing at all', () => {
    expect(said({})).toMatch(/^Nothing came from 203\.0\.113\.5:2222\. What it can be, the likeliest first: \(1\) this host's provider/);
  });

  test.each([
    [{ rejected: 'filtered' }, 'a router says that UDP there is prohibited'],
    [{ rejected: 'no-route' }, 'a router says that there is no way there'],
    [{ rejected: 'port' }, '203.0.113.5 says that its UDP port 2222 is closed'],
    [{ pinged: true, pong: true }, '203.0.113.5 answers an ordinary ping'],
    [{ pinged: true }, '203.0.113.5 answers no ordinary ping'],
    [{ trouble: 'permission denied' }, 'this host said: permission denied'],
    [{ punched: true }, 'the listener runs, and the forged ICMP error reaches it'],
  ] as const)('%j', (seen, words) => {
    const text = said(seen);
    expect(text).toMatch(/ Seen: /);
    expect(text).toContain(words);
  });

  test.each(['10.1.2.3', '127.0.0.1', '172.16.0.1', '172.31.0.1', '192.168.0.1', '100.64.0.1', '100.127.0.1', '169.254.0.1'])('%s is private: a NAT is named', (host) => {
    expect(said({ addresses: at(host) })).toContain(`this host's own address ${host} is private, so a NAT stands in front of it`);
    expect(said({ addresses: at(host) })).toContain('does not translate the forged ICMP error');
  });

  test.each(['8.8.8.8', '172.15.0.1', '172.32.0.1', '192.169.0.1', '100.63.0.1', '100.128.0.1', '169.253.0.1'])('%s is public: no NAT is named', (host) => {
    expect(said({ addresses: at(host) })).toContain(`this host's own address ${host} is public`);
    expect(said({ addresses: at(host) })).not.toContain('NAT in front of this host');
  });

  test('a secret is among the reasons, on whichever side it is', () => {
    expect(said({ punched: true })).toContain('(1) the listener wants a secret');
    expect(said({ punched: true }, { authenticated: true })).toContain('(1) the listener does not know the same secret');
    expect(said({ greeted: true }, { authenticated: true })).toContain('does not prove the secret');
  });
});

describe('TCP', () => {
  const target = (port: number, more: Partial<Target> = {}): Target => ({ endpoint: { ...PEER, port }, known: 'foretold', refusals: 0, troubles: 0, strangers: 0, ...more }) as Target;
  const base = { round: 2, roundsBefore: 0, targets: [], aims: 0, strangers: 0, broken: 0, trouble: undefined, mapped: undefined, mapping: 'same', peer: undefined, local: undefined, input: { server: SERVER }, spent: 7, repeats: 0 };
  const said = (more: object): string => explainTcp({ ...base, ...more } as unknown as OpenPeerContext).detail;

  test('connections that broke are counted', () => {
    expect(said({ broken: 1 })).toMatch(/^A connection with the peer stood and broke before/);
    expect(said({ broken: 2 })).toMatch(/^2 connections with the peer stood and broke before/);
  });

  test('a peer that named no address is said to have named none', () => {
    expect(said({})).toContain('In 2 rounds no connection with the peer came about: the peer named no address to try.');
  });

  test('few targets are named, many of one aim are counted', () => {
    const many = [1, 2, 3, 4].map((port) => target(port));
    expect(said({ targets: [target(1, { refusals: 2 }), target(2, { troubles: 1 })] })).toContain('203.0.113.9:1 refused 2 times; 203.0.113.9:2 could not be reached');
    expect(said({ targets: many })).toContain('of 4 ports at 203.0.113.9 0 refused, and nobody answered.');
    expect(said({ targets: [...many, target(5, { strangers: 1 })] })).toContain('of 5 ports at 203.0.113.9 0 refused, and somebody else answered.');
    expect(said({ targets: [...many, target(5, { strangers: 1 }), target(6, { strangers: 1, refusals: 1 })] })).toContain('1 refused, and somebody else answered at 2.');
  });
});

test('a UDP punch in which the peer was heard before failed by its silence', () => {
  expect(explainUdp({ heardIn: 1 } as PeerContext).detail).toMatch(/^The peer was heard, but never answered/);
});

test('a UDP punch tells of its sweeps as many as there were', () => {
  const said = (sweeps: number, kind: 'aimed' | 'birthday' = 'aimed'): string => explainUdp({ sweeps, sweep: { kind, sockets: 1, aims: [1, 2], odds: 0.5, sent: 0 } } as unknown as PeerContext).detail;
  expect([said(1), said(3)]).toEqual([expect.stringContaining('aimed at in one sweep, each with odds of about 50 %'), expect.stringContaining('aimed at in 3 sweeps')]);
  expect(said(1, 'birthday')).toContain('2 ports were tried from here');
});

test('an n4 peer tells its rounds, and the ports that it has seen', () => {
  const said = (more: object): string => explainLose({ input: { count: 25 }, round: 1, peer: PEER, peerPorts: [5000], outcome: undefined, trouble: undefined, ...more } as unknown as N4PeerContext).detail;
  expect(said({})).toMatch(/^Nothing came from 203\.0\.113\.9 in 1 round of 25 ports\. A sweep/);
  expect(said({ round: 3, peerPorts: [5000, 5001] })).toMatch(/ in 3 rounds of 25 ports\. Its ports were 5000, 5001\. A sweep/);
});
