/** A trace for sharing: nothing of the addresses is left, and everything else is. */
import { expect, test } from 'vitest';
import { renameAddresses } from '../../cli/inspector/trace/rename.ts';
import { TRACE_FORMAT } from '../../cli/inspector/trace/trace.ts';
import { ofKind, traced } from './traced.ts';

const FAILED = traced('symmetric', 'symmetric');

test('renamed, no address of the run is left, and each is the same everywhere', () => {
  const renamed = renameAddresses(FAILED);
  const text = JSON.stringify(renamed);
  for (const { addresses } of ofKind(FAILED, 'place')) for (const address of addresses) expect(text).not.toMatch(new RegExp(`${address.replaceAll('.', '\\.')}\\b`));
  expect(text).not.toMatch(/"(\$)?bytes"/);
  const [sent, first] = ofKind(renamed, 'packet');
  expect([sent?.src, first?.before?.src, first?.src]).toEqual(['10.0.0.2:40000', '10.0.0.2:40000', expect.stringMatching(/^203\.0\.113\.\d+:\d+$/)]);
  expect(renamed.events.length).toBe(FAILED.events.length);
});

test.each([
  ['IPv6 as documentation', 'to [2606:4700::1111]:53', 'to [2001:db8::1]:53'],
  ['link-local as link-local, without its zone', 'by fe80::1%eth0', 'by fe80::1'],
  ['all that is private as private', '10.1.1.1 192.168.1.1 172.20.1.1 169.254.1.1', '10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5'],
  ['what is only like it as public', '172.40.1.1 192.1.1.1 100.1.1.1', '203.0.113.2 203.0.113.3 203.0.113.4'],
  ['a carrier as a carrier', 'via 100.64.9.2:1', 'via 100.64.0.2:1'],
  ['nobody and this host as they are', '0.0.0.0:0 127.0.0.1 [::1]:5 ::', '0.0.0.0:0 127.0.0.1 [::1]:5 ::'],
  ['times and versions as they are', '12:30:59 1.2.3 1.2.3.4.5', '12:30:59 1.2.3 1.2.3.4.5'],
])('renaming keeps %s', (_, words, expected) => {
  const header = { format: TRACE_FORMAT, title: '', origin: 'live' } as const;
  const { events } = renameAddresses({ header, events: [{ n: 0, at: 0, kind: 'note', actor: 'a', type: 'x', fields: { words } }] });
  expect(events[0]).toMatchObject({ fields: { words: expected } });
});

test('more addresses than one range for documentation has go on in another, and none of them twice', () => {
  const header = { format: TRACE_FORMAT, title: '', origin: 'live' } as const;
  const words = Array.from({ length: 600 }, (_, index) => `8.8.${Math.floor(index / 250)}.${index % 250}`);
  const { events } = renameAddresses({ header, events: [{ n: 0, at: 0, kind: 'note', actor: 'a', type: 'x', fields: { words } }] });
  const renamed = (events[0] as unknown as { readonly fields: { readonly words: readonly string[] } }).fields.words;
  expect(new Set(renamed).size).toBe(600);
  expect([renamed[0], renamed.at(-1)]).toEqual(['203.0.113.2', '198.18.2.93']);
});
