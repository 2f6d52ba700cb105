/**
 * Other people's STUN programs, as Debian packages them: how they are run in a lab, and what their words mean in ours.
 *
 * For: letting them judge the same NATs. turnutils_* and turnserver are coturn's, stun is Vovida's.
 * Never: knows what they should say.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Behaviour } from '../../machines/nat-check/behaviour.ts';
import type { Lab } from './lab.ts';

const PROGRAMS = { turnserver: 'coturn', turnutils_natdiscovery: 'coturn', turnutils_stunclient: 'coturn', stun: 'stun-client' } as const;

/** @throws Error with one line that says what to install, when any of them is missing. */
export function requirePrograms(): void {
  const missing = Object.entries(PROGRAMS).filter(([program]) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  throw new Error(`the peers of the STUN check are missing (${missing.map(([program]) => program).join(', ')}): apt-get install ${packages}`);
}

const DEADLINE_MS = 20_000;

/**
 * Runs one of them in a node and resolves to all that it wrote: to its end, or until it has written `enough`, and is then ended.
 * @throws Error with what it wrote, when that takes longer than 20 s.
 */
export function heardFrom(lab: Lab, node: string, argv: readonly string[], enough?: RegExp): Promise<string> {
  const child = lab.exec(node, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${argv.join(' ')} takes longer than ${DEADLINE_MS} ms: ${text}`));
    }, DEADLINE_MS);
    const hear = (data: Buffer): void => {
      text += data.toString();
      if (enough?.test(text)) child.kill('SIGKILL');
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

/** coturn as a STUN server on both addresses of s, of RFC 5780 at these two ports or plain at the first. Resolves when it listens everywhere. */
export async function startCoturn(lab: Lab, port: number, otherPort?: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-coturn-'));
  const listening = lab.hosts.s.addresses.flatMap((address) => ['-L', address]);
  const plain = ['-n', '--stun-only', '--no-auth', '--no-tls', '--no-dtls', '--no-cli', '--log-file', 'stdout', '--pidfile', join(folder, 'pid')];
  const changing = otherPort === undefined ? ['--no-rfc5780'] : ['--alt-listening-port', String(otherPort)];
  const child = lab.exec('s', ['turnserver', ...plain, ...listening, '--listening-port', String(port), ...changing], { stdio: 'ignore', cwd: folder });
  child.on('close', () => rmSync(folder, { recursive: true, force: true }));
  const ports = otherPort === undefined ? [port] : [port, otherPort];
  const places = lab.hosts.s.addresses.flatMap((address) => ports.map((one) => `${address}:${one}`));
  for (const deadline = Date.now() + DEADLINE_MS; ; ) {
    const open = await lab.run('s', ['ss', '-Hulna']);
    if (places.every((place) => open.includes(place))) return;
    if (child.exitCode !== null) throw new Error(`turnserver ended (${child.exitCode})`);
    if (Date.now() > deadline) throw new Error(`turnserver does not listen at ${places.join(', ')}`);
  }
}

type Said = Partial<Pick<Behaviour, 'verdict' | 'mapping' | 'filtering' | 'hairpin' | 'portPreserved'>>;

/** Vovida's client: a kind of RFC 3489, what becomes of ports, and hairpin. Of symmetric NATs it names no filter and tells no two apart. */
export function ofVovida(text: string): Said {
  const kinds = [
    [/Primary: Open/, 'open'],
    [/Primary: Firewall/, 'firewalled'],
    [/Independent Mapping, Independent Filter/, 'full-cone'],
    [/Independent Mapping, Address Dependent Filter/, 'restricted'],
    [/Independent Mapping, Port Dependent Filter/, 'port-restricted'],
    [/Primary: Dependent Mapping/, 'symmetric'],
    [/Primary: Blocked or could not reach STUN server/, 'udp-blocked'],
  ] as const;
  const verdict = kinds.find(([words]) => words.test(text))?.[1];
  if (verdict === undefined) throw new Error(`stun said: ${text}`);
  if (verdict === 'open' || verdict === 'firewalled' || verdict === 'udp-blocked') return { verdict };
  return { verdict, portPreserved: text.includes('preserves ports'), hairpin: text.includes('will hairpin') };
}

/** natdiscovery -m -f: RFC 5780's two behaviours. It cannot tell whether there is a NAT at all. */
export function ofNatDiscovery(text: string): Said {
  const dependence = (about: string): Behaviour['mapping'] => {
    const [, words] = new RegExp(`NAT with (Endpoint Independent|Address Dependent|Address and Port Dependent) ${about}!`).exec(text) ?? [];
    if (words === undefined) return null;
    return words === 'Endpoint Independent' ? 'endpoint-independent' : words === 'Address Dependent' ? 'address-dependent' : 'address-and-port-dependent';
  };
  return { mapping: dependence('Mapping'), filtering: dependence('Filtering') };
}

/** natdiscovery -H: whether a request to its own reflexive address came back, which it does without a NAT too. */
export function ofHairpinDiscovery(text: string): Said {
  return { hairpin: text.includes('Received a request') };
}

/** The reflexive addresses that a coturn client names, in their order. */
export function reflexiveOf(text: string): string[] {
  return [...text.matchAll(/UDP reflexive addr: ([\d.]+):\d+/g)].flatMap(([, host]) => host ?? []);
}
