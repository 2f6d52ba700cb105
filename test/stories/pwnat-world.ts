/** pwnat's two ends on the simulated internet, with a TCP server behind the listener and TCP clients at the caller's door. */
import { type Place, type World, world, type WorldOptions } from '../../adapters/sim/index.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { pwnatCaller, type PwnatCallerInput, pwnatCodec, pwnatListener, type PwnatListenerInput, type PwnatVariant } from '../../machines/index.ts';
import { Party } from '../adapters/party.ts';

export interface TunnelOptions extends WorldOptions {
  readonly variant?: PwnatVariant;
  /** Of the listener, and of the caller where it is another's. */
  readonly secret?: string;
  readonly secretOfCaller?: string;
  readonly callerWithout?: boolean;
  /** What the caller asks for; the listener allows `web:80`. */
  readonly to?: { readonly host: string; readonly port: string };
  /** Only one of the two plays: the other's place is free for somebody else's program. */
  readonly without?: 'a' | 'b';
  readonly caller?: Partial<PwnatCallerInput>;
  readonly listener?: Partial<PwnatListenerInput>;
}

export const WEB_PORT = 80;
export const DOOR_PORT = 8080;
export const TO = { host: 'web', port: '80' } as const;

export class TunnelWorld {
  readonly w: World;
  /** The TCP server, and everybody who comes to the caller's door. */
  readonly web: Party;
  readonly guests: Party;
  readonly #scenario: Scenario;

  /** `a` listens, `b` calls; others play no part. */
  constructor(places: Readonly<Record<string, Place>>, options: TunnelOptions = {}) {
    const { variant = 'pwnat', secret, to = TO, without, caller, listener, callerWithout = false, secretOfCaller = callerWithout ? undefined : secret, ...rest } = options;
    this.w = world(places, { keep: false, ...rest });
    this.web = new Party(this.w.host('a').net(), this.until);
    this.guests = new Party(this.w.host('b').net(), this.until);
    this.web.ask({ type: 'tcp.listen', socket: 'web', local: this.at('a', WEB_PORT) });
    this.#scenario = {
      name: 'pwnat',
      part: (host, { seed, address }) => {
        const port = variant === 'pwnat' ? 2222 : 2345;
        if (host === without) return undefined;
        if (host === 'a') {
          const input: PwnatListenerInput = { seed, variant, allow: [{ ...TO, at: this.at('a', WEB_PORT) }], ...(secret === undefined ? {} : { authenticated: true }), ...listener };
          return { machine: pwnatListener, codec: pwnatCodec({ variant, secret }), input };
        }
        if (host !== 'b') return undefined;
        const input: PwnatCallerInput = { seed, variant, server: { host: address('a'), port }, to, listen: this.at('b', DOOR_PORT), ...(secretOfCaller === undefined ? {} : { authenticated: true }), ...caller };
        return { machine: pwnatCaller, codec: pwnatCodec({ variant, secret: secretOfCaller }), input };
      },
    };
  }

  readonly until = async (met: () => boolean, what: string): Promise<void> => {
    for (let ms = 0; !met() && ms < 120_000; ms += 1) this.w.advance(1);
    if (!met()) throw new Error(`${what} did not happen`);
  };

  at(host: string, port: number): Endpoint {
    return { host: this.w.host(host).addresses[0] ?? '', port };
  }

  /** Until the caller has reported, or for 20 s. */
  run(): this {
    this.w.run(this.#scenario, { settleMs: 0, maxMs: 200 });
    for (let ms = 0; ms < 20_000 && this.w.outcomes('b').length === 0; ms += 10) this.w.advance(10);
    return this;
  }

  start(): this {
    this.w.run(this.#scenario, { settleMs: 0, maxMs: 200 });
    return this;
  }

  /** A TCP client at the caller's door. */
  async visit(socket: string): Promise<void> {
    await this.guests.connect(socket, this.at('b', DOOR_PORT));
  }

  /** What has come on the TCP server's connection. */
  got(party: Party, socket: string): Buffer {
    return Buffer.concat(party.heard('tcp.received', socket).map(({ data }) => data));
  }

  /** How much has come on a TCP connection. */
  count(party: Party, socket: string): number {
    return party.heard('tcp.received', socket).reduce((sum, { data }) => sum + data.length, 0);
  }

  /** Sends all of it, no faster than it goes. */
  async pour(party: Party, socket: string, data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; at += PORTION) {
      const nth = party.heard('tcp.drained', socket).length + 1;
      const portion = data.slice(at, at + PORTION);
      party.ask({ type: 'tcp.send', socket, data: portion });
      if (portion.length === PORTION) await party.next('tcp.drained', { socket, nth });
    }
  }

  /** Stops everything; what is left open is a leak. */
  stop(): string[] {
    this.web.stop();
    this.guests.stop();
    return this.w.stop().leaks();
  }
}

export function noise(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, n) => (seed * 7 + n * 31 + (n >> 8) * 13) & 255);
}

const PORTION = 256 * 1024;
