/** The three-role check through real NATs: ours in every role, programs that are not ours in every role, and all mixtures of the two. */
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { CheckOutcome } from '../../machines/nat-check/text-check.ts';
import { tell } from './agreement.ts';
import { IS_FULL } from './full.ts';
import { buildLab, type Lab } from './lab.ts';
import { PYTHON } from './namespaces.ts';

/** The original program, if somebody has put it there; else ours, written from its description. */
const ORIGINALS = process.env['NATPUNCH_SEED_001'];
const PEER = fileURLToPath(new URL('nat_check_peer.py', import.meta.url));
const THEIRS = [PYTHON, '-u', ORIGINALS ? `${ORIGINALS}/nat_check.py` : PEER];
const AGENT = new URL('text-check-agent.ts', import.meta.url);
const SERVER = { host: '198.18.0.2', port: 7000 };
const ASSIST = { host: '198.18.0.3', port: 7000 };
const [SERVER_WORD, ASSIST_WORD] = ['198.18.0.2:7000', '198.18.0.3:7000'];

/** Verdicts by NAT: ours, the original client's with our server, ours with the original server. */
const NATS = [
  ['open', 'open', 'Open Internet', 'open'],
  ['firewall', 'firewalled', 'Open Internet', 'firewalled'],
  ['full-cone', 'full-cone', 'Full-Cone NAT', 'full-cone'],
  ['restricted', 'restricted', 'Restricted NAT', 'restricted-or-port-restricted'],
  ['port-restricted', 'port-restricted', 'Restricted-Port NAT', 'restricted-or-port-restricted'],
  ['symmetric', 'symmetric', 'Symmetric NAT', 'symmetric'],
] as const;
const MORE_NATS = [
  ['full-cone+randport', 'full-cone'],
  ['restricted+randport', 'restricted'],
  ['restricted+linux-open', 'restricted'],
  ['full-cone+cgn', 'port-restricted'],
  ['port-restricted+cgn', 'port-restricted'],
  ['symmetric-seq', 'symmetric'],
  ['symmetric-addr', 'symmetric'],
  ['symmetric-open', 'symmetric'],
] as const;

const table: string[] = [];
let lab: Lab | undefined;
afterEach(() => lab?.dispose());
afterAll(() => console.log(`the others' program: ${ORIGINALS ? 'the original' : 'our stand-in'}\n${table.join('\n')}`));

type Whose = 'ours' | 'theirs';

async function start(nat: string, server: Whose, assist: Whose): Promise<void> {
  lab = await buildLab({ a: nat });
  const agent = await lab.agent('s', AGENT);
  if (server === 'ours') await agent.call('serve', [SERVER]);
  else lab.exec('s', [...THEIRS, 'server', SERVER_WORD], { stdio: 'ignore' });
  if (assist === 'ours') await agent.call('assist', [ASSIST, SERVER]);
  else lab.exec('s', [...THEIRS, 'assist', ASSIST_WORD, SERVER_WORD], { stdio: 'ignore' });
  await bound(lab, 2 + (server === 'ours' ? 1 : 0));
}

async function serveOurs({ agent }: Lab): Promise<void> {
  const servers = await agent('s', AGENT);
  await servers.call('serve', [SERVER]);
  await servers.call('assist', [ASSIST, SERVER]);
}

/** Until so many sockets are bound in s. */
async function bound({ run }: Lab, count: number): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if ((await run('s', ['cat', '/proc/net/udp'])).trim().split('\n').length > count) return;
  }
  throw new Error('the servers do not listen');
}

async function ours(): Promise<{ readonly said: string; readonly elapsedMs: number }> {
  const agent = await lab!.agent('a', AGENT);
  const outcome = await agent.call<CheckOutcome>('check', [SERVER, ASSIST], { timeoutMs: 30_000 });
  return outcome.kind === 'checked' ? { said: outcome.verdict, elapsedMs: outcome.elapsedMs } : { said: outcome.reason, elapsedMs: 0 };
}

/** What the other program prints between its last brackets. */
async function theirs(host = 'a'): Promise<string> {
  const out = await lab!.run(host, [...THEIRS, 'client', SERVER_WORD, ASSIST_WORD]);
  return /.*\[([^\]]+)\]\s*$/s.exec(out)?.[1] ?? out;
}

function note(nat: string, roles: string, said: string, elapsedMs?: number): void {
  table.push(`${nat.padEnd(22)} ${roles.padEnd(32)} ${said}${elapsedMs === undefined ? '' : ` after ${Math.round(elapsedMs)} ms`}`);
}

/** The other programs wait ten seconds behind a cone; in every role they do so in the full proof. */
const IN_EVERY_ROLE = IS_FULL ? NATS : NATS.filter(([name]) => name === 'open' || name === 'restricted' || name === 'symmetric');

describe.each(IN_EVERY_ROLE)('behind %s', (nat, verdict, original, vague) => {
  test('ours says what it is, with our servers', async () => {
    await start(nat, 'ours', 'ours');
    const { said, elapsedMs } = await ours();
    note(nat, 'ours - ours - ours', said, elapsedMs);
    tell('nat-check', nat, '', said);
    expect(said).toBe(verdict);
    expect(elapsedMs).toBeLessThan(4_000);
  });

  test('their client says what it is, with our servers, one after the other', async () => {
    await start(nat, 'ours', 'ours');
    const said = await theirs();
    note(nat, 'theirs - ours - ours', said);
    expect(said).toBe(original);
    if (nat === 'full-cone' || nat === 'symmetric') expect(await theirs()).toBe(original);
  });

  test.each(['ours', 'theirs'] as const)('ours says no more than is known, with their server and the assist of %s', async (assist) => {
    await start(nat, 'theirs', assist);
    const { said, elapsedMs } = await ours();
    note(nat, `ours - theirs - ${assist}`, said, elapsedMs);
    expect(said).toBe(vague);
  });

  test('ours says what it is, with our server and their assist', async () => {
    await start(nat, 'ours', 'theirs');
    const { said, elapsedMs } = await ours();
    note(nat, 'ours - ours - theirs', said, elapsedMs);
    expect(said).toBe(verdict);
  });

  test('their client says what it is, with our server and their assist', async () => {
    await start(nat, 'ours', 'theirs');
    const said = await theirs();
    note(nat, 'theirs - ours - theirs', said);
    expect(said).toBe(original);
  });
});

test.each([...NATS.filter((one) => !IN_EVERY_ROLE.includes(one)).map(([nat, verdict]) => [nat, verdict] as const), ...MORE_NATS])('ours with our servers behind %s says %s', async (nat, verdict) => {
  await start(nat, 'ours', 'ours');
  const { said, elapsedMs } = await ours();
  note(nat, 'ours - ours - ours', said, elapsedMs);
  tell('nat-check', nat, '', said);
  expect(said).toBe(verdict);
});

test('two of ours behind one NAT at once', async () => {
  lab = await buildLab({ a: 'restricted', b: 'same-nat' });
  await serveOurs(lab);
  const [a, b] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT)]);
  const outcomes = await Promise.all([a, b].map((agent) => agent.call<CheckOutcome>('check', [SERVER, ASSIST], { timeoutMs: 30_000 })));
  expect(outcomes).toMatchObject([{ verdict: 'restricted' }, { verdict: 'restricted' }]);
});

test('two of theirs behind one NAT at once, with our servers', async () => {
  lab = await buildLab({ a: 'restricted', b: 'same-nat' });
  await serveOurs(lab);
  expect(await Promise.all([theirs('a'), theirs('b')])).toEqual(['Restricted NAT', 'Restricted NAT']);
});

test('with their server and our assist their client says what it always says', async () => {
  await start('restricted', 'theirs', 'ours');
  const said = await theirs();
  note('restricted', 'theirs - theirs - ours', said);
  expect(said).toBe('Restricted-Port NAT');
});

test('behind a NAT that blocks UDP ours says that nobody answers', async () => {
  await start('udp-blocked', 'ours', 'ours');
  const { said } = await ours();
  tell('nat-check', 'udp-blocked', '', said);
  expect(said).toBe('no-server');
});
