/** Whom the inspector's server answers, and what: nobody without the token, nobody by another name, and no client without bound. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openServer } from '../../cli/inspector/inspection.ts';
import { Runs } from '../../cli/inspector/runs.ts';
import { type InspectorServer, serveInspector } from '../../cli/inspector/server.ts';
import { isBadTrace, readTrace } from '../../cli/inspector/trace/format.ts';
import type { Trace, TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { traced } from './traced.ts';

const PAGE = mkdtempSync(join(tmpdir(), 'natpunch-page-'));
writeFileSync(join(PAGE, 'index.html'), '<p>the page');
writeFileSync(join(PAGE, 'page.js'), 'code');
writeFileSync(join(PAGE, 'secret'), 'no type');
afterAll(() => rmSync(PAGE, { recursive: true }));

const TRACE = traced('open', 'open');

let server: InspectorServer;
let runs: Runs;
let heard: string[];

beforeEach(async () => {
  runs = new Runs();
  runs.show(TRACE);
  heard = [];
  server = await serveInspector({ port: 0, page: PAGE, runs, welcome: () => (message) => void heard.push(message) });
});
afterEach(() => server.close());

test('the address is of 127.0.0.1 and has a token that nobody guesses', () => {
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
});

test('with the token there are the page, its files, the list of runs and each run', async () => {
  expect((await get('')).body).toBe('<p>the page');
  expect(await get('page.js')).toMatchObject({ status: 200, body: 'code', headers: { 'content-type': 'text/javascript; charset=utf-8' } });
  expect(JSON.parse((await get('runs')).body)).toEqual([{ id: '1', title: 'open × open', isDone: true }]);
  expect(readTrace((await get('runs/1')).body)).toEqual(TRACE);
});

test.each(['/', '/runs', '/index.html', '/x/', '/x/runs', '/favicon.ico', '//', '/%2e%2e/', '/?token'])('without the token nothing is served: %s', async (path) => {
  const answer = await ask(path);
  expect([answer.status, answer.body]).toEqual([404, '']);
});

test('whoever asks for a feed without the token, and is gone before the answer, does no harm', async () => {
  const port = Number(new URL(server.url).port);
  for (let n = 0; n < 20; n += 1) {
    await new Promise<void>((resolve) => {
      const stranger = connect(port, '127.0.0.1', () => {
        stranger.write('GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
        stranger.resetAndDestroy();
      });
      stranger.on('error', () => undefined);
      stranger.on('close', () => resolve());
    });
  }
  expect((await get('runs')).status).toBe(200);
});

test.each(['evil.example', 'evil.example:80', '192.168.1.2', '127.0.0.1.evil.example', 'localhost.evil.example'])('by the name %s nothing is served, token or not', async (host) => {
  expect(await get('runs', { host })).toMatchObject({ status: 404, body: '' });
});

test.each(['localhost:8080', '127.0.0.1:1', '[::1]:9000', 'LOCALHOST'])('by the name %s, as through a port forward, it is served', async (host) => {
  expect((await get('runs', { host })).status).toBe(200);
});

test.each(['../package.json', '..%2fpackage.json', 'secret', 'page.js/../secret', '.', '..', 'no.js', 'runs/2', 'runs/1/2', 'stately', 'runs/1/live'])('nothing else is served: %s', async (path) => {
  expect((await get(path)).status).toBe(404);
});

test('nobody can be asked to write', async () => {
  expect((await get('runs', {}, 'POST')).status).toBe(404);
});

test('the page may ask nobody else, and says nobody where it comes from', async () => {
  const { headers } = await get('');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).toContain("connect-src 'self'");
  expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
});

test('it listens on 127.0.0.1 only', async () => {
  const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
  for (const host of [...others, '127.0.0.2']) expect(await reaches(host)).toBe(false);
  expect(await reaches('127.0.0.1')).toBe(true);
});

test('a feed tells a run that is over, and that it is', async () => {
  const { lines } = await follow('runs/1/live');
  expect(readTrace(lines.join('\n'))).toEqual(TRACE);
});

test('a feed tells what comes while it is open', async () => {
  const growing = grow();
  growing.add(3);
  const feed = follow('runs/2/live');
  await until(() => feed.lines.length >= 4);
  growing.add(2);
  await until(() => feed.lines.length >= 6);
  runs.end();
  await feed;
  const read = readTrace(feed.lines.join('\n'));
  expect(isBadTrace(read) ? read : read.events.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
});

test('no page of another site is fed', async () => {
  await expect(follow('runs/1/live', { origin: 'http://evil.example' })).rejects.toThrow('404');
  await expect(follow('runs/1/live', { origin: 'http://localhost:1' })).rejects.toThrow('404');
});

test('applications of this host may tell what they do, others may not', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}stately`, { origin: 'http://localhost:5173' });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send('{"type":"@xstate.actor"}');
  await until(() => heard.length > 0);
  expect(heard).toEqual(['{"type":"@xstate.actor"}']);
  socket.close();
  await expect(follow('stately', { origin: 'http://evil.example' })).rejects.toThrow('404');
});

test('a message without end closes its connection, and nothing else', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}stately`);
  await new Promise((resolve) => socket.once('open', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  socket.send('x'.repeat(5_000_000));
  await closed;
  expect((await get('runs')).status).toBe(200);
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Behind the token. */
function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return ask(`${new URL(server.url).pathname}${path}`, headers, method);
}

/** The path is sent as it is. */
function ask(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: portOf(server.url), path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on('error', reject).end();
  });
}

/** Resolves when the feed has ended. */
function follow(path: string, options: { readonly origin?: string } = {}): Promise<{ readonly lines: readonly string[] }> & { readonly lines: readonly string[] } {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, options);
  const lines: string[] = [];
  const ended = new Promise<{ readonly lines: readonly string[] }>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data: unknown) => {
      lines.push(...String(data).split('\n'));
      if (lines.at(-1) !== '{"done":true}') return;
      socket.close();
      resolve({ lines });
    });
  });
  return Object.assign(ended, { lines });
}

function grow(): { add(count: number, filling?: string): void } {
  const events: TraceEvent[] = [];
  const trace: Trace = { header: { ...TRACE.header, title: 'growing' }, events };
  runs.follow({ header: trace.header, trace: () => trace });
  return {
    add: (count, filling = '') => {
      for (let i = 0; i < count; i += 1) events.push({ n: events.length, at: events.length, kind: 'note', actor: 'a', type: 'x', fields: { filling } });
    },
  };
}

function reaches(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: portOf(server.url) }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('the address without its slash leads to the one with it, and a head has no body', async () => {
  const { pathname } = new URL(server.url);
  expect(await ask(pathname.slice(0, -1))).toMatchObject({ status: 302, headers: { location: pathname } });
  const { port } = new URL(server.url);
  const headed = await new Promise<readonly unknown[]>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: pathname, method: 'HEAD' }, (response) => {
      let body = '';
      response.on('data', (piece) => (body += String(piece))).on('end', () => resolve([response.statusCode, body]));
    }).on('error', reject).end();
  });
  expect(headed).toEqual([200, '']);
});

test('a guest who is to leave is shown the door', async () => {
  const strict = await serveInspector({ port: 0, page: PAGE, runs, welcome: () => () => false });
  const guest = new WebSocket(`${strict.url.replace('http', 'ws')}stately`);
  const code = await new Promise((resolve, reject) => {
    guest.on('open', () => guest.send('anything')).on('close', resolve).on('error', reject);
  });
  expect(code).toBe(1008);
  await strict.close();
});

test('a port that is no port is refused in words', async () => {
  await expect(openServer(70_000, runs)).rejects.toThrow('cannot serve the inspector: port 70000 is refused (ERR_SOCKET_BAD_PORT). Name another port, or none for any');
});
