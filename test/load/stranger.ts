/**
 * Sends a server what it should withstand, from many ports of 127.0.0.1, in bursts that the server itself paces: each
 * ends with a plain question, and the next but one waits for its answer. Counts bytes both ways for each port.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { rendezvousCodec } from '../../machines/udp-punch/codec.ts';

export interface Source {
  readonly socket: Socket;
  sentBytes: number;
  heardBytes: number;
  sent: number;
  heard: number;
}

export interface Storm {
  /** `make(n)` for n from 0, from source n modulo their number; resolves when the server has taken in all of them. */
  send(count: number, make: (n: number) => Uint8Array): Promise<void>;
  readonly sources: readonly Source[];
  /** Sends the questions. */
  readonly asker: Source;
  /** Questions that were asked twice, because the answer or the question was lost. */
  readonly repeats: () => number;
  close(): void;
}

/** Well below what a receive buffer of 4 MiB holds. */
const BURST = 512;
const ANSWER_MS = 500;
const ASKED_AT_MOST = 40;

/** `question` makes the plain question with this transaction id, which stands in bytes 8 to 19 of its answer. */
export async function storm(port: number, sourceCount: number, question = observation): Promise<Storm> {
  const sources = await Promise.all(Array.from({ length: sourceCount }, () => openSource(port)));
  const asker = await openSource(port);
  let questions = 0;
  let repeats = 0;

  const answered = (): Promise<void> =>
    new Promise((resolve, reject) => {
      questions += 1;
      const txid = questions.toString(16).padStart(24, '0');
      const asking = question(txid);
      let asked = 0;
      const ask = (): void => {
        if (asked >= ASKED_AT_MOST) return settle(() => reject(new Error(`the server was silent for ${(ASKED_AT_MOST * ANSWER_MS) / 1000} s`)));
        if (asked > 0) repeats += 1;
        asked += 1;
        transmit(asker, asking);
      };
      const timer = setInterval(ask, ANSWER_MS);
      const hear = (answer: Buffer): void => {
        if (answer.toString('hex', 8, 20) === txid) settle(resolve);
      };
      const settle = (end: () => void): void => {
        clearInterval(timer);
        asker.socket.off('message', hear);
        end();
      };
      asker.socket.on('message', hear);
      ask();
    });

  return {
    sources,
    asker,
    repeats: () => repeats,
    async send(count, make) {
      let before = Promise.resolve();
      let n = 0;
      for (let left = count; left > 0; left -= BURST) {
        for (let i = Math.min(BURST, left); i > 0; i -= 1) {
          transmit(sources[n % sources.length]!, make(n));
          n += 1;
        }
        const now = answered();
        await before;
        before = now;
      }
      await before;
    },
    close() {
      for (const { socket } of [...sources, asker]) socket.close();
    },
  };
}

function observation(txid: string): Uint8Array {
  return rendezvousCodec('the secret of a test').encode({ type: 'observe', txid, peer: '0'.repeat(16) });
}

async function openSource(port: number): Promise<Source> {
  const socket = createSocket('udp4');
  const source: Source = { socket, sentBytes: 0, heardBytes: 0, sent: 0, heard: 0 };
  socket.on('message', (answer) => {
    source.heard += 1;
    source.heardBytes += answer.length;
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  // Connected, so that no address is looked up for each datagram.
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return source;
}

function transmit(source: Source, data: Uint8Array): void {
  source.sent += 1;
  source.sentBytes += data.length;
  source.socket.send(data);
}
