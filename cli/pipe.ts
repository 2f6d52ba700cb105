/**
 * stdin → peer and peer → stdout, as datagrams. Each read of stdin is sent in datagrams of at most 1,200 bytes; what the peer
 * sends is written as it comes. Nothing is repeated: datagrams can be lost.
 */
import type { Connection, Ending } from '../machines/connection.ts';

/** QUIC's smallest datagram (RFC 9000 §14): it passes every path unfragmented. */
const DATAGRAM = 1_200;

/** After the end of stdin: how long the peer may be silent before we close. A guess at an answer's time, over three long round trips. */
const LINGER_MS = 1_000;

/** Bytes that may wait for a slow reader of stdout; what comes beyond is lost, as in a full socket buffer. */
const WAITING_LIMIT = 64 * 1024 * 1024;

/**
 * Ends when the peer closes, when stdout is gone, or when stdin has ended and the peer has been silent for a second. A stdin
 * without a single byte, as `< /dev/null`, closes nothing: whoever only listens goes on listening.
 */
export async function pipe(connection: Connection): Promise<Ending> {
  const { stdin, stdout } = process;
  let isAnythingSent = false;
  let lingering: NodeJS.Timeout | undefined;
  let isInputOver = false;

  const close = (): void => void connection.close();
  const linger = (): void => {
    if (!isInputOver || !isAnythingSent) return;
    clearTimeout(lingering);
    lingering = setTimeout(close, LINGER_MS);
  };
  const endInput = (): void => {
    isInputOver = true;
    linger();
  };

  stdout.on('error', close);
  connection.messages.subscribe((data) => {
    if (stdout.writableLength < WAITING_LIMIT) stdout.write(data);
    linger();
  });
  stdin.on('data', (chunk: Buffer) => {
    isAnythingSent = true;
    for (let start = 0; start < chunk.length; start += DATAGRAM) connection.send(Uint8Array.from(chunk.subarray(start, start + DATAGRAM)));
  });
  stdin.on('end', endInput);
  stdin.on('error', endInput);

  const ending = await connection.ended;
  clearTimeout(lingering);
  stdin.destroy();
  return ending;
}
