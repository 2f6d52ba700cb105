/** Our servers on every address of a host that has two: whichever a client behind a NAT asks, that one answers. */
import { expect, test, onTestFinished } from 'vitest';
import { buildLab, type Lab } from './lab.ts';
import { natpunch } from './scripts.ts';

/** Starts a server in s and resolves with what it has said by the time it says `ready`. */
async function serving({ exec }: Lab, ready: RegExp, ...words: readonly string[]): Promise<string> {
  const server = exec('s', natpunch('serve', ...words), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  for await (const chunk of server.stderr ?? []) {
    said += String(chunk);
    if (ready.test(said)) break;
  }
  return said;
}

test('a STUN server on 0.0.0.0 answers each from the address that was asked', { timeout: 60_000 }, async () => {
  const lab = await buildLab({ a: 'port-restricted' });
  onTestFinished(() => lab.dispose());
  const said = await serving(lab, /198\.18\.0\.3:3478 \(TCP\)\n/, 'stun', '--listen', '0.0.0.0:3478');
  expect(said).toContain('listening on each address of this host');
  for (const address of ['198.18.0.2', '198.18.0.3']) {
    const result: unknown = JSON.parse(await lab.run('a', natpunch('check', '--stun', address, '--json')));
    expect(result).toMatchObject({ udp: true, nat: true, reflexive: expect.stringMatching(/^198\.18\.1\.2:/) });
  }
});

test('a rendezvous on 0.0.0.0 says that it may answer from another address', { timeout: 60_000 }, async () => {
  const lab = await buildLab({ a: 'open' });
  onTestFinished(() => lab.dispose());
  expect(await serving(lab, /listening on/, 'rendezvous', '--listen', '0.0.0.0:3478')).toContain('198.18.0.2, 198.18.0.3');
});
