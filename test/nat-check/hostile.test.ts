/** Servers that are broken or mean harm: the check ends in time, says nothing that it did not see, and floods nobody. */
import { describe, expect, test } from 'vitest';
import { formatEndpoint } from '../../effects/endpoint.ts';
import { chance } from '../../effects/seed.ts';
import { checkCodec } from '../../machines/nat-check/stun-messages.ts';
import type { Behaviour } from '../../machines/nat-check/behaviour.ts';
import { runs } from '../runs.ts';
import { FEW_HOMES, type Home } from './homes.ts';
import { playCheck, type Played } from './play.ts';
import { type Bend, checkWith, refusal, saying, WHOLE_SERVER } from './servers.ts';

const HOME_NAMES = /^open|firewall, address-and|^endpoint-independent mapping.*(endpoint-independent|address-and-port-dependent) filtering, preserve|^address-and-port-dependent mapping, address-and-port-dependent filtering, random/;
const SOME: readonly Home[] = FEW_HOMES.filter(({ name }) => HOME_NAMES.test(name));
const LOSSES = [0.1, 0, 0.4].slice(0, runs(3, 1));
const VICTIM = '203.0.113.77';

/**
 * The most datagrams that a check sends to one server: 14 tries each for `map`, `hair`, ten fresh sockets and three controls,
 * 80 each for two sockets' plain requests and three changes, and the tries of the first phase. To an address that a server
 * names: 14 to each of two ports, or two streams of 80 where it claims to be our own.
 */
const MOST_TO_SERVER = 15 * 14 + 5 * 80 + 15;
const MOST_TO_NAMED = 2 * 14;
const MOST_TO_MAPPED = 2 * 80;
/** Patience and the measuring deadline. */
const ENDS_MS = 2_500 + 30_000;

/** Every home against a server that does so, with and without loss. */
function each(bend: () => Bend, look: (said: Behaviour, played: Played, home: Home) => void): void {
  for (const home of SOME) {
    for (const loss of LOSSES) {
      const played = playCheck(home, checkWith({ ...WHOLE_SERVER, bend: bend() }), { loss, seed: `${home.name} ${loss}` });
      expect(played.outcome?.kind, home.name).toBe('checked');
      expect(played.ms, home.name).toBeLessThan(ENDS_MS);
      expect(played.leaks).toEqual([]);
      for (const [to, count] of played.sent) expect(count, `${home.name}, to ${to}`).toBeLessThanOrEqual(to === '198.18.0.2:3478' ? MOST_TO_SERVER : MOST_TO_MAPPED);
      if (played.outcome?.kind === 'checked') look(played.outcome, played, home);
    }
  }
}

const toHost = ({ sent }: Played, host: string): number => [...sent].reduce((sum, [to, count]) => sum + (to.startsWith(`${host}:`) ? count : 0), 0);

describe('OTHER-ADDRESS of', () => {
  test.each([
    ['loopback', { host: '127.0.0.1', port: 1 }],
    ['broadcast', { host: '255.255.255.255', port: 65_535 }],
    ['the LAN', { host: '192.168.1.1', port: 53 }],
    ['this very host', { host: '192.168.1.2', port: 40_000 }],
    ['nobody', { host: '0.0.0.0', port: 0 }],
    ['a bystander', { host: VICTIM, port: 53 }],
    ['the other family', { host: '2001:db8::1', port: 3478 }],
  ])('%s: nothing is claimed of filters or mappings, and little is sent there', (_, other) => {
    each(
      () => ({ ask }, serve) => {
        const said = ask.change ? undefined : serve(ask);
        return said && saying(said, { other });
      },
      (said, played) => {
        expect(said.filtering).toBeNull();
        // The server's other port exists, so what depends on ports may be seen.
        expect(said.mapping === null || said.mapping === 'address-and-port-dependent').toBe(true);
        expect(['symmetric', 'udp-blocked', null]).toContain(said.verdict);
        expect(toHost(played, other.host)).toBeLessThanOrEqual(MOST_TO_NAMED);
      },
    );
  });

  test('another bystander in every answer: only the first is asked', () => {
    let n = 0;
    each(
      () => ({ ask }, serve) => {
        const said = ask.change ? undefined : serve(ask);
        n += 1;
        return said && saying(said, { other: { host: `203.0.113.${n % 250}`, port: 1_024 + (n % 60_000) } });
      },
      (_, { sent }) => expect([...sent.keys()].filter((to) => to.startsWith('203.0.113.')).length).toBeLessThanOrEqual(2),
    );
  });
});

describe('answers', () => {
  test('from another address than was asked are no sign that the asked one lives, and nothing is made of them that is not so', () => {
    each(
      () => ({ ask }, serve) => {
        const said = serve(ask);
        return said && { ...said.effect, socket: 'a2p2' };
      },
      (said, _, { name }) => {
        // Whom a filter keeps out has heard nothing at all.
        if (/address-and-port-dependent filtering/.test(name)) expect(said.verdict).toBe('udp-blocked');
        else expect(said.filtering === null || said.filtering === 'endpoint-independent').toBe(true);
      },
    );
  });

  test('with a wrong transaction id count for nothing', () => {
    each(
      () => ({ ask }, serve) => {
        const said = serve({ ...ask, txid: `${ask.txid.startsWith('0') ? '1' : '0'}${ask.txid.slice(1)}` });
        return said?.effect;
      },
      (said) => expect(said).toMatchObject({ verdict: 'udp-blocked', nat: null, reflexive: null }),
    );
  });

  test('to one socket with the transaction id of another count for nothing', () => {
    each(
      () => {
        let before: string | undefined;
        return ({ ask }, serve) => {
          const txid = before ?? '0'.repeat(24);
          before = ask.txid;
          return serve({ ...ask, txid })?.effect;
        };
      },
      (said) => expect(said.verdict === 'udp-blocked' || said.reflexive !== null).toBe(true),
    );
  });

  test('of 60,000 bytes, cut short, of noise or of nothing are no answers', () => {
    let n = 0;
    each(
      () => ({ ask }, serve) => {
        const said = serve(ask);
        n += 1;
        const junk = [new Uint8Array(60_000), said?.effect.data.subarray(0, 19), Uint8Array.from({ length: 68 }, (_, i) => Math.floor(chance(n, i) * 256)), new Uint8Array(0)][n % 4];
        return said && { ...said.effect, data: junk ?? new Uint8Array(0) };
      },
      (said) => expect(said.verdict).toBe('udp-blocked'),
    );
  });

  test('with any one bit turned are taken or left, and the check ends', () => {
    let n = 0;
    each(
      () => ({ ask }, serve) => {
        const said = serve(ask);
        if (!said) return undefined;
        const data = Uint8Array.from(said.effect.data);
        const bit = n++ % (8 * data.length);
        data[bit >> 3] = (data[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return { ...said.effect, data };
      },
      (said) => expect(said.evidence.length).toBeGreaterThan(0),
    );
  });
});

describe('errors', () => {
  test.each([300, 400, 401, 420, 438, 500, 699])('%d to everything: UDP passes, and no more is known', (code) => {
    each(
      () => ({ ask, event }) => refusal(ask, event, code),
      (said) => {
        expect(said).toMatchObject({ verdict: null, udp: true, nat: null, mapping: null, filtering: null, hairpin: null, allocation: null, reflexive: null });
        expect(said.evidence[0]).toMatchObject({ claim: 'udp', value: true, because: `198.18.0.2:3478 answered, but only with error ${code}` });
        expect(said.evidence.slice(1).map(({ value }) => value)).toEqual([null, null, null, null, null, null]);
      },
    );
  });

  test.each([300, 420, 500])('%d to CHANGE-REQUEST: no filter is known, and the reason is told', (code) => {
    each(
      () => ({ ask, event }, serve) => (ask.change ? refusal(ask, event, code) : serve(ask)?.effect),
      (said) => {
        expect(said.filtering).toBeNull();
        expect(said.evidence.find(({ claim }) => claim === 'filtering')?.because).toMatch(/refuses CHANGE-REQUEST/);
      },
    );
  });
});

describe('a mapped address that', () => {
  test('is the same for every socket: the stranger gets little, and nothing is believed', () => {
    each(
      () => ({ ask }, serve) => {
        const said = serve(ask);
        return said && saying(said, { mapped: { host: VICTIM, port: 7_777 } });
      },
      (said, played) => {
        expect(said).toMatchObject({ verdict: null, udp: true, nat: null, mapping: null, filtering: null, hairpin: null, portPreserved: null, allocation: null, reflexive: null });
        expect(said.evidence.find(({ claim }) => claim === 'nat')?.because).toMatch(/every socket is said to be seen as/);
        expect(toHost(played, VICTIM)).toBeLessThanOrEqual(MOST_TO_MAPPED);
      },
    );
  });

  test('is another one each time: only two of them are ever sent to', () => {
    let n = 0;
    each(
      () => ({ ask }, serve) => {
        const said = serve(ask);
        n += 1;
        return said && saying(said, { mapped: { host: `203.0.113.${1 + (n % 250)}`, port: 1_024 + Math.floor(chance(3, n) * 60_000) } });
      },
      (said, { sent }) => {
        expect(said.hairpin).not.toBe(true);
        expect([...sent.keys()].filter((to) => to.startsWith('203.0.113.')).length).toBeLessThanOrEqual(2);
      },
    );
  });
});

test('a stranger who answers what was never asked is not heard', () => {
  const codec = checkCodec();
  const forged = codec.encode({ type: 'answer', txid: 'ab'.repeat(12), mapped: { host: VICTIM, port: 1 } });
  each(
    () => ({ event }) => ({ type: 'udp.send', socket: event.socket, to: event.from, data: forged }),
    (said) => expect(said.reflexive === null || formatEndpoint(said.reflexive)).toBe(true),
  );
});
