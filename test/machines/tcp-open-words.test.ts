/** What the tcp-open peer says when it ends without a connection: no cause that what it saw rules out. */
import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../machines/port-forecast.ts';
import { OpenBench, PEER } from './open-peer.ts';

const BUSY: Forecast = { kind: 'counting', step: 1, perSecond: 3_000, rttMs: 48 };
const NATS_ARE_IT = /NATs that give every destination another port/;
const AT_HOME = { host: '192.168.2.2', port: 6000 };

function wordsOf(bench: OpenBench): string {
  const { outcome } = bench.context;
  return outcome?.kind === 'failed' ? outcome.detail : String(outcome?.kind);
}

describe('a connection that the server ends', () => {
  test('before it has said a word of this protocol, may be that of no rendezvous', () => {
    // As an HTTP server does: what it says is cut off as another protocol's, and that is the end of the connection.
    const words = wordsOf(new OpenBench().connected().closed('server'));
    expect(words).toContain('It may be no rendezvous');
    expect(words).not.toContain('may have been stopped');
  });

  test('of a member, may be that of a rendezvous that was stopped, or of a session that came twice', () => {
    const words = wordsOf(new OpenBench().connected().answered().answered().closed('server'));
    expect(words).toContain('It may have been stopped');
    expect(words).toContain('the same --seed');
  });

  test('by silence says nothing of sessions', () => {
    const bench = new OpenBench().connected().answered().answered();
    bench.elapse('refreshInterval');
    bench.elapse('answerDeadline');
    expect(wordsOf(bench)).toMatch(/It may have been stopped; try again\.$/);
  });
});

describe('no reply', () => {
  test.each([
    ['from a peer that is seen at its own address', [PEER], false],
    ['from a peer behind a NAT', [PEER, AT_HOME], true],
  ])('%s: whether NATs may be why', (_, endpoints, may) => {
    const bench = new OpenBench().punching({ endpoints });
    bench.failed('c1/0').advance(13_000);
    expect(NATS_ARE_IT.test(wordsOf(bench))).toBe(may);
    expect(wordsOf(bench)).toMatch(/A firewall between the two|a firewall is between the two/);
  });

  test('tells of an error of this host, but not that the peer\'s address at home has no route from here', () => {
    const saying = (socket: string): string => {
      const bench = new OpenBench().punching({ endpoints: [PEER, AT_HOME] }).failed(socket, 'unreachable');
      bench.advance(13_000);
      return wordsOf(bench);
    };
    expect([saying('c1/0').includes('c1/0: unreachable'), saying('c1/1').includes('c1/1: unreachable')]).toEqual([true, false]);
  });

  test('from a peer that is seen at our own address: one NAT is before both', () => {
    const bench = new OpenBench().punching({ endpoints: [{ host: '198.18.1.2', port: 6000 }, AT_HOME] });
    bench.failed('c1/0').advance(13_000);
    expect(wordsOf(bench)).toMatch(/^Both sides are seen at 198\.18\.1\.2, so they are behind one NAT.* A firewall between the two/);
  });

  test('after an aim counts its ports, and names none', () => {
    const bench = new OpenBench().observed(5000).answered().introduced();
    bench.elapse('startDelay');
    bench.foretold(BUSY, { port: 40_000 }).elapse('aimDelay');
    bench.failed('c2/0', 'timed-out').failed('c2/1');
    bench.advance(13_000);
    const words = wordsOf(bench);
    expect(words).toMatch(/of 5 ports at 198\.18\.2\.2 1 refused, and nobody answered\./);
    expect(words).not.toMatch(/198\.18\.2\.2:\d/);
  });
});
