/**
 * What the page is to show, as whoever serves it says in `session.json` beside it:
 *
 *   {"mode": "playground"}                      what a static folder says
 *   {"mode": "traces", "traces": ["a.json"]}    one finished run, or two to stand side by side; paths beside the page
 *   {"mode": "live", "path": "live"}            a WebSocket beside the page that tells a run as it goes on
 *
 * On the WebSocket come texts: first {"header": …}, then {"events": […]} again and again, last {"end": true}.
 */
import type { Trace, TraceEvent, TraceHeader } from '../../trace/trace.ts';

export type Session =
  | { readonly mode: 'playground' }
  | { readonly mode: 'traces'; readonly traces: readonly string[] }
  | { readonly mode: 'live'; readonly path: string };

export type LiveMessage = { readonly header: TraceHeader } | { readonly events: readonly TraceEvent[] } | { readonly end: true };

export async function readSession(): Promise<Session> {
  const given: unknown = await fetchJson('session.json');
  if (isSession(given)) return given;
  throw new Error('The page does not know what to show: session.json beside it says nothing that it understands.');
}

export async function readTrace(path: string): Promise<Trace> {
  return asTrace(await fetchJson(path));
}

/** Throws, in words for people, when it is none. */
export function asTrace(given: unknown): Trace {
  if (typeof given === 'object' && given !== null && 'header' in given && 'events' in given && Array.isArray(given.events)) {
    const { header } = given;
    if (typeof header === 'object' && header !== null && 'format' in header && header.format === 'natpunch-trace/1') return given as Trace;
  }
  throw new Error('This is not a trace (natpunch-trace/1). Logs from --record open with: natpunch inspect <file>');
}

/** The answer stops it. */
export function listenLive(path: string, told: (message: LiveMessage) => void, ended: (why: string) => void): () => void {
  const address = new URL(path, document.baseURI);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address);
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') told(JSON.parse(data) as LiveMessage);
  });
  socket.addEventListener('close', ({ reason }) => ended(reason));
  return () => socket.close();
}

async function fetchJson(path: string): Promise<unknown> {
  const answer = await fetch(path, { cache: 'no-store' });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
  return answer.json();
}

function isSession(given: unknown): given is Session {
  if (typeof given !== 'object' || given === null || !('mode' in given)) return false;
  switch (given.mode) {
    case 'playground':
      return true;
    case 'traces':
      return 'traces' in given && Array.isArray(given.traces);
    case 'live':
      return 'path' in given && typeof given.path === 'string';
    default:
      return false;
  }
}
