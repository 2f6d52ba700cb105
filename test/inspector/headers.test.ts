/** IP packets made of what a trace tells, byte by byte where it matters; that others can read them is claimed in exports.slow.ts. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { ipPacket } from '../../cli/inspector/trace/headers.ts';
import { hexOf } from '../../cli/inspector/trace/hex.ts';
import type { PacketContent } from '../../cli/inspector/trace/trace.ts';

const UDP: PacketContent = { protocol: 'udp', label: 'probe', length: 0 };
const made = (src: string, dst: string, content: PacketContent = UDP): string => bytesToHex(ipPacket(src, dst, content, new Map()));
const source = (packet: string): string => (packet.startsWith('4') ? packet.slice(24, 32) : packet.slice(16, 48));
const sourceOf = (src: string, dst = src): string => source(made(src, dst));

test.each([
  ['192.0.2.7:5000', 'c0000207'],
  // Names, and what looks like an address and is none, have no address.
  ['home.example:5000', '00000000'],
  ['300.0.2.7:5000', '00000000'],
  ['192.0.2.7.9', '00000000'],
  ['192.0.2.7', 'c0000207'],
])('IPv4: %s leaves from %s', (src, hex) => {
  expect(sourceOf(src)).toBe(hex);
});

test.each([
  ['[2001:db8::7]:5000', '20010db8000000000000000000000007'],
  ['[fe80::1%eth0]:5000', 'fe800000000000000000000000000001'],
  ['[1:2:3:4:5:6:7:8]:5000', '00010002000300040005000600070008'],
  ['[::]:5000', '00000000000000000000000000000000'],
  ['[::ffff:192.0.2.7]:5000', '00000000000000000000ffffc0000207'],
  ['[::192.0.2.7]:5000', '000000000000000000000000c0000207'],
  ['1:2:3', '00000000000000000000000000000000'],
  ['1:2:3:4:5:6:7:8:9', '00000000000000000000000000000000'],
])('IPv6: %s leaves from %s', (src, hex) => {
  expect(sourceOf(src)).toBe(hex);
});

test('an IPv4 address beside one of IPv6 is written as one', () => {
  expect(sourceOf('192.0.2.7:1', '[2001:db8::7]:2')).toBe('00000000000000000000ffffc0000207');
});

test('ICMP has the number of its version', () => {
  expect(made('192.0.2.7', '192.0.2.8', { ...UDP, protocol: 'icmp' }).slice(18, 20)).toBe('01');
  expect(made('2001:db8::7', '2001:db8::8', { ...UDP, protocol: 'icmp' }).slice(12, 14)).toBe('3a');
});

test('a datagram whose checksum comes to nothing says so otherwise', () => {
  const found = Array.from({ length: 65_536 }, (_, n) => n.toString(16).padStart(4, '0')).find((bytes) => made('192.0.2.7:1', '192.0.2.8:2', { ...UDP, length: 2, bytes }).slice(52, 56) === 'ffff');
  expect(found).toBeDefined();
  expect(made('192.0.2.7:1', '192.0.2.8:2', { ...UDP, length: 2, bytes: '0000' }).slice(52, 56)).not.toBe('0000');
});

test.each([
  [{ syn: true, fin: false, rst: false, seq: 7 }, '0000000700000000', '02'],
  [{ syn: true, fin: false, rst: false, seq: 7, ack: 9 }, '0000000700000009', '12'],
  [{ syn: false, fin: true, rst: false, seq: 7, ack: 9 }, '0000000700000009', '11'],
  [{ syn: false, fin: false, rst: true, seq: 7 }, '0000000700000000', '04'],
])('a segment that was seen is as it was: %j', (segment, numbers, flags) => {
  const packet = made('192.0.2.7:1', '192.0.2.8:2', { ...UDP, protocol: 'tcp', segment });
  expect([packet.slice(48, 64), packet.slice(66, 68)]).toEqual([numbers, flags]);
});

test('of a connection of which the beginning was not seen, bytes are numbered from the first that was', () => {
  const streams = new Map<string, number>();
  const segment = (src: string, dst: string): string => bytesToHex(ipPacket(src, dst, { protocol: 'tcp', label: 'payload', length: 5 }, streams)).slice(48, 64);
  expect([segment('192.0.2.7:1', '192.0.2.8:2'), segment('192.0.2.8:2', '192.0.2.7:1'), segment('192.0.2.7:1', '192.0.2.8:2')]).toEqual(['0000000100000001', '0000000100000006', '0000000600000006']);
});

test('long bytes are the same in hex as short ones', () => {
  const data = Uint8Array.from({ length: 9_000 }, (_, index) => index % 256);
  expect(hexOf(data)).toBe(bytesToHex(data));
});
