/** What either end of pwnat says of its tunnel. */
import { expect, test } from 'vitest';
import { callerNews, listenerNews } from '../../cli/pwnat-news.ts';
import type { ServerReported } from '../../effects/scenario.ts';

const from = { host: '203.0.113.5', port: 2222 };
const local = { host: '127.0.0.1', port: 8080 };
const to = { host: '10.0.0.2', port: 80 };
const news = (what: ServerReported['what'], more: Partial<ServerReported> = {}): ServerReported => ({ type: 'server', what, ...more });

test.each([
  [news('listening', { local }), 'listening on UDP port 8080, and on ICMP for callers…'],
  [news('listening'), 'listening on UDP port 0, and on ICMP for callers…'],
  [news('called', { from }), '203.0.113.5:2222 has found this host'],
  [news('carried', { from }), 'carrying a TCP connection of 203.0.113.5:2222'],
  [news('denied', { from }), '203.0.113.5:2222 asked for a destination that --allow does not name'],
  [news('refused', { from }), 'the destination that 203.0.113.5:2222 asked for could not be connected to'],
  [news('mute'), 'no NAT can be opened, for the system sends no ICMP echo requests'],
  [news('mute', { detail: 'permission denied' }), 'no NAT can be opened, for the system sends no ICMP echo requests: permission denied'],
  [news('unanswered', { from }), 'unanswered'],
])('a listener says of %j: %s', (one, words) => {
  expect(listenerNews(one)).toBe(words);
});

test.each([
  [to, news('listening', { local }), 'listening on 127.0.0.1:8080 (TCP), which leads to 10.0.0.2:80 over there'],
  [undefined, news('listening', { local }), 'listening on 127.0.0.1:8080 (TCP), which leads to nothing over there, for want of --to'],
  [to, news('called', { from }), '203.0.113.5:2222 has answered'],
  [to, news('carried', { from }), 'carrying a TCP connection to 203.0.113.5:2222'],
  [to, news('denied', { from }), '203.0.113.5:2222 does not allow 10.0.0.2:80'],
  [undefined, news('denied', { from }), '203.0.113.5:2222 does not allow that'],
  [to, news('refused', { from }), '203.0.113.5:2222 could not connect to 10.0.0.2:80'],
  [undefined, news('refused', { from }), '203.0.113.5:2222 could not connect to that'],
  [to, news('unanswered', { from }), '203.0.113.5:2222 did not answer for a TCP connection, which was closed'],
  [to, news('mute'), 'mute'],
])('a caller for %j says of %j: %s', (wanted, one, words) => {
  expect(callerNews(wanted)(one)).toBe(words);
});
