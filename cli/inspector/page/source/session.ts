/**
 * What the page's server has to show: a list of runs in `runs` beside the page, each told by a WebSocket as lines of
 * trace/format.ts. A static folder says in its place that there are none.
 */
import { isBadTrace, readTrace, TraceReader } from '../../trace/format.ts';
import type { Trace, TraceEvent, TraceHeader } from '../../trace/trace.ts';

export interface Listed {
  readonly id: string;
  readonly title: string;
  readonly isDone: boolean;
}

export async function listRuns(): Promise<readonly Listed[]> {
  const answer = await fetch('runs', { cache: 'no-store' });
  if (!answer.ok) throw new Error(`The server does not answer: ${answer.status} ${answer.statusText}`);
  const given: unknown = await answer.json();
  return Array.isArray(given) ? given.filter(isListed) : [];
}

/** Throws, in words for people, when it is none. */
export function traceOf(text: string): Trace {
  const trace = readTrace(text);
  if (!isBadTrace(trace)) return trace;
  throw new Error(`This is not a trace (${trace.message}). Logs from --record open with: natpunch inspect <file>`);
}

/** A whole run that is over. */
export async function fetchRun(id: string): Promise<Trace> {
  const answer = await fetch(`runs/${id}`, { cache: 'no-store' });
  return traceOf(await answer.text());
}

export interface Listener {
  readonly begun: (header: TraceHeader) => void;
  readonly told: (events: readonly TraceEvent[]) => void;
  /** Nothing more will come; `isWhole` when the run itself is over. */
  readonly ended: (isWhole: boolean, why: string) => void;
}

/** The answer stops it. */
export function listenLive(id: string, { begun, told, ended }: Listener): () => void {
  const address = new URL(`runs/${id}/live`, document.baseURI);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address);
  const reader = new TraceReader();
  let fault = '';
  socket.addEventListener('message', ({ data }) => {
    const isFirst = reader.header === undefined;
    const events: TraceEvent[] = [];
    for (const line of String(data).split('\n')) {
      const read = reader.line(line);
      if (read === undefined) continue;
      if (isBadTrace(read)) {
        fault = read.message;
        break;
      }
      events.push(read);
    }
    if (isFirst && reader.header) begun(reader.header);
    if (events.length > 0) told(events);
    if (reader.isDone || fault !== '') socket.close();
  });
  socket.addEventListener('close', ({ reason }) => ended(reader.isDone, fault || reason));
  return () => socket.close();
}

function isListed(given: unknown): given is Listed {
  return typeof given === 'object' && given !== null && 'id' in given && typeof given.id === 'string' && 'title' in given && typeof given.title === 'string' && 'isDone' in given && typeof given.isDone === 'boolean';
}
