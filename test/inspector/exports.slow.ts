/** What a trace is exported to, read by those it is for: the parser of mermaid, and tshark, which has to be installed (`apt-get install tshark`). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { PROTOCOLS } from '../../cli/scenarios.ts';
import { mermaidSequence, mermaidStates } from '../../cli/inspector/trace/mermaid.ts';
import { pcapng } from '../../cli/inspector/trace/pcapng.ts';
import { renameAddresses } from '../../cli/inspector/trace/rename.ts';
import { type Trace, TRACE_FORMAT } from '../../cli/inspector/trace/trace.ts';
import { mermaid } from '../tools/mermaid.ts';
import { ofKind, traced } from './traced.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'natpunch-export-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const FAILED = traced('symmetric', 'symmetric');

test.each(PROTOCOLS.map(({ name }) => name))('mermaid reads the sequence and every statechart of %s', async (protocol) => {
  const trace = traced('symmetric', 'restricted', { protocol });
  expect(await mermaid.parse(mermaidSequence(trace))).toMatchObject({ diagramType: 'sequence' });
  for (const { definition, machine } of ofKind(trace, 'machine')) {
    const last = ofKind(trace, 'snapshot').findLast(({ actor }) => ofKind(trace, 'actor').some((one) => one.actor === actor && one.machine === machine));
    const text = mermaidStates(definition, last?.value);
    expect(await mermaid.parse(text ?? '')).toMatchObject({ diagramType: 'stateDiagram' });
  }
});

test('the sequence says where a packet was dropped and why', () => {
  expect(mermaidSequence(FAILED)).toContain('-xp_nat_45_a: probe, dropped: filtering');
});

test('a long run is cut off, with how much is missing', () => {
  const text = mermaidSequence(traced('symmetric', 'port-restricted'), { limit: 50 });
  expect(text).toMatch(/and \d{3,} more\n$/);
  expect(text.split('\n').length).toBeLessThan(62);
});

test('tshark reads each packet where it was seen, by UDP, with checksums that hold and the reason of its drop', () => {
  const fields = tshark(FAILED, ['frame.interface_name', 'ip.src', 'udp.srcport', 'ip.dst', 'udp.dstport', 'ip.checksum.status', 'udp.checksum.status', 'frame.comment']);
  const packets = ofKind(FAILED, 'packet');
  expect(fields.map(([place, src, from, dst, to]) => `${place} ${src}:${from} ${dst}:${to}`)).toEqual(packets.map(({ place, src, dst }) => `${place} ${src} ${dst}`));
  expect(new Set(fields.map(([, , , , , ip, udp]) => `${ip} ${udp}`))).toEqual(new Set(['1 1']));
  const drop = packets.findIndex(({ what, place }) => what === 'dropped' && place === 'nat-a');
  expect(fields[drop]?.at(-1)).toBe('probe: dropped by nat-a: filtering (nothing was sent to that sender before)');
});

test('tshark reads the messages of STUN in it', () => {
  const names = tshark(FAILED, ['stun.type.method']).flatMap(([method]) => method || []);
  expect(names.length).toBeGreaterThan(10);
});

test('tshark follows the segments of a simulated TCP connection', () => {
  const trace = traced('port-restricted', 'restricted', { protocol: 'tcp-open' });
  const flags = tshark(trace, ['tcp.flags.syn', 'tcp.flags.ack', 'tcp.checksum.status', 'tcp.len']);
  expect(flags.length).toBe(ofKind(trace, 'packet').length);
  expect(flags.some(([syn, ack]) => isTrue(syn) && !isTrue(ack))).toBe(true);
  expect(new Set(flags.map(([, , checksum]) => checksum))).toEqual(new Set(['1']));
});

test('what only one end saw is captured too: IPv6, ICMP, and a connection without its segments', () => {
  const content = (protocol: 'udp' | 'tcp' | 'icmp', label: string, bytes?: string) => ({ protocol, label, length: (bytes?.length ?? 0) / 2, ...(bytes === undefined ? {} : { bytes }) });
  const packet = (what: 'sent' | 'delivered', src: string, dst: string, about: ReturnType<typeof content>) => ({ kind: 'packet', what, place: 'peer', src, dst, content: about }) as const;
  const seen = [
    packet('sent', '[2001:db8::1]:5000', '[2001:db8::2]:6000', content('udp', 'hello', 'c0ffee')),
    packet('sent', '192.0.2.1', '3.3.3.3', content('icmp', 'echo', '0800f7ff00000000')),
    packet('sent', '192.0.2.1:5000', '198.51.100.1:80', content('tcp', 'SYN')),
    packet('delivered', '198.51.100.1:80', '192.0.2.1:5000', content('tcp', 'SYN-ACK')),
    packet('sent', '192.0.2.1:5000', '198.51.100.1:80', content('tcp', 'hello', 'c0ffee')),
    packet('delivered', '198.51.100.1:80', '192.0.2.1:5000', content('tcp', 'FIN')),
  ];
  const trace: Trace = { header: { format: TRACE_FORMAT, title: 'one end', origin: 'live', startedAt: '2026-01-01T00:00:00.000Z' }, events: seen.map((event, n) => ({ n, at: n, packet: n, ...event })) };
  const fields = tshark(trace, ['ipv6.src', 'icmp.type', 'tcp.seq_raw', 'tcp.ack_raw', 'frame.time_epoch']);
  expect(fields.map(([v6, icmp, seq, ack]) => [v6, icmp, seq, ack])).toEqual([
    ['2001:db8::1', '', '', ''],
    ['', '8', '', ''],
    ['', '', '0', '0'],
    ['', '', '0', '1'],
    ['', '', '1', '1'],
    ['', '', '1', '4'],
  ]);
  expect(fields[1]?.[4]).toMatch(/^1767225600\.001|2026-01-01T00:00:00\.001/);
});

test('a renamed trace is a trace: it draws and exports as before', async () => {
  const renamed = renameAddresses(FAILED);
  expect(await mermaid.parse(mermaidSequence(renamed))).toMatchObject({ diagramType: 'sequence' });
  expect(tshark(renamed, ['ip.src']).length).toBe(ofKind(FAILED, 'packet').length);
});

/** One row of fields for each packet. */
function tshark(trace: Trace, fields: readonly string[]): string[][] {
  const file = join(FOLDER, 'run.pcapng');
  writeFileSync(file, pcapng(trace));
  const checks = ['ip.check_checksum', 'udp.check_checksum', 'tcp.check_checksum'].flatMap((name) => ['-o', `${name}:TRUE`]);
  const text = run(['-n', '-r', file, ...checks, '-T', 'fields', ...fields.flatMap((name) => ['-e', name])]);
  return text.split('\n').slice(0, -1).map((row) => row.split('\t'));
}

function run(args: readonly string[]): string {
  const { stdout, error } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error) throw new Error(`tshark cannot be run (${error.message}): apt-get install tshark`);
  return stdout;
}

function isTrue(field: string | undefined): boolean {
  return field === '1' || field === 'True';
}
