/** `natpunch sim` and `natpunch grid`: text for people, JSON for scripts, and the same run again. */
import { describe, expect, test } from 'vitest';
import { rate } from '../../cli/commands/grid.ts';
import { DEADLINE_MS, natpunch, natpunchEnds } from './command.ts';
import { gridResult, onlyObject, simResult } from './shapes.ts';

const timeout = DEADLINE_MS;

describe.concurrent('sim', { timeout }, () => {
  test('tells newcomers what happened, in 80 columns', async () => {
    const { code, stdout, stderr } = await natpunchEnds('sim', 'udp', '--a', 'port-restricted', '--b', 'restricted', '--latency', '20', '--seed', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "a and b want to talk to each other directly. All they both know is s, a
      rendezvous with a public address. A packet takes 20 ms from any of the three to
      any other; below it stands at the ms at which it leaves.

      a is 192.168.1.2 at home, behind nat-a (port-restricted). It shows a to
         everybody under one port; only the exact addresses and ports that a has sent
         to may answer.
      b is 192.168.2.2 at home, behind nat-b (restricted). It shows b to everybody
         under one port; only addresses that b has sent to may answer, from any of
         their ports.

          ms  a           s           b
           0  ├──────────▶│◀──────────┤  “I am in our room. Is anybody else?”
              │           │           │    nat-a: sent on as from 198.18.1.2:40000
              │           │           │    nat-b: sent on as from 198.18.2.2:40000
          20  │◀──────────┤           │  “I see you at 198.18.1.2:40000.”
          20  │           ├──────────▶│  “The other one is at 198.18.1.2:40000, or at
              │           │           │  home at 192.168.1.2:40000.”
          20  │◀──────────┤           │  “The other one is at 198.18.2.2:40000, or at
              │           │           │  home at 192.168.2.2:40000.”
          40  ├──────────▶│◀──────────┤  “Where do you see me from this other port?”
          40  │◀─────────────────────▶│  “Do you hear me?”
              │           │           │    nat-a and nat-b: let in, something was sent
              │           │           │    there before
              │           │           │    6 in all, the last at 80 ms
          40  ├─────────✗ │ ✗─────────┤  “Do you hear me?” (to the home address)
              │           │           │    internet: dropped, no way leads to that
              │           │           │    address
          60  ●           │           ●  each hears the other: connected
          60  │◀──────────┤           │  “I see you at 198.18.1.2:40000.”
          60  │           ├──────────▶│  “I see you at 198.18.2.2:40000.”
          60  │◀─────────────────────▶│  “Yes, I hear you.”
              │           │           │    6 in all, the last at 100 ms
          80  ├──────────▶│◀──────────┤  “I need the room no longer.”

      Connected: what they say from now on goes directly, both ways.
        a reaches the other at 198.18.2.2:40000
        b reaches the other at 198.18.1.2:40000
        It took 60 ms: 1.5 round trips. 25 packets in all, 2 of them dropped.
      "
    `);
  });

  test.each([
    ['symmetric', 'port-restricted', 0],
    ['symmetric', 'symmetric', 1],
    ['udp-blocked', 'open', 1],
    ['full-cone+cgn', 'symmetric-seq+noise=3', 0],
    ['full-cone', 'symmetric-seq+noise=3', 0],
    ['port-restricted+linux-open+hairpin', 'restricted+randport', 0],
  ])('%s and %s fit 80 columns and end with the outcome', async (a, b, expected) => {
    const { code, stdout } = await natpunchEnds('sim', 'udp', '--a', a, '--b', b, '--latency', '5');
    expect(code).toBe(expected);
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
    expect(stdout).toMatch(expected === 0 ? /^Connected: /m : /^Not connected\.$/m);
    expect(stdout).not.toContain('\u001b');
  });

  test('the protocol of seed 001 is told in its own words', async () => {
    const { code, stdout } = await natpunchEnds('sim', 'seed-udp', '--a', 'restricted', '--b', 'open');
    expect(code).toBe(0);
    expect(stdout).toContain('“Knock, knock.”');
  });

  test('--json is one object, the same for the same seed', async () => {
    const args = ['sim', 'udp-punch', '--a', 'symmetric', '--b', 'restricted', '--loss', '0.2', '--seed', '5', '--json'];
    const [one, other] = await Promise.all([natpunchEnds(...args), natpunchEnds(...args)]);
    expect(one).toEqual(other);
    const { a, b, virtualMs, packets } = simResult.parse(onlyObject(one.stdout));
    expect([a.outcome, b.outcome]).toEqual(['connected', 'connected']);
    expect(virtualMs).toBe(Math.max(a.elapsedMs, b.elapsedMs));
    expect(packets).toBeGreaterThan(a.packetsSent + b.packetsSent);
  });

  test('a pair that cannot meet exits with 1 and says why on both sides', async () => {
    const { code, stdout } = await natpunchEnds('sim', 'udp', '--a', 'symmetric', '--b', 'symmetric', '--json');
    const { a, b, drops } = simResult.parse(onlyObject(stdout));
    expect(code).toBe(1);
    expect([a, b]).toMatchObject([{ reason: 'no-path' }, { reason: 'no-path' }]);
    expect(drops).toContainEqual(expect.objectContaining({ by: 'nat-b', reason: 'filtering' }));
  });

  test('a reader of stdout that goes away changes nothing about the outcome', async () => {
    const run = natpunch(['sim', 'udp', '--a', 'symmetric', '--b', 'symmetric']);
    run.hangUp();
    expect(await run.ended).toMatchObject({ code: 1, stderr: '' });
  });

  test('a run that ends between the two says which side is connected', async () => {
    const { code, stdout } = await natpunchEnds('sim', 'udp', '--a', 'symmetric', '--b', 'restricted', '--timeout', '0.065');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}a: interrupted/m);
    expect(stdout).toMatch(/^ {2}b: connected after 60 ms$/m);
  });

  test('--timeout ends a run that has not ended by then', async () => {
    const { code, stdout } = await natpunchEnds('sim', 'udp', '--a', 'udp-blocked', '--b', 'open', '--timeout', '2', '--json');
    expect(code).toBe(1);
    expect(simResult.parse(onlyObject(stdout)).a).toMatchObject({ reason: 'interrupted', elapsedMs: 2000 });
  });
});

test('a rate is never as much as all, nor as little as none', () => {
  expect([[0, 300], [1, 300], [150, 300], [299, 300], [300, 300]].map(([connected = 0, runs = 0]) => rate({ connected, runs }))).toEqual(['·', '<1%', '50%', '>99%', '✓']);
});

describe.concurrent('grid', { timeout }, () => {
  test('--json has a cell for every pair, with what is expected of it', async () => {
    const { code, stdout, stderr } = await natpunchEnds('grid', 'udp', '--seeds', '3', '--nats', 'open,port-restricted,symmetric', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { seeds, cells } = gridResult.parse(onlyObject(stdout));
    expect(seeds).toBe(3);
    expect(cells.map(({ a, b, runs, connected, expected }) => `${a} ${b} ${connected}/${runs} ${expected}`)).toEqual([
      'open open 3/3 true',
      'open port-restricted 3/3 true',
      'open symmetric 3/3 true',
      'port-restricted open 3/3 true',
      'port-restricted port-restricted 3/3 true',
      'port-restricted symmetric 3/3 true',
      'symmetric open 3/3 true',
      'symmetric port-restricted 3/3 true',
      'symmetric symmetric 0/3 false',
    ]);
  });

  test('the table has a sign in each cell, or a rate', async () => {
    const { stdout } = await natpunchEnds('grid', 'seed-udp', '--seeds', '20', '--nats', 'open,udp-blocked,full-cone+rst', '--loss', '0.1');
    expect(stdout).toMatch(/ cone\+rst$/m);
    expect(stdout).toMatch(/^open +\d\d% +· +\S+$/m);
    expect(stdout).toMatch(/^udp-blocked +· +· +·$/m);
    expect(stdout).toContain('20 runs a cell, 20 ms one way, 10 % lost');
  });

  test('seven NATs fit 80 columns', async () => {
    const { stdout } = await natpunchEnds('grid', 'udp', '--seeds', '1');
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
    expect(stdout).toContain('Every cell is as the definitions of RFC 4787 say.');
    expect(stdout).toMatch(/^Why not, packet by packet: natpunch sim udp --a symmetric --b symmetric$/m);
  });
});
