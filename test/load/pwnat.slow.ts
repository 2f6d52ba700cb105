/**
 * A pwnat listener under floods from forged sources, while it serves somebody: memory stays within its limits, whoever is forged
 * hears little, and the one who is served notices nothing. On the simulated internet, with the floods put in at the listener's net.
 */
import { Observable, type Subscriber } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Net, NetEffect, NetEvent } from '../../effects/net.ts';
import { chance } from '../../effects/seed.ts';
import { pwnatCodec, type PwnatMessage } from '../../machines/index.ts';
import { noise, TunnelWorld } from '../stories/pwnat-world.ts';

const codec = pwnatCodec();
const FLOOD = 100_000;

class Flooded {
  readonly t: TunnelWorld;
  readonly sent: NetEffect[] = [];
  #events: Subscriber<NetEvent> | undefined;
  #count = 0;

  constructor() {
    this.t = new TunnelWorld(
      { a: 'open', b: 'open' },
      { latencyMs: 5, decorate: (host, { net, clock }) => ({ net: host === 'a' ? this.#watched(net) : net, clock }) },
    ).run();
  }

  /** So many messages from sources that are forged, spread over so many ms, with the served one's stream going on. */
  flood(count: number, ms: number, make: (n: number) => NetEvent): void {
    for (let at = 0; at < ms; at += 10) {
      const until = Math.floor((count * (at + 10)) / ms);
      for (let n = Math.floor((count * at) / ms); n < until; n += 1) this.#events?.next(make(n));
      this.t.w.advance(10);
    }
  }

  host(): string {
    const draw = (): number => 1 + Math.floor(chance(7, (this.#count += 1)) * 253);
    return `${draw()}.${draw()}.${draw()}.${draw()}`;
  }

  datagram(data: Uint8Array, host = this.host(), port = 2222): NetEvent {
    return { type: 'udp.received', socket: 'main', from: { host, port }, data, at: this.t.w.clock.now() };
  }

  message(message: PwnatMessage, host?: string): NetEvent {
    return this.datagram(codec.encode(message), host);
  }

  error(host = this.host()): NetEvent {
    const data = codec.icmp?.encode({ type: 'exceeded', about: this.t.w.address('a') }) ?? new Uint8Array(0);
    return { type: 'icmp.received', socket: 'hole', from: host, data, at: this.t.w.clock.now() };
  }

  /** Everything that the listener keeps. */
  sizes(): Readonly<Record<string, number>> {
    const { callee } = this.t.w.running('a').actor.getSnapshot().context as { callee: Record<string, { size: number }> & { tunnel: Record<string, { size: number }>; callers: { known: { size: number } } } };
    const { tunnel, callers, links, used } = callee;
    return { callers: callers.known.size, streams: tunnel['streams']?.size ?? -1, labels: tunnel['labels']?.size ?? -1, ended: tunnel['ended']?.size ?? -1, links: links?.size ?? -1, used: used?.size ?? -1 };
  }

  bytesTo(isTo: (host: string) => boolean): number {
    return this.sent.reduce((sum, effect) => sum + (effect.type === 'udp.send' && isTo(effect.to.host) ? effect.data.length : 0), 0);
  }

  #watched(net: Net): Net {
    return (effects) =>
      new Observable((events) => {
        this.#events = events;
        const asked = effects.subscribe((effect) => this.sent.push(effect));
        const heard = net(effects).subscribe(events);
        heard.add(asked);
        return heard;
      });
  }
}

describe('while one TCP connection is served', () => {
  let f: Flooded;

  beforeAll(async () => {
    f = new Flooded();
    await f.t.visit('g');
    await f.t.web.next('tcp.accepted');
  });
  afterAll(() => {
    expect(f.t.stop()).toEqual([]);
  });

  /** The served one's bytes arrive, all of them, in order. */
  const served = async (seed: number): Promise<void> => {
    const before = f.t.got(f.t.guests, 'g').length;
    await f.t.pour(f.t.web, 'web/1', noise(300_000, seed));
    await f.t.until(() => f.t.got(f.t.guests, 'g').length >= before + 300_000, 'the bytes of the one who is served');
    expect(f.t.got(f.t.guests, 'g').subarray(before).equals(noise(300_000, seed))).toBe(true);
  };

  test('100,000 forged errors from random sources are answered by a few hundred punches, none of which reaches whoever is served', async () => {
    f.sent.length = 0;
    const guest = f.t.w.address('b');
    f.flood(FLOOD, 10_000, (n) => f.error(n % 100 === 0 ? guest : undefined));
    const punches = f.sent.filter((effect) => effect.type === 'udp.send' && effect.data.length === 0);
    expect(punches.length).toBeGreaterThan(100);
    expect(punches.length).toBeLessThanOrEqual(64 + 32 * 10 + 2);
    const towardsServed = punches.filter((effect) => effect.type === 'udp.send' && effect.to.host === guest);
    expect(towardsServed.filter((effect) => effect.type !== 'udp.send' || effect.ttl !== 2)).toEqual([]);
    expect(towardsServed.length).toBeLessThan(50);
    expect(f.sizes()['callers']).toBeLessThanOrEqual(1_024);
    await served(1);
  });

  test('the same source is answered ever more seldom', () => {
    f.t.w.advance(60_000);
    f.sent.length = 0;
    f.flood(10_000, 60_000, () => f.error('203.0.113.7'));
    const punches = f.sent.filter((effect) => effect.type === 'udp.send' && effect.data.length === 0).length;
    expect(punches).toBeGreaterThan(3);
    expect(punches).toBeLessThanOrEqual(10);
  });

  test('100,000 HELLOs from random sources are kept by the dozen, and hear no more bytes than they have sent', async () => {
    f.sent.length = 0;
    const size = codec.encode({ type: 'hello', request: 1, host: 'web', port: '80' }).length;
    f.flood(FLOOD, 10_000, (n) => f.message({ type: 'hello', request: n & 0xffff, host: 'web', port: '80' }));
    expect(f.sizes()['streams']).toBeLessThanOrEqual(66);
    expect(f.sizes()['ended']).toBeLessThanOrEqual(256);
    const guest = f.t.w.address('b');
    expect(f.bytesTo((host) => host !== guest)).toBeLessThanOrEqual(FLOOD * size);
    expect(f.sent.filter(({ type }) => type === 'tcp.connect')).toEqual([]);
    await served(2);
    f.t.w.advance(12_000);
    expect(f.sizes()).toMatchObject({ streams: 1, labels: 1 });
  });

  test('a HELLO alone never brings more bytes than it had, however long one waits', () => {
    for (const host of ['web', 'nowhere', 'w']) {
      f.sent.length = 0;
      const hello = codec.encode({ type: 'hello', request: 9, host, port: '80' });
      f.flood(1, 10, () => f.datagram(hello, '203.0.113.8'));
      f.t.w.advance(20_000);
      const bytes = f.bytesTo((to) => to === '203.0.113.8');
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual(hello.length);
    }
  });

  test('offers leave nothing behind, and claims of links that were never accepted neither', async () => {
    f.sent.length = 0;
    const before = f.sizes();
    const offer = codec.encode({ type: 'offer', caller: '0123456789abcdef' });
    f.flood(20_000, 2_000, () => f.datagram(offer));
    f.flood(20_000, 2_000, (n) => f.message({ type: 'linkPing', by: 'caller', pair: `${'0'.repeat(24)}${(n >>> 0).toString(16).padStart(8, '0')}`, serial: n }));
    const guest = f.t.w.address('b');
    expect(f.bytesTo((host) => host !== guest)).toBeLessThanOrEqual(20_000 * offer.length);
    expect(f.sizes()).toEqual(before);
    await served(3);
  });

  test('hostile HELLOs, DATA and ACKs for foreign ids, and receipts from elsewhere change nothing', async () => {
    const before = f.sizes();
    const { links } = (f.t.w.running('a').actor.getSnapshot().context as { callee: { links: ReadonlyMap<string, unknown> } }).callee;
    const [pair = ''] = links.keys();
    const bodies = ['', 'f7', 'f71e', `f71e${'61'.repeat(900)}`, 'f71e61203132333435363738', 'f71e6120', 'f71e2038'].map((text) => Buffer.from(text, 'hex'));
    f.flood(20_000, 2_000, (n) => {
      const body = bodies[n % bodies.length] ?? Buffer.alloc(0);
      const kinds: readonly NetEvent[] = [
        f.datagram(new Uint8Array(Buffer.concat([Buffer.from([0, 0, 2, body.length >> 8, body.length & 255]), body]))),
        f.message({ type: 'data', id: n & 0xffff, kind: 0, body: noise(50) }),
        f.message({ type: 'ack', id: n & 0xffff, kind: 1 }),
        f.message({ type: 'goodbye', id: n & 0xffff }),
        f.message({ type: 'receipt', by: 'caller', pair, id: 1, next: n, limit: n + 1_000_000, seen: new Uint8Array(32).fill(255) }),
        f.message({ type: 'packet', by: 'caller', pair, id: 1, sequence: n, kind: 'end', body: new Uint8Array(0) }),
        f.message({ type: 'linkBye', by: 'caller', pair }),
      ];
      return kinds[n % kinds.length] ?? f.error();
    });
    expect(f.sizes()).toMatchObject({ streams: before['streams'], links: 1, labels: before['labels'] });
    await served(4);
  });

  test('one address takes up a few links and connections, and no more', async () => {
    const host = '203.0.113.9';
    for (let n = 0; n < 100; n += 1) {
      f.sent.length = 0;
      const caller = n.toString(16).padStart(16, '0');
      f.flood(1, 10, () => f.message({ type: 'offer', caller }, host));
      const accept = f.sent.flatMap((effect) => (effect.type === 'udp.send' ? [codec.decode(effect.data)] : [])).find((one) => one.kind === 'message' && one.message.type === 'accept');
      const pair = accept?.kind === 'message' && accept.message.type === 'accept' ? accept.message.pair : '';
      f.flood(40, 10, (id) => f.message({ type: 'packet', by: 'caller', pair, id: id + 1, sequence: 0, kind: 'open', body: Buffer.from('nowhere 1') }, host));
    }
    expect(f.sizes()['links']).toBeLessThanOrEqual(17);
    expect(f.sizes()['streams']).toBeLessThanOrEqual(257);
    await served(5);
    // Nor by coming and going.
    for (let n = 0; n < 200; n += 1) {
      f.sent.length = 0;
      f.flood(1, 10, () => f.message({ type: 'offer', caller: (n + 1_000).toString(16).padStart(16, '0') }, '203.0.113.10'));
      const pair = f.sent.flatMap((effect) => (effect.type === 'udp.send' ? [codec.decode(effect.data)] : [])).flatMap((one) => (one.kind === 'message' && one.message.type === 'accept' ? [one.message.pair] : []))[0] ?? '';
      f.flood(1, 10, () => f.message({ type: 'linkPing', by: 'caller', pair, serial: 1 }, '203.0.113.10'));
      f.flood(1, 10, () => f.message({ type: 'linkBye', by: 'caller', pair }, '203.0.113.10'));
    }
    expect(f.sizes()['used']).toBeLessThanOrEqual(1 + 64 + 64);
    f.t.w.advance(200_000);
    expect(f.sizes()).toMatchObject({ streams: 1, labels: 1, links: 1, used: 0 });
  });
});
