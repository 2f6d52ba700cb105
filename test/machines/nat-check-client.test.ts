/** The client of the three-role check: its order, what it repeats, whom it believes, and how it ends. Pure transitions. */
import { describe, expect, test } from 'vitest';
import { ASSIST, at, SECOND, SERVER, STRANGER, TextClient } from './nat-check-roles.ts';

const repeated = (text: string, count: number): string[] => Array<string>(count).fill(text);

describe('the mapping', () => {
  test('is asked of the server first, and of the assist when the server has answered', () => {
    const client = new TextClient().begun();
    expect(client.sent).toEqual(['first > 198.18.0.2:7000 register']);
    client.now += 40;
    expect(client.mapped(at(1000)).sent).toEqual([]);
    client.elapse('quiet');
    expect([client.now, client.sent]).toEqual([1190, ['first > 198.18.0.4:7000 register']]);
    client.now += 60;
    expect([client.mapped(at(1000)).state, client.context.rttMs, client.context.chainMs]).toEqual(['filtering.opening', 40, 60]);
  });

  test('that varies is a symmetric NAT, and the end', () => {
    const client = new TextClient().begun().mapped(at(1000));
    client.elapse('quiet');
    client.now += 30;
    client.mapped(at(2000));
    expect(client.outcome).toMatchObject({ verdict: 'symmetric', reflexive: at(1000), local: { host: '192.168.1.2', port: 40_000 }, elapsedMs: 180 });
  });

  test('is believed of the server only, on the socket that asked', () => {
    const client = new TextClient().begun().mapped(at(1000), STRANGER).mapped(at(1000), SECOND).mapped(at(1000), ASSIST);
    client.hear({ type: 'mapped', endpoint: at(1000) }, SERVER, 'tests');
    expect(client.state).toBe('registering');
    client.mapped(at(1000)).elapse('quiet');
    expect(client.mapped(at(2000), ASSIST).mapped(at(2000), STRANGER).state).toBe('mapping.comparing');
  });

  test('is not what a copy of the first answer says', () => {
    const client = new TextClient().begun().mapped(at(1000));
    expect(client.mapped(at(1000)).state).toBe('mapping.settling');
    client.elapse('quiet');
    // A copy that comes later still does not help against the report itself.
    client.mapped(at(1000)).opened('cone', at(1, '192.168.1.2'));
    expect([client.mapped(at(2000)).said]).toEqual(['symmetric']);
  });
});

describe('repetitions', () => {
  test('the server is asked five times in 7.5 s, and then it does not answer', () => {
    const client = new TextClient().begun().finish();
    expect(client.everSent).toEqual(repeated('first > 198.18.0.2:7000 register', 5));
    expect([client.now, client.said]).toEqual([8_500, 'no-server']);
  });

  test('the assist is asked eight times, and then there is no report', () => {
    const client = new TextClient().begun().mapped(at(1000)).finish();
    expect(client.everSent.slice(1)).toEqual(repeated('first > 198.18.0.4:7000 register', 8));
    expect(client.said).toBe('no-assist');
    expect(client.outcome).toMatchObject({ detail: expect.stringContaining('asked 8 times') });
  });

  test('a registration that comes back is an original server out of step, in every state that waits for an answer', () => {
    const states = [new TextClient().begun(), new TextClient().begun().mapped(at(1000))];
    for (const client of states) expect(client.hear({ type: 'register' }, SERVER, 'first').said).toBe('out-of-step');
    expect(new TextClient().begun().hear({ type: 'register' }, STRANGER, 'first').state).toBe('registering');
  });

  test('begin as the original ends: one registration each and two NEXT, then a pause', () => {
    const client = new TextClient().testing();
    const before = client.everSent.slice(2);
    expect(before).toEqual(['tests > 198.18.0.2:7000 register', 'cone > 198.18.0.4:7000 register', 'tests > 198.18.0.2:7000 next']);
    client.elapse('nextInterval');
    expect(client.sent).toEqual(['tests > 198.18.0.2:7000 next']);
    const pausing = client.now;
    while (client.sent.length === 0 || client.now === pausing) client.next();
    expect(client.now - pausing).toBeGreaterThanOrEqual(150);
  });

  test('without any test heard: 16 NEXT, 16 times the full-cone test, and no verdict', () => {
    const client = new TextClient().testing().finish();
    const counts = (text: string): number => client.everSent.filter((sent) => sent === text).length;
    expect([counts('tests > 198.18.0.2:7000 next'), counts('cone > 198.18.0.4:7000 register'), counts('tests > 198.18.0.2:7000 register')]).toEqual([16, 16, 1]);
    expect(client.said).toBe('inconclusive');
    expect(client.outcome).toMatchObject({ detail: expect.stringContaining('asked for 16 times, the others 16 times') });
  });
});

describe('the filtering', () => {
  test('full-cone is heard by the socket that talks to the assist only, from the server itself', () => {
    const client = new TextClient().testing().test('full-cone', STRANGER, 'cone').test('full-cone', SECOND, 'cone').test('full-cone', ASSIST, 'cone').test('full-cone', SERVER);
    expect(client.snapshot.status).toBe('active');
    expect(client.test('full-cone', SERVER, 'cone').said).toBe('full-cone');
  });

  test('restricted is heard from another port of the server, not from its own nor from another host', () => {
    const client = new TextClient().testing().test('restricted', SERVER).test('restricted', STRANGER).test('restricted', ASSIST).test('restricted', SECOND, 'cone').test('restricted', SERVER, 'first');
    expect(client.context.heard).toEqual({});
    expect(client.test('restricted', SECOND).finish().said).toBe('restricted');
  });

  test('the last test after seven NEXT is port-restricted, after fewer it is the original that spoke', () => {
    const client = new TextClient().testing();
    while (client.context.nexts < 7) client.next();
    expect(client.test('port-restricted', SERVER).finish().said).toBe('port-restricted');
    const other = new TextClient().testing();
    while (other.context.nexts < 6) other.next();
    expect(other.test('port-restricted', SERVER).finish().said).toBe('restricted-or-port-restricted');
  });

  test('an original server is asked no more once it has said all', () => {
    const client = new TextClient().testing();
    client.elapse('nextInterval');
    client.test('port-restricted', SERVER).finish();
    expect(client.everSent.slice(2)).toHaveLength(4);
    expect(client.outcome).toMatchObject({ evidence: [{}, {}, { because: expect.stringContaining('one lost datagram looks the same') }, {}] });
  });

  test('a last test that overtakes the one before changes nothing', () => {
    const client = new TextClient().testing();
    while (client.context.nexts < 7) client.next();
    expect(client.test('port-restricted', SERVER).test('restricted', SECOND).finish().said).toBe('restricted');
  });

  test('without translation it is open when strangers get in, and firewalled when they do not', () => {
    const own = { host: '192.168.1.2', port: 40_000 };
    expect(new TextClient().testing(own).test('full-cone', SERVER, 'cone').said).toBe('open');
    expect(new TextClient().testing(own).test('restricted', SECOND).finish().said).toBe('firewalled');
    // Its own IP address with another port is a translation: the original would say Open Internet.
    expect(new TextClient().testing({ ...own, port: 5 }).test('full-cone', SERVER, 'cone').said).toBe('full-cone');
  });
});

describe('the end', () => {
  test('comes when it is told to, in every state', () => {
    const states = [new TextClient(), new TextClient().begun(), new TextClient().begun().mapped(at(1)), new TextClient().steady(), new TextClient().testing()];
    for (const client of states) expect(client.close().said).toBe('interrupted');
  });

  test('comes when a socket cannot be opened, or is not', () => {
    expect(new TextClient().refused('first').said).toBe('address-in-use');
    expect(new TextClient().steady().refused('cone').said).toBe('address-in-use');
    expect(new TextClient().finish().said).toBe('socket-failed');
    expect(new TextClient().steady().finish().said).toBe('socket-failed');
  });

  test('comes at once when server and assist share an address', () => {
    const client = new TextClient({ assist: { host: SERVER.host, port: 9 } });
    expect([client.said, client.net]).toEqual(['no-assist', []]);
  });

  test('says why nothing could be sent', () => {
    const client = new TextClient().begun();
    client.send({ type: 'net.failed', effect: 'udp.send', socket: 'first', code: 'unreachable', detail: 'no route to host', at: client.now });
    expect(client.finish().outcome).toMatchObject({ reason: 'no-network', detail: expect.stringContaining('no route to host') });
  });

  test('its sockets: the first where it was told, the others beside it on free ports', () => {
    const client = new TextClient({ local: { host: '192.168.1.2', port: 40_000 } }).steady();
    expect(client.net.filter(({ type }) => type === 'udp.open')).toEqual([
      { type: 'udp.open', socket: 'first', local: { host: '192.168.1.2', port: 40_000 } },
      { type: 'udp.open', socket: 'tests', local: { host: '192.168.1.2' } },
      { type: 'udp.open', socket: 'cone', local: { host: '192.168.1.2' } },
    ]);
  });
});
