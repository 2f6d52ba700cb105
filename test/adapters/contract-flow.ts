/** The contract on the flow of TCP: who does not want more stops reading, and who sends learns when all of it has gone. */
import { expect, test } from 'vitest';
import { TCP_DRAIN_BYTES, TCP_DRAIN_SENDS } from '../../effects/net.ts';
import type { Ground } from './contract.ts';
import type { Party } from './party.ts';

export function claimFlow(ground: Ground): void {
  /** Two parties with a connection, called `a` at the one and `s/1` at the other. */
  const pair = async (): Promise<{ a: Party; b: Party }> => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    await a.connect('a', await b.listen('s', ground.address.b));
    await b.next('tcp.accepted');
    return { a, b };
  };
  const arrived = (party: Party, socket: string): number => party.heard('tcp.received', socket).reduce((sum, { data }) => sum + data.length, 0);

  test('a paused connection is read no further, and the rest comes in order once it goes on', async () => {
    const { a, b } = await pair();
    b.ask({ type: 'tcp.pause', socket: 's/1' });
    const data = Uint8Array.from({ length: 900_000 }, (_, n) => (n * 31 + (n >> 8)) & 255);
    a.ask({ type: 'tcp.send', socket: 'a', data });
    // Another connection of the same pair has come and gone meanwhile.
    await a.connect('other', b.heard('tcp.accepted')[0]?.local ?? { host: '', port: 0 });
    a.write('other', 1);
    await b.read('s/2', 1);
    expect(arrived(b, 's/1')).toBe(0);
    b.ask({ type: 'tcp.resume', socket: 's/1' });
    expect(Buffer.from(data).equals(await b.read('s/1', data.length))).toBe(true);
  });

  test('a connection that is paused in the middle stops soon, and its end waits until all is read', async () => {
    const { a, b } = await pair();
    a.ask({ type: 'tcp.send', socket: 'a', data: new Uint8Array(1_000_000).fill(1) }, { type: 'close', socket: 'a' });
    await b.next('tcp.received');
    b.ask({ type: 'tcp.pause', socket: 's/1' });
    const before = arrived(b, 's/1');
    await a.listen('busy', ground.address.a);
    await b.connect('quiet', a.heard('tcp.listening')[0]?.local ?? { host: '', port: 0 });
    expect(arrived(b, 's/1') - before).toBeLessThanOrEqual(65_536);
    expect(b.heard('tcp.closed')).toEqual([]);
    b.ask({ type: 'tcp.resume', socket: 's/1' });
    expect(await b.ended('s/1')).toEqual(['closed']);
    expect(arrived(b, 's/1')).toBe(1_000_000);
  });

  test('says that all has gone once after each part of the size that is documented, and not for less', async () => {
    const { a, b } = await pair();
    a.write('a', 1);
    a.ask({ type: 'tcp.send', socket: 'a', data: new Uint8Array(TCP_DRAIN_BYTES - 2) });
    await b.read('s/1', TCP_DRAIN_BYTES - 1);
    expect(a.heard('tcp.drained')).toEqual([]);
    a.write('a', 1);
    expect(await a.next('tcp.drained')).toMatchObject({ type: 'tcp.drained', socket: 'a' });
    for (let n = 1; n < TCP_DRAIN_SENDS; n += 1) a.write('a', 1);
    await b.read('s/1', TCP_DRAIN_BYTES + TCP_DRAIN_SENDS - 1);
    expect(a.heard('tcp.drained')).toHaveLength(1);
    a.write('a', 1);
    await a.next('tcp.drained', { nth: 2 });
    expect(b.heard('tcp.drained')).toEqual([]);
  });

  test('does not say that all has gone while a reader who pauses leaves much of it waiting', async () => {
    const { a, b } = await pair();
    b.ask({ type: 'tcp.pause', socket: 's/1' });
    let sent = 0;
    // What the two systems hold between them is theirs to say.
    for (let drained = -1; drained < a.heard('tcp.drained').length && sent < 64; sent += 1) {
      drained = a.heard('tcp.drained').length;
      a.ask({ type: 'tcp.send', socket: 'a', data: new Uint8Array(900_000) });
      await Promise.race([a.next('tcp.drained', { nth: drained + 1 }).catch(() => undefined), a.connect(`tick${sent}`, b.heard('tcp.accepted')[0]?.local ?? { host: '', port: 0 })]);
      await a.connect(`tock${sent}`, b.heard('tcp.accepted')[0]?.local ?? { host: '', port: 0 });
    }
    const before = a.heard('tcp.drained').length;
    expect(before).toBeLessThan(sent);
    b.ask({ type: 'tcp.resume', socket: 's/1' });
    await a.next('tcp.drained', { nth: before + 1 });
    expect((await b.read('s/1', sent * 900_000)).length).toBe(sent * 900_000);
  });

  test('pausing what is not there, or is no connection, changes nothing', async () => {
    const { a, b } = await pair();
    for (const type of ['tcp.pause', 'tcp.resume'] as const) b.ask({ type, socket: 's' }, { type, socket: 'nobody' });
    b.ask({ type: 'tcp.resume', socket: 's/1' });
    a.write('a', 7);
    expect(await b.read('s/1', 1)).toEqual(Uint8Array.of(7));
    expect(b.heard('net.failed')).toEqual([]);
  });

  test('a paused connection that is closed lets its peer end in order', async () => {
    const { a, b } = await pair();
    b.ask({ type: 'tcp.pause', socket: 's/1' });
    a.ask({ type: 'tcp.send', socket: 'a', data: new Uint8Array(200_000) });
    b.ask({ type: 'close', socket: 's/1' });
    expect(await a.ended('a')).toEqual(['closed']);
    expect(b.heard('tcp.received')).toEqual([]);
  });
}
