/**
 * pwnat and pypwnat as programs, with their command lines, on the stand-ins of this folder: for the lab, where the programs
 * themselves are not. `-s …` and `-c …` as pwnat; `pypwnat -s`, `pypwnat -c <server>` as pypwnat. Needs root.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import process from 'node:process';
import type { FakeSocket } from '../../adapters/sim/index.ts';
import { echo, isKnock, NOBODY, PORT, timeExceeded, type Variant } from './icmp-bytes.ts';
import { type Handlers, OriginalClient, type Stream } from './original-client.ts';
import { OriginalServer } from './original-server.ts';
import { rawIcmp } from './raw-icmp.ts';
import type { Timers } from './stop-and-wait.ts';

/** pwnat's hundred idle turns of 50 ms; pypwnat waits 10 s. */
const AGAIN_MS = { pwnat: 5_000, pypwnat: 10_000 } as const;
const GREETING = 'Hello from pypwnat';
const timers: Timers = { setTimeout: (callback, ms) => setTimeout(callback, ms), clearTimeout: (timer) => clearTimeout(timer) };

/** Hands what a TCP socket has to `handlers`. */
function watch(socket: Socket, { received, closed }: Handlers): void {
  socket.on('data', received);
  socket.on('end', () => closed('end'));
  socket.on('error', ({ message }) => closed(message));
}

function streamOf(socket: Socket): Stream {
  return { write: (data) => void socket.write(data), end: () => void socket.end() };
}

function listen(variant: Variant, port: number, knocked: (source: string) => void): void {
  const icmp = rawIcmp((message, source) => {
    if (isKnock(variant, message)) knocked(source);
    if (variant === 'pypwnat') icmp.send(echo(variant), NOBODY[variant]);
  });
  const ping = (): void => icmp.send(echo(variant), NOBODY[variant]);
  ping();
  setInterval(ping, AGAIN_MS[variant]);
  console.log(`listening on ${port}`);
}

function pwnatServer(given: readonly string[]): void {
  const allow = given.filter((word) => word.includes(':'));
  const port = Number(given.find((word) => /^\d+$/.test(word)) ?? PORT.pwnat);
  const socket = createSocket('udp4');
  socket.bind(port, () => {
    const server = new OriginalServer({
      timers,
      // Of Node's socket only what a simulated one has too.
      socket: socket as FakeSocket,
      allow,
      connect: (host, to, handlers) => {
        const stream = connect(to, host);
        watch(stream, handlers);
        return streamOf(stream);
      },
    });
    listen('pwnat', port, (source) => server.knock(source));
  });
}

function pwnatClient(given: readonly string[]): void {
  const local = Number(given[0]);
  const hasPort = given.length > 4;
  const server = { host: given[1] ?? '', port: hasPort ? Number(given[2]) : PORT.pwnat };
  const to = { host: given.at(-2) ?? '', port: Number(given.at(-1)) };
  const icmp = rawIcmp(() => undefined);
  const knock = (): void => icmp.send(timeExceeded('pwnat', server.host), server.host);
  knock();
  setInterval(knock, AGAIN_MS.pwnat);
  const client = new OriginalClient({ timers, socket: () => promptSocket() as FakeSocket, server, to });
  createServer((socket) => {
    const stream = client.connect({ received: (data) => void socket.write(data), closed: (why) => {
      console.log(`closed: ${why}`);
      socket.end();
    } });
    watch(socket, { received: (data) => stream.write(data), closed: () => stream.end() });
  }).listen(local, () => console.log(`listening on ${local}`));
}

/** Looks no address up, and so sends at once, as a system call does: what was sent last before it closes leaves too. */
function promptSocket(): UdpSocket {
  return createSocket({ type: 'udp4', lookup: (host, _options, callback) => callback(null, host, 4) });
}

function pypwnatServer(): void {
  listen('pypwnat', PORT.pypwnat, (source) => {
    const socket = createSocket('udp4');
    socket.bind(PORT.pypwnat, () => socket.send(GREETING, PORT.pypwnat, source, () => socket.close()));
    socket.on('error', () => socket.close());
  });
}

function pypwnatClient(server: string): void {
  const socket = createSocket('udp4').bind(PORT.pypwnat, () => {
    const icmp = rawIcmp(() => undefined);
    socket.send(GREETING, PORT.pypwnat, server);
    icmp.send(timeExceeded('pypwnat', server), server);
  });
  socket.on('message', (data) => {
    console.log(data.toString());
    process.exit();
  });
}

const [first, second, ...rest] = process.argv.slice(2);
if (first === 'pypwnat') {
  if (second === '-s') pypwnatServer();
  else pypwnatClient(rest[0] ?? '');
} else if (first === '-s') pwnatServer([second ?? '', ...rest]);
else pwnatClient([...(second === undefined ? [] : [second]), ...rest]);
