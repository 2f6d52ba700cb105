/**
 * Runs in a host of the lab, as its agent: an HTTP server, and clients that load from one and store in one. What passes is told by
 * its hash. For: carrying real traffic through a tunnel. Never: knows what carries it.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';

/** One load or store. */
export interface Passed {
  readonly length: number;
  /** Of what came, and of what should have come. */
  readonly hash: string;
  readonly expected: string;
}

/** GET /seed/length gives those bytes; PUT answers with the hash of what came. */
export async function serve(port: number): Promise<void> {
  const server = createServer((asked, answer) => {
    if (asked.method === 'PUT') void hashOf(asked).then(({ hash }) => answer.end(hash));
    else {
      const [, seed = '', length = ''] = (asked.url ?? '').split('/');
      answer.end(content(seed, Number(length)));
    }
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
}

/** So many at once, each its own connection. */
export async function load(port: number, count: number, length: number): Promise<readonly Passed[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const answer = await respond(request({ port, host: '127.0.0.1', path: `/${n}/${length}`, agent: new Agent() }));
      return { ...(await hashOf(answer)), expected: digest(content(String(n), length)) };
    }),
  );
}

export async function store(port: number, count: number, length: number): Promise<readonly Passed[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const body = content(String(n), length);
      const answer = await respond(request({ port, host: '127.0.0.1', method: 'PUT', agent: new Agent(), headers: { 'content-length': length } }), body);
      return { length, hash: (await textOf(answer)), expected: digest(body) };
    }),
  );
}

async function respond(asked: ReturnType<typeof request>, body?: Buffer): Promise<IncomingMessage> {
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

async function hashOf(stream: IncomingMessage): Promise<{ readonly hash: string; readonly length: number }> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { hash: hash.digest('hex'), length };
}

async function textOf(stream: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

/** Bytes that only this seed gives. */
function content(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
