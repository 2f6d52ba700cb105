/**
 * The inspector's server: the page and the runs it shows, on 127.0.0.1 and for nobody who does not know the token of its
 * address. It serves no file but the page's, keeps nothing of a client, and asks nothing of the network.
 *
 *     GET /<token>/             the page; its files beside it
 *     GET /<token>/runs         [{"id":"1","title":"…","isDone":false}]
 *     GET /<token>/runs/1       a trace, as the lines of trace/format.ts, so far
 *     WS  /<token>/runs/1/live  the same lines, and those that come, until DONE_LINE; several to a message
 *     WS  /<token>/stately      takes the messages of createWebSocketInspector({ url }) of @statelyai/inspect
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { WebSocketServer } from 'ws';
import { isOwnOrigin, isOwnHost, tokenOf } from './doorkeeper.ts';
import { feed } from './feed.ts';
import type { Runs } from './runs.ts';
import { writeTrace } from './trace/format.ts';

export interface InspectorServer {
  /** With its token. */
  readonly url: string;
  /** From now on it keeps the process alive. */
  hold(): void;
  close(): Promise<void>;
}

export interface ServerOptions {
  /** 0 for any. */
  readonly port: number;
  /** The folder of the page, as `bundle.ts` writes it. */
  readonly page: string;
  readonly runs: Runs;
  /** Takes what a foreign application says; each call is one that has come. */
  readonly welcome?: () => (message: string) => boolean | void;
}

/** Of one message of a foreign application. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;

/** Rejects with the system's error when the port is taken. */
export async function serveInspector({ port, page, runs, welcome }: ServerOptions): Promise<InspectorServer> {
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, response) => {
    answer(request, response, token, page, runs).catch(() => end(response, 500));
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  server.on('upgrade', (request, socket, head) => {
    // Whoever is gone before the answer is no concern of ours.
    socket.on('error', () => socket.destroy());
    const path = isOwnHost(request.headers.host) ? tokenOf(request.url!, token) : undefined;
    const run = /^runs\/([^/]+)\/live$/.exec(path ?? '')?.[1];
    const shown = run === undefined ? undefined : runs.find(run);
    const isFeed = shown !== undefined && isOwnOrigin(request.headers, 'same');
    const isGuest = path === 'stately' && welcome !== undefined && isOwnOrigin(request.headers, 'loopback');
    if (!isFeed && !isGuest) return void socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on('error', () => connection.terminate());
      if (shown && isFeed) return feed(connection, shown);
      const hear = welcome?.();
      connection.on('message', (data: unknown, isBinary: boolean) => {
        if (!isBinary && hear?.(String(data)) === false) connection.close(1008);
      });
    });
  });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/${token}/`,
    hold: () => void server.ref(),
    close: () =>
      new Promise((resolve) => {
        for (const connection of sockets.clients) connection.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, token: string, page: string, runs: Runs): Promise<void> {
  const path = isOwnHost(request.headers.host) ? tokenOf(request.url!, token) : undefined;
  if (path === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return end(response, 404);
  // Relative addresses need the slash.
  if (path === '') return end(response, 302, { location: `/${token}/` });
  if (path === 'runs') {
    const list = runs.all.map(({ id, title, isDone }) => ({ id, title, isDone: isDone() }));
    return end(response, 200, { 'content-type': 'application/json' }, JSON.stringify(list));
  }
  const run = runs.find(/^runs\/([^/]+)$/.exec(path)?.[1] ?? '');
  if (run) return end(response, 200, { 'content-type': 'application/x-ndjson' }, writeTrace(run.read()));
  const name = path === '/' ? 'index.html' : path;
  const type = TYPES[extname(name)];
  if (type === undefined || !/^[\w-]+(\.[\w-]+)+$/.test(name)) return end(response, 404);
  const file = await readFile(join(page, name)).catch(() => undefined);
  return file ? end(response, 200, { 'content-type': type }, file) : end(response, 404);
}

/** Nothing of the page may ask anybody else. Foreign applications of this host may show it in a frame of theirs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*",
].join('; ');

function end(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}, body: string | Uint8Array = ''): void {
  response.writeHead(status, {
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json',
};
