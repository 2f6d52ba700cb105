/**
 * The lab tests' own agent module: bare UDP and TCP sockets, and nothing else.
 *
 * For: proving how the kernel NATs behave with plain `node:dgram` and `node:net`.
 * Never: uses any other code of the project, so that it can judge it.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, connect as connectTcp, type AddressInfo } from 'node:net';

/** An IPv4 endpoint as [address, port]. */
export type At = readonly [address: string, port: number];

/** A datagram as it arrived. `at` is the monotonic clock of this machine, in milliseconds. */
export interface Heard {
  readonly text: string;
  readonly from: At;
  readonly at: number;
}

interface Probe {
  readonly socket: Socket;
  readonly heard: Heard[];
  wake: () => void;
}

const probes = new Map<string, Probe>();
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

function probe(id: string): Probe {
  const found = probes.get(id);
  if (!found) throw new Error(`no socket "${id}"`);
  return found;
}

/** Binds a UDP socket under a name; `echo` makes it answer every datagram with its own text. Returns its port. */
export async function open(id: string, port = 0, address = '0.0.0.0', echo = false): Promise<number> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  const entry: Probe = { socket, heard: [], wake: () => undefined };
  socket.on('message', (data, remote) => {
    entry.heard.push({ text: data.toString(), from: [remote.address, remote.port], at: now() });
    if (echo) socket.send(data, remote.port, remote.address);
    entry.wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  });
  socket.on('error', () => undefined);
  probes.set(id, entry);
  return socket.address().port;
}

/** Sends each text to its address in turn. A time to live of 0 means the default. Returns the clock at the first send, in ms. */
export async function send(id: string, to: At, texts: readonly string[], ttl = 0): Promise<number> {
  const { socket } = probe(id);
  socket.setTTL(ttl === 0 ? 64 : ttl);
  const start = now();
  for (const text of texts) await new Promise<void>((resolve) => socket.send(text, to[1], to[0], () => resolve()));
  return start;
}

/** Everything a socket heard so far whose text begins with `prefix`. */
export async function heard(id: string, prefix = ''): Promise<Heard[]> {
  return probe(id).heard.filter(({ text }) => text.startsWith(prefix));
}

/** Waits until `count` datagrams that begin with `prefix` are there; resolves with what is there when `timeoutMs` have passed. */
export async function wait(id: string, prefix: string, timeoutMs: number, count = 1): Promise<Heard[]> {
  const entry = probe(id);
  const deadline = now() + timeoutMs;
  for (;;) {
    const found = await heard(id, prefix);
    const left = deadline - now();
    if (found.length >= count || left <= 0) return found;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      entry.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

let trip = 0;

/** Sends `count` numbered datagrams to an echo and returns each round trip, in ms, in order of arrival. */
export async function roundTrips(id: string, to: At, count: number): Promise<number[]> {
  const trips: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const text = `trip ${(trip += 1)} `;
    const start = await send(id, to, [text]);
    const [echo] = await wait(id, text, 2_000);
    if (echo) trips.push(echo.at - start);
  }
  return trips;
}

/** Listens for TCP and answers every connection with the remote endpoint it saw, as `address:port`. Returns its port. */
export async function listen(port: number, address: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).end(`${socket.remoteAddress}:${socket.remotePort}`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Connects by TCP. `seen` is what the listener saw us as, or undefined and `failure` the error code (`timeout` after `timeoutMs`).
 * A simultaneous open gets no text: then `seen` is empty.
 */
export async function connect(to: At, localPort: number, timeoutMs: number): Promise<{ seen?: string; failure?: string }> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: to[0], port: to[1], ...(localPort === 0 ? {} : { localPort }) });
    let text = '';
    const end = (result: { seen?: string; failure?: string }): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end({ failure: 'timeout' }), timeoutMs);
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => end({ seen: text }));
    socket.on('error', (error: NodeJS.ErrnoException) => end({ failure: error.code ?? error.message }));
  });
}
