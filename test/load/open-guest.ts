/** Somebody in a room of a tcp-open rendezvous, by a bare socket and the codec: registers, hears, and goes no further. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Codec } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { concatBytes } from '../../effects/wire/bytes.ts';
import { openRendezvousCodec } from '../../machines/tcp-open/codec.ts';
import type { OpenMessage } from '../../machines/tcp-open/messages.ts';

/** For a machine that is busy with something else. */
const PATIENCE_MS = 30_000;
const plain = openRendezvousCodec();

export class OpenGuest {
  readonly socket: Socket;
  /** Sessions, of 16 hex digits. */
  readonly #peer: string;
  readonly #codec: Codec<OpenMessage>;
  readonly #heard: OpenMessage[] = [];
  #rest: Uint8Array = new Uint8Array(0);
  #serial = 0;

  /** `codec` is a peer's of its room, or that of the rendezvous where rooms are named by their identifiers. */
  constructor(server: Endpoint, { peer, from = '127.0.0.1', codec = plain }: { readonly peer: string; readonly from?: string; readonly codec?: Codec<OpenMessage> }) {
    [this.#peer, this.#codec] = [peer, codec];
    this.socket = connect({ ...server, localAddress: from, noDelay: true });
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('data', (data) => {
      const cut = this.#codec.framing?.(concatBytes(this.#rest, new Uint8Array(data)));
      if (!cut) return void this.socket.destroy();
      this.#rest = cut.rest;
      for (const frame of cut.frames) {
        const decoded = this.#codec.decode(frame);
        if (decoded.kind === 'message') this.#heard.push(decoded.message);
      }
    });
  }

  /** Without a round trip nobody is introduced. */
  register(rttMs?: number, room?: string): this {
    this.#serial += 1;
    const txid = this.#serial.toString(16).padStart(24, '0');
    this.socket.write(this.#codec.encode({ type: 'register', txid, room, peer: this.#peer, rttMs, candidates: [] }));
    return this;
  }

  /** The first such message; rejects when the rendezvous hangs up before. */
  async hear<T extends OpenMessage['type']>(type: T): Promise<Extract<OpenMessage, { type: T }>> {
    const late = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = this.#heard.find((message): message is Extract<OpenMessage, { type: T }> => message.type === type);
      if (found) return found;
      if (this.socket.destroyed || this.socket.readableEnded) throw new Error(`hung up on, after ${this.#heard.map((message) => message.type).join(', ') || 'nothing'}`);
      await Promise.race(['data', 'end', 'close'].map((name) => once(this.socket, name, { signal: late })));
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
