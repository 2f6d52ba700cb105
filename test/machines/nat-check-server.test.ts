/** The servers of the three-role check: what they answer whom and from which port, what they keep, what a stranger can make them do. Pure transitions. */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import { LIMITS, noSessions, register, report, sweep } from '../../machines/nat-check/text-sessions.ts';
import { ASSIST, at, HOME, SERVER, STRANGER, TextAssist, TextServer } from './nat-check-roles.ts';

const junk = { type: 'net.unreadable', socket: 'main', from: STRANGER, at: 0, reason: 'junk' } as const;

describe('one client', () => {
  test('is told where it is seen, then what the assist reports, unchanged', () => {
    const server = new TextServer();
    expect(server.register(at(1000))).toEqual(['main > 198.18.1.2:1000 198.18.1.2:1000']);
    expect(server.report(at(1000))).toEqual(['main > 198.18.1.2:1000 198.18.1.2:1000']);
    const other = new TextServer();
    other.register(at(1000));
    expect(other.report(at(2000))).toEqual(['main > 198.18.1.2:1000 198.18.1.2:2000']);
    expect(other.emitted.map((event) => (event as unknown as { what: string }).what)).toEqual(['listening', 'listening', 'checking']);
  });

  test('hears nothing when its second phase begins, for nat_check.py would take it for a test', () => {
    const server = new TextServer().steady();
    expect(server.register(at(1001))).toEqual([]);
    expect(server.report(at(1002))).toEqual(['main > 198.18.1.2:1002 full-cone']);
  });

  test('as nat_check.py asks is tested from the second port first and from the main port last', () => {
    const server = new TextServer().steady();
    server.register(at(1001));
    server.report(at(1002));
    server.now += 5_000;
    expect(server.sayNext(at(1001))).toEqual(['second > 198.18.1.2:1001 restricted']);
    server.now += 5_000;
    expect(server.sayNext(at(1001))).toEqual(['main > 198.18.1.2:1001 port-restricted']);
  });

  test('whose first NEXT was lost gets the last test when nat_check.py waits for it', () => {
    const server = new TextServer().steady();
    server.report(at(1002));
    server.now += 10_000;
    expect(server.sayNext(at(1001))).toEqual(['main > 198.18.1.2:1001 port-restricted']);
  });

  test('whose check was broken off does not stand in the way of the next from that address', () => {
    const server = new TextServer().steady();
    server.report(at(1002));
    server.now += 12_000;
    server.register(at(2000));
    server.report(at(2000));
    server.register(at(2001));
    expect(server.report(at(2002))).toEqual(['main > 198.18.1.2:2002 full-cone']);
    server.now += 150;
    expect(server.sayNext(at(2001))).toEqual(['second > 198.18.1.2:2001 restricted']);
  });

  test('that broke off when its NAT rebooted does not keep the next one from hearing that its mapping varies', () => {
    const server = new TextServer();
    server.register(at(1000));
    server.report(at(2000));
    server.report(at(1000));
    server.now += 4_000;
    server.register(at(1001));
    const heard = Array.from({ length: 3 }, () => {
      server.now += 500;
      return server.report(at(2001));
    });
    expect(heard.at(-1)).toContain('main > 198.18.1.2:1001 198.18.1.2:2001');
  });

  test('whose port was that of another mapping a moment before its registration still hears that its own varies', () => {
    const server = new TextServer();
    server.report(at(1001));
    server.now += 2_800;
    server.register(at(1001));
    const heard = Array.from({ length: 3 }, () => {
      server.now += 500;
      return server.report(at(1002));
    });
    expect(heard.at(-1)).toContain('main > 198.18.1.2:1001 198.18.1.2:1002');
  });

  test('whose full-cone requests come one after the other is not taken for two, though its NEXT are lost', () => {
    const server = new TextServer().steady();
    server.report(at(1002));
    server.now += 4_000;
    server.register(at(2000));
    const heard = Array.from({ length: 16 }, () => {
      server.now += 75;
      return server.report(at(1002));
    });
    expect(heard.flat()).toEqual(Array<string>(16).fill('main > 198.18.1.2:1002 full-cone'));
  });

  test('as ours asks gets six tests from the second port before the last', () => {
    const server = new TextServer().steady();
    server.report(at(1002));
    const answers = Array.from({ length: 8 }, () => {
      server.now += 150;
      return server.sayNext(at(1001))[0]?.split(' ')[3];
    });
    expect(answers).toEqual([...Array<string>(6).fill('restricted'), 'port-restricted', 'port-restricted']);
  });

  test('is not told more than it asked by copies of a datagram', () => {
    const server = new TextServer();
    server.register(at(1000));
    server.now += 400;
    expect(server.register(at(1000))).toEqual([]);
    server.now += 1_100;
    expect(server.register(at(1000))).toHaveLength(1);
    server.report(at(1000));
    server.report(at(1002));
    server.sayNext(at(1001));
    server.now += 50;
    expect(server.sayNext(at(1001))).toEqual([]);
  });

  test('gets no answer to NEXT before its full-cone test was sent: whoever hears one knows that it was', () => {
    const server = new TextServer().steady();
    server.register(at(1001));
    expect(server.sayNext(at(1001))).toEqual([]);
    server.report(at(1002));
    expect(server.sayNext(at(1001))).toEqual(['second > 198.18.1.2:1001 restricted']);
  });

  test('that asks again is answered again: its report, its full-cone test', () => {
    const server = new TextServer().steady();
    expect(server.report(at(1000))).toHaveLength(1);
    expect(server.report(at(1002))).toEqual(server.report(at(1002)));
  });

  test('may be overtaken by the report on it', () => {
    const server = new TextServer();
    expect(server.report(at(1000))).toEqual([]);
    server.now += 100;
    expect(server.register(at(1000))).toEqual(['main > 198.18.1.2:1000 198.18.1.2:1000', 'main > 198.18.1.2:1000 198.18.1.2:1000']);
  });
});

describe('several clients behind one address', () => {
  test('are told apart by their ports', () => {
    const server = new TextServer();
    server.register(at(1000));
    server.register(at(2000));
    expect(server.report(at(2000))).toEqual(['main > 198.18.1.2:2000 198.18.1.2:2000']);
    expect(server.report(at(1000))).toEqual(['main > 198.18.1.2:1000 198.18.1.2:1000']);
  });

  test('one that comes while another may begin its second phase is answered when it asks again', () => {
    const server = new TextServer().steady();
    expect(server.register(at(2000))).toEqual([]);
    server.now += 1_500;
    expect(server.register(at(2000))).toEqual(['main > 198.18.1.2:2000 198.18.1.2:2000']);
  });

  test('one that comes after the other has begun it is answered at once', () => {
    const server = new TextServer().steady();
    server.register(at(1001));
    server.report(at(1002));
    expect(server.register(at(2000))).toHaveLength(1);
    const other = new TextServer().steady();
    other.register(at(1001));
    other.now += 600;
    expect(other.register(at(2000))).toHaveLength(1);
  });

  test('a late copy of a second phase is not taken for another client', () => {
    const server = new TextServer().steady();
    server.register(at(1001));
    server.report(at(1002));
    server.now += 400;
    expect(server.register(at(1001))).toEqual([]);
  });

  test('the second phase of one is no varying mapping of another', () => {
    const server = new TextServer();
    server.register(at(2000));
    server.steady();
    expect(server.report(at(1002))).toEqual(['main > 198.18.1.2:1002 full-cone']);
    expect(server.report(at(2000))).toEqual(['main > 198.18.1.2:2000 198.18.1.2:2000']);
  });

  test('one that both server and assist see while it was taken for a second phase is told both', () => {
    const server = new TextServer().steady();
    expect(server.register(at(2000))).toEqual([]);
    expect(server.report(at(2000))).toEqual(['main > 198.18.1.2:2000 198.18.1.2:2000', 'main > 198.18.1.2:2000 198.18.1.2:2000']);
    expect(server.register(at(1001))).toEqual([]);
    expect(server.report(at(1002))).toEqual(['main > 198.18.1.2:1002 full-cone']);
  });

  test('of two whose mappings vary each gets a report, and whoever asks again another', () => {
    const server = new TextServer();
    server.register(at(1000));
    server.register(at(2000));
    expect(server.report(at(3000))).toEqual(['main > 198.18.1.2:1000 198.18.1.2:3000']);
    expect(server.report(at(4000))).toEqual(['main > 198.18.1.2:2000 198.18.1.2:4000']);
    expect([server.report(at(3000)), server.report(at(3000))].flat().map((text) => text.split(' ')[2])).toEqual(['198.18.1.2:1000', '198.18.1.2:2000']);
  });

  test('what may be either is both', () => {
    const server = new TextServer().steady();
    server.report(at(1002));
    server.now += 4_000;
    server.register(at(2000));
    expect(server.report(at(3000))).toEqual(['main > 198.18.1.2:2000 198.18.1.2:3000', 'main > 198.18.1.2:3000 full-cone']);
  });
});

describe('a NAT with several addresses', () => {
  test('is recognised when its client is the only one that waits', () => {
    const server = new TextServer();
    server.register(at(1000));
    const forwarded = ['main > 198.18.1.2:1000 198.18.1.3:1000'];
    expect(server.report(at(1000, '198.18.1.3'))).toEqual(forwarded);
    expect(server.report(at(1000, '198.18.1.3'))).toEqual(forwarded);
  });

  test('is not guessed at when several wait: it would be a wrong verdict for one of them', () => {
    const server = new TextServer();
    server.register(at(1000));
    server.register(at(1000, '198.18.9.9'));
    expect(server.report(at(1000, '198.18.1.3'))).toEqual([]);
  });
});

describe('a stranger', () => {
  test('gets nothing for junk, for NEXT, for a report, or from the second port', () => {
    const server = new TextServer();
    server.send(junk);
    expect(server.sent).toEqual([]);
    expect(server.sayNext(STRANGER)).toEqual([]);
    expect(server.report(STRANGER, STRANGER)).toEqual([]);
    expect(server.hear({ type: 'register' }, STRANGER, 'second').sent).toEqual([]);
    expect(server.hear({ type: 'test', nat: 'full-cone' }, STRANGER, 'main').sent).toEqual([]);
  });

  test('sends nothing anywhere by reports of addresses that never registered, but to a client that waits', () => {
    const server = new TextServer();
    server.register(at(1000));
    for (let n = 0; n < 500; n += 1) server.report(at(9, `10.0.${n >> 8}.${n & 255}`), STRANGER);
    expect(new Set(server.everSent.map((text) => text.split(' ')[2]))).toEqual(new Set(['198.18.1.2:1000']));
    expect(server.everSent).toHaveLength(2);
  });

  test('who forges everything moves at most 48 datagrams of each kind for one registration', () => {
    const server = new TextServer().steady();
    for (let n = 0; n < 200; n += 1) {
      server.now += 100;
      server.report(at(1000), STRANGER);
      server.report(at(1002), STRANGER);
      server.report(at(3000 + n), STRANGER);
      server.sayNext(at(1001));
    }
    const counts: Record<string, number> = {};
    for (const text of server.everSent.map((sent) => sent.split(' ').slice(2).join(' '))) counts[text] = (counts[text] ?? 0) + 1;
    expect(counts).toEqual({
      '198.18.1.2:1000 198.18.1.2:1000': 49,
      '198.18.1.2:1002 full-cone': 48,
      '198.18.1.2:1001 restricted': 6,
      '198.18.1.2:1001 port-restricted': 42,
    });
  });

  test('fills bounded memory, which is empty again a minute later', () => {
    let sessions = noSessions('secret');
    const from = (endpoint: Endpoint): void => void ({ memory: sessions } = register(sessions, { from: endpoint, socket: 'main', at: 1000 }));
    for (let n = 0; n < 20_000; n += 1) from(at(1, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`));
    for (let n = 0; n < 200; n += 1) ({ memory: sessions } = report(sessions, at(1, `11.0.0.${n}`), 1000));
    for (let n = 0; n < 200; n += 1) from(at(1000 + n, '10.0.0.1'));
    expect([sessions.hosts.size, sessions.held.length, sessions.waiting.length]).toEqual([LIMITS.hosts, LIMITS.held, LIMITS.held]);
    // One host whose second client is younger than its first.
    const { memory: joined } = register(sessions, { from: at(7000, '10.0.0.2'), socket: 'main', at: 20_000 });
    expect(sweep(joined, 61_500).hosts.size).toBe(1);
    const soon = sweep(sessions, 30_000);
    expect([soon.hosts.size, soon.held.length, soon.waiting.length]).toEqual([LIMITS.hosts, 0, 0]);
    const later = sweep(sessions, 61_001);
    expect([later.hosts.size, later.held.length, later.waiting.length]).toEqual([0, 0, 0]);
  });
});

describe('the assist', () => {
  test('tells the server who has registered, and nobody anything else', () => {
    const assist = new TextAssist();
    expect(assist.hear({ type: 'register' }, at(1000), 'main').sent).toEqual(['main > 198.18.0.2:7000 198.18.1.2:1000']);
    for (const message of [{ type: 'next' }, { type: 'mapped', endpoint: STRANGER }, { type: 'test', nat: 'restricted' }] as const) expect(assist.hear(message, STRANGER, 'main').sent).toEqual([]);
    expect(assist.emitted).toContainEqual({ type: 'server', what: 'reported', from: { host: HOME, port: 1000 } });
  });
});

test('without its second port the server does not serve: a restricted NAT would be called port-restricted', () => {
  const server = new TextServer();
  expect(server.state).toBe('serving.watching');
  expect(server.refused('second').state).toBe('failed');
  expect(server.net.filter(({ type }) => type === 'udp.open')).toEqual([
    { type: 'udp.open', socket: 'main', local: SERVER },
    { type: 'udp.open', socket: 'second', local: { host: SERVER.host, port: SERVER.port + 1 } },
  ]);
  expect(ASSIST.host).not.toBe(SERVER.host);
});
