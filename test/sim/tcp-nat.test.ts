/** NAT × TCP: rows of segment and verdict. Sources: RFC 5382; what Linux does, as measured in test/lab. */
import { describe, expect, test } from 'vitest';
import { LINUX_TCP, type NatBehaviour, natFlavour } from '../../adapters/sim/index.ts';
import { externalOf, natOf, packetOf, type PacketRow, played, verdict } from './rows.ts';

function claim(behaviour: Partial<NatBehaviour>, rows: readonly PacketRow[]): void {
  expect(played(natOf(behaviour), rows)).toEqual(rows);
}

const HOUR = 3_600_000;
const APD = 'address-and-port-dependent';
const SYMMETRIC = { mapping: APD, allocation: { kind: 'sequential', step: 1, noisePerSecond: 0, first: 3000 } } as const;
const HANDSHAKE: readonly PacketRow[] = [
  [0, 'out', 'i:5000 > x:80 SYN', 'm:5000 > x:80'],
  [1, 'in', 'x:80 > m:5000 SYN-ACK', 'x:80 > i:5000'],
  [2, 'out', 'i:5000 > x:80 ACK', 'm:5000 > x:80'],
];

describe('a session', () => {
  test('passes both ways once it was begun from inside', () => claim({}, [...HANDSHAKE, [3, 'in', 'x:80 > m:5000 ACK', 'x:80 > i:5000']]));

  test('begun from outside is dropped, whatever the filtering, while nothing was sent out', () => {
    for (const filtering of ['endpoint-independent', 'address-dependent', APD] as const) claim({ filtering }, [[0, 'in', 'x:80 > m:5000 SYN', 'no-mapping']]);
  });

  test.each([
    ['endpoint-independent', 'y:9 > i:5000', 'x:9 > i:5000'],
    ['address-dependent', 'filtering', 'x:9 > i:5000'],
    [APD, 'filtering', 'filtering'],
  ] as const)('with %s filtering lets a SYN of another address and of another port in as that says (REQ-3)', (filtering, address, port) =>
    claim({ filtering }, [...HANDSHAKE, [3, 'in', 'y:9 > m:5000 SYN', address], [4, 'in', 'x:9 > m:5000 SYN', port]]));

  test.each(['endpoint-independent', 'address-dependent', APD] as const)('whose SYNs cross passes with %s filtering (REQ-2)', (filtering) =>
    claim({ filtering }, [
      [0, 'out', 'i:5000 > x:80 SYN', 'm:5000 > x:80'],
      [1, 'in', 'x:80 > m:5000 SYN', 'x:80 > i:5000'],
      [2, 'out', 'i:5000 > x:80 SYN-ACK', 'm:5000 > x:80'],
      [3, 'in', 'x:80 > m:5000 SYN-ACK', 'x:80 > i:5000'],
      [100 * HOUR, 'out', 'i:5000 > x:80 ACK', 'm:5000 > x:80'],
    ]));

  test('of a stream that was forgotten is taken up again from inside, but nothing else is that begins none', () => {
    claim({}, [
      [0, 'out', 'i:5000 > x:80 SYN-ACK', 'no-session'],
      [0, 'out', 'i:5000 > x:80 FIN', 'no-session'],
      [0, 'out', 'i:5000 > x:80 RST', 'no-session'],
      [0, 'out', 'i:5000 > x:80 ACK', 'm:5000 > x:80'],
      [1, 'in', 'x:80 > m:5000 ACK', 'x:80 > i:5000'],
    ]);
  });

  test('does not pass a firewall from outside, and keeps its addresses', () =>
    claim({ allocation: { kind: 'none' } }, [
      [0, 'in', 'x:80 > i:5000 SYN', 'no-mapping'],
      [1, 'out', 'i:5000 > x:80 SYN', 'i:5000 > x:80'],
      [2, 'in', 'x:80 > i:5000 SYN', 'x:80 > i:5000'],
      [3, 'in', 'y:80 > i:5000 SYN', 'filtering'],
    ]));

  test('costs a hop each way, and dies without one', () => {
    expect(verdict(natOf(), 0, 'out', 'i:5000 > x:80 SYN ttl 1')).toBe('ttl');
    const nat = natOf();
    const packet = packetOf('i:5000 > x:80 SYN');
    nat.outbound(packet, 0);
    expect(packet.ttl).toBe(63);
  });

  test('is nothing to a NAT that blocks TCP', () => claim({ blocked: ['tcp'] }, [[0, 'out', 'i:5000 > x:80 SYN', 'tcp-blocked'], [0, 'out', 'i:5000 > x:80', 'm:5000 > x:80']]));
});

describe('ports', () => {
  test('of TCP are others than those of UDP', () =>
    claim({}, [
      [0, 'out', 'i:5000 > x:80', 'm:5000 > x:80'],
      [1, 'in', 'x:80 > m:5000 SYN', 'no-mapping'],
      [2, 'out', 'j:5000 > x:80 SYN', 'm:5000 > x:80'],
      [3, 'in', 'x:80 > m:5000 SYN-ACK', 'x:80 > j:5000'],
      [4, 'in', 'x:80 > m:5000', 'x:80 > i:5000'],
    ]));

  test('that are counted are counted for both together', () =>
    claim(SYMMETRIC, [
      [0, 'out', 'i:5000 > x:80 SYN', 'm:3000 > x:80'],
      [1, 'out', 'i:5000 > x:80', 'm:3001 > x:80'],
      [2, 'out', 'i:5000 > y:80 SYN', 'm:3002 > y:80'],
      [3, 'out', 'i:5000 > x:80 SYN', 'm:3000 > x:80'],
    ]));

  test('of one host behind two are told apart by another port', () => {
    const nat = natOf();
    expect(externalOf(nat, 0, 'i:5000 > x:80 SYN')).toBe('m:5000');
    expect(externalOf(nat, 1, 'j:5000 > x:80 SYN')).not.toBe('m:5000');
  });

  test('count together against the size of the table', () =>
    claim({ table: { size: 2, eviction: 'refuse' } }, [
      [0, 'out', 'i:1 > x:80 SYN', 'm:1 > x:80'],
      [0, 'out', 'i:2 > x:80', 'm:2 > x:80'],
      [0, 'out', 'i:3 > x:80 SYN', 'table-full'],
    ]));
});

describe('a lifetime', () => {
  test('of a SYN without an answer is two minutes from the last one', () =>
    claim({}, [
      [0, 'out', 'i:5000 > x:80 SYN', 'm:5000 > x:80'],
      [60_000, 'out', 'i:5000 > x:80 SYN', 'm:5000 > x:80'],
      [179_999, 'in', 'x:80 > m:5000 SYN', 'x:80 > i:5000'],
      [299_999, 'in', 'x:80 > m:5000 RST', 'no-mapping'],
    ]));

  test('of a session that stands is days, and of one half open not', () => {
    claim({}, [...HANDSHAKE, [119 * HOUR, 'in', 'x:80 > m:5000 ACK', 'x:80 > i:5000'], [240 * HOUR, 'in', 'x:80 > m:5000 ACK', 'no-mapping']]);
    claim({}, [...HANDSHAKE.slice(0, 2), [120_001, 'in', 'x:80 > m:5000 SYN-ACK', 'no-mapping']]);
  });

  test('of one that ends is two minutes from the last segment', () =>
    claim({}, [
      ...HANDSHAKE,
      [3, 'in', 'x:80 > m:5000 FIN', 'x:80 > i:5000'],
      [100_000, 'out', 'i:5000 > x:80 FIN', 'm:5000 > x:80'],
      [219_999, 'in', 'x:80 > m:5000 ACK', 'x:80 > i:5000'],
      [340_000, 'in', 'x:80 > m:5000 ACK', 'no-mapping'],
    ]));

  test('is the NAT\'s to say, and that of UDP is another', () => {
    const tcp = { ...LINUX_TCP, establishedMs: 1000 };
    claim({ tcp }, [
      [0, 'out', 'i:5000 > x:80', 'm:5000 > x:80'],
      ...HANDSHAKE,
      [1001, 'in', 'x:80 > m:5000 ACK', 'x:80 > i:5000'],
      [2001, 'in', 'x:80 > m:5000 ACK', 'no-mapping'],
      [2001, 'in', 'x:80 > m:5000', 'x:80 > i:5000'],
    ]);
  });

  test('ends with a reboot', () => {
    const nat = natOf();
    played(nat, HANDSHAKE);
    nat.reboot();
    expect(verdict(nat, 3, 'in', 'x:80 > m:5000 ACK')).toBe('no-mapping');
  });
});

describe('a RST', () => {
  test('ends a session that nobody has answered at once, and a symmetric NAT counts on', () =>
    claim(SYMMETRIC, [
      [0, 'out', 'i:5000 > x:80 SYN', 'm:3000 > x:80'],
      [1, 'in', 'x:80 > m:3000 RST', 'x:80 > i:5000'],
      [2, 'in', 'x:80 > m:3000 SYN', 'no-mapping'],
      [3, 'out', 'i:5000 > x:80 SYN', 'm:3001 > x:80'],
    ]));

  test('from inside does too', () => claim({}, [[0, 'out', 'i:5000 > x:80 SYN', 'm:5000 > x:80'], [1, 'out', 'i:5000 > x:80 RST', 'm:5000 > x:80'], [2, 'in', 'x:80 > m:5000 SYN', 'no-mapping']]));

  test('leaves one that was answered ten seconds, in which no SYN comes in, but one goes out anew', () => {
    claim({}, [
      ...HANDSHAKE,
      [3, 'in', 'x:80 > m:5000 RST', 'x:80 > i:5000'],
      [4, 'in', 'x:80 > m:5000 ACK', 'x:80 > i:5000'],
      [5, 'in', 'x:80 > m:5000 SYN', 'filtering'],
      [10_004, 'in', 'x:80 > m:5000 ACK', 'no-mapping'],
    ]);
    claim(SYMMETRIC, [
      [0, 'out', 'i:5000 > x:80 SYN', 'm:3000 > x:80'],
      [1, 'in', 'x:80 > m:3000 SYN', 'x:80 > i:5000'],
      [2, 'in', 'x:80 > m:3000 RST', 'x:80 > i:5000'],
      [3, 'out', 'i:5000 > x:80 SYN', 'm:3001 > x:80'],
    ]);
  });

  test('says nothing of the others with whom it shares a row', () =>
    claim({ filtering: 'address-dependent' }, [...HANDSHAKE, [3, 'in', 'x:80 > m:5000 RST', 'x:80 > i:5000'], [4, 'in', 'x:81 > m:5000 SYN', 'x:81 > i:5000']]));

  test('means nothing to a NAT of the other kind', () =>
    claim({ tcp: { ...LINUX_TCP, resetEnds: false } }, [...HANDSHAKE, [3, 'in', 'x:80 > m:5000 RST', 'x:80 > i:5000'], [4, 'in', 'x:80 > m:5000 SYN', 'x:80 > i:5000']]));
});

describe('what is not let in', () => {
  const isRefused = (name: string, text: string): boolean => {
    const nat = natOf(natFlavour(name)[0]);
    verdict(nat, 0, 'out', 'i:5000 > y:80 SYN');
    const packet = packetOf(text);
    const reason = nat.inbound(packet, 1);
    return reason !== undefined && nat.refuses(packet, reason);
  };

  test.each([
    ['port-restricted', 'x:80 > m:5000 SYN', false],
    ['port-restricted+rst', 'x:80 > m:5000 SYN', true],
    ['port-restricted+rst', 'x:80 > m:6000 SYN', true],
    ['port-restricted+rst', 'x:80 > m:5000 ACK', true],
    ['port-restricted+rst', 'x:80 > m:5000 RST', false],
    ['port-restricted+rst', 'x:80 > m:5000', false],
    ['port-restricted+rst', 'y:80 > m:5000 SYN', false],
    ['port-restricted+linux-open', 'x:80 > m:5000 SYN', true],
    ['full-cone+rst', 'x:80 > m:5000 SYN', false],
    ['full-cone+rst', 'x:80 > m:6000 SYN', true],
    ['symmetric+rst', 'x:80 > m:5000 SYN', true],
  ])('by %s: %s gets a RST: %s', (name, text, expected) => expect(isRefused(name, text)).toBe(expected));

  test('leaves nothing behind, not even where a datagram would move our port', () => {
    const nat = natOf({ earlyProbe: 'clash' });
    expect(verdict(nat, 0, 'in', 'y:1 > m:5000 SYN')).toBe('no-mapping');
    expect(externalOf(nat, 1, 'i:5000 > y:1 SYN')).toBe('m:5000');
    expect(verdict(nat, 2, 'in', 'y:1 > m:5000')).toBe('early-probe');
    expect(externalOf(nat, 3, 'i:5000 > y:1 SYN')).toBe('m:5000');
  });
});

describe('from inside to inside', () => {
  const ROWS: readonly PacketRow[] = [
    [0, 'out', 'i:5000 > x:80 SYN', 'm:5000 > x:80'],
    [1, 'hairpin', 'j:6000 > m:5000 SYN', 'm:6000 > i:5000'],
    [2, 'hairpin', 'i:5000 > m:6000 SYN-ACK', 'm:5000 > j:6000'],
    [3, 'hairpin', 'j:6000 > m:5000 ACK', 'm:6000 > i:5000'],
    [100 * HOUR, 'hairpin', 'i:5000 > m:6000 ACK', 'm:5000 > j:6000'],
  ];

  test('a NAT that hairpins turns segments back', () => claim({ hairpin: true }, ROWS));

  test('a symmetric one does it by another port', () =>
    claim({ ...SYMMETRIC, hairpin: true }, [
      [0, 'out', 'i:5000 > x:80 SYN', 'm:3000 > x:80'],
      [1, 'hairpin', 'j:6000 > m:3000 SYN', 'm:3001 > i:5000'],
      [2, 'hairpin', 'i:5000 > m:3001 SYN-ACK', 'm:3000 > j:6000'],
      [3, 'hairpin', 'j:6000 > m:3000 ACK', 'm:3001 > i:5000'],
    ]));

  test('another drops them', () => claim({}, [[0, 'out', 'i:5000 > x:80 SYN', 'm:5000 > x:80'], [1, 'hairpin', 'j:6000 > m:5000 SYN', 'no-hairpin']]));
});
