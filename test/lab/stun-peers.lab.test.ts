/**
 * Other people's STUN programs through real Linux NATs: our check with coturn's server, and the clients of coturn and Vovida
 * with ours. All say the same of every NAT, as far as their words go. Prints what each said and how long it took.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Behaviour } from '../../machines/nat-check/behaviour.ts';
import type { Timed } from './check-agent.ts';
import { ALTERNATE, behindEach, type Bench, SERVER } from './check-benches.ts';
import { portraitOf, truthOf } from './nat-truth.ts';
import { heardFrom, ofHairpinDiscovery, ofNatDiscovery, ofVovida, reflexiveOf, requirePrograms, startCoturn } from './stun-programs.ts';

const NATS = [
  'open', 'firewall', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq', 'symmetric-addr', 'symmetric-open', 'udp-blocked',
  'full-cone+hairpin', 'port-restricted+hairpin', 'full-cone+randport', 'restricted+cgn',
];
const COTURN = { host: SERVER.host, port: 4478 };
const COTURN_OTHER_PORT = 4479;
/** Its second address, as a second server. */
const COTURN_TOO = { host: ALTERNATE.host, port: COTURN.port };

interface Heard<T> {
  readonly said: T;
  readonly elapsedMs: number;
}

async function timed<T>(work: () => Promise<T>): Promise<Heard<T>> {
  const start = performance.now();
  return { said: await work(), elapsedMs: performance.now() - start };
}

/** Everybody at once: each has sockets of its own, and the cones keep them apart. */
async function everybody({ lab, node, agent }: Bench, name: string) {
  const run = (argv: readonly string[], enough?: RegExp): Promise<Heard<string>> => timed(() => heardFrom(lab, node, argv, enough));
  const [ours, withCoturn, vovida, discovery, hairpin, plain] = await Promise.all([
    agent.call<Timed>('check', [[SERVER]]),
    agent.call<Timed>('check', [[COTURN]]),
    run(['stun', SERVER.host]),
    run(['turnutils_natdiscovery', '-m', '-f', SERVER.host]),
    run(['turnutils_natdiscovery', '-H', SERVER.host]),
    // It waits without end for whatever a NAT keeps out, so only where nothing is kept out does it end by itself.
    truthOf(name).udp ? run(['turnutils_stunclient', SERVER.host], name === 'open' ? undefined : /reflexive addr: .+\n/) : undefined,
  ]);
  return { ours, withCoturn, vovida, discovery, hairpin, plain };
}

type Everybody = Awaited<ReturnType<typeof everybody>>;
let results: ReadonlyMap<string, Everybody> | undefined;

beforeAll(async () => {
  requirePrograms();
  results = await behindEach(NATS, everybody, { prepare: (lab) => startCoturn(lab, COTURN.port, COTURN_OTHER_PORT) });
}, 180_000);

function behind(name: string): Everybody {
  const found = results?.get(name);
  if (!found) throw new Error(`nothing was heard of ${name}`);
  return found;
}

const seconds = ({ elapsedMs }: Heard<unknown> | Timed): string => (elapsedMs / 1_000).toFixed(1);

afterAll(() => {
  const rows = NATS.flatMap((name) => {
    const found = results?.get(name);
    if (!found) return [];
    const { ours, withCoturn, vovida, discovery, hairpin } = found;
    return [`| ${name} | ${truthOf(name).verdict} | ${[ours, withCoturn, vovida, discovery, hairpin].map(seconds).join(' | ')} |`];
  });
  const head = ['NAT', 'verdict of all', 'our check, our server', 'our check, coturn', 'stun (Vovida), our server', 'turnutils_natdiscovery -m -f, our server', 'turnutils_natdiscovery -H, our server'];
  const table = [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows].join('\n');
  console.log(`\n${table}`);
  if (process.env['NATPUNCH_WRITE_FIGURES']) writeFileSync(join(import.meta.dirname, '../../docs/kernel-check-peers.md'), page(table));
});

function page(table: string): string {
  return `# Other people's STUN programs on the same NATs

Through the real Linux NATs of the kernel lab, all at once behind each NAT: our check with our server and with coturn's, and the clients of coturn and of Vovida with our server. What they say agrees, as far as their words go. Seconds from start to end, of one run.

What they cannot tell: Vovida's \`stun\` names no filter of a symmetric NAT, and calls every symmetric NAT the same. \`turnutils_natdiscovery\` does not say whether there is a NAT. It asks the OTHER-ADDRESS of the second answer where RFC 5780 §4.3 means that of the first; with a server that names the address its answer would be changed to (RFC 5780 §7.4), it takes \`symmetric-addr\` for a NAT whose mapping depends on the port too. \`turnutils_stunclient\` shows the reflexive address, and behind a NAT waits without end. None of them says how ports are given.

Written by \`test/lab/stun-peers.lab.test.ts\`.

${table}
`;
}

/** What one of them claims is what our own check came to; what it does not claim is not compared. */
function expectAgreement(said: Partial<Behaviour>, name: string, because: string): void {
  const ours = portraitOf(behind(name).ours.outcome);
  expect({ ...ours, ...said }, because).toEqual(ours);
}

describe('our check', () => {
  test.each(NATS)('%s: our server and coturn lead to the same, and it is right', (name) => {
    const { ours, withCoturn } = behind(name);
    expect(portraitOf(ours.outcome)).toEqual(truthOf(name));
    expect(portraitOf(withCoturn.outcome)).toEqual(truthOf(name));
  });
});

test('a coturn that changes nothing tells little, and the rest is left open; a second one tells more', async () => {
  const found = await behindEach(
    ['full-cone', 'symmetric-seq'],
    async ({ agent }) => ({ one: await agent.call<Timed>('check', [[COTURN]]), two: await agent.call<Timed>('check', [[COTURN, COTURN_TOO]]) }),
    { prepare: (lab) => startCoturn(lab, COTURN.port) },
  );
  for (const [name, { one, two }] of found) {
    const unknown = { ...truthOf(name), verdict: null, mapping: null, filtering: null };
    expect(portraitOf(one.outcome)).toEqual(unknown);
    // Both have the same port, so whether a mapping depends on it stays open.
    expect(portraitOf(two.outcome)).toEqual(name === 'full-cone' ? { ...unknown, mapping: 'endpoint-independent' } : { ...unknown, verdict: 'symmetric' });
  }
});

describe('the clients of others with our server', () => {
  test.each(NATS)('%s: stun (Vovida) says the same', (name) => {
    const { said } = behind(name).vovida;
    expectAgreement(ofVovida(said), name, said);
  });

  test.each(NATS)('%s: turnutils_natdiscovery says the same of mapping and filtering', (name) => {
    const { said } = behind(name).discovery;
    // It asks A1:P2 for A2:P2, as the page says, and so cannot see that only the address counts.
    const seen = name === 'symmetric-addr' ? { mapping: 'address-and-port-dependent' } : {};
    const { mapping, filtering } = truthOf(name);
    expect(ofNatDiscovery(said), said).toEqual({ mapping, filtering, ...seen });
  });

  test.each(NATS.filter((name) => truthOf(name).nat))('%s: turnutils_natdiscovery says the same of hairpin', (name) => {
    const { said } = behind(name).hairpin;
    expectAgreement(ofHairpinDiscovery(said), name, said);
  });

  test.each(NATS.filter((name) => truthOf(name).udp))('%s: turnutils_stunclient is seen where our check is', (name) => {
    const { ours, plain } = behind(name);
    const host = ours.outcome.kind === 'checked' ? ours.outcome.reflexive?.host : undefined;
    // To the other port of ours and from the other address of the server, too, where nothing is in the way.
    const answers = name === 'open' ? 3 : 1;
    expect(reflexiveOf(plain?.said ?? ''), plain?.said).toEqual(Array.from({ length: answers }, () => host));
  });
});
