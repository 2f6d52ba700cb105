/**
 * Listens to somebody else's xstate application that has opened this page by `createBrowserInspector({ url })` of
 * @statelyai/inspect: says that it is there, and makes a run of the messages that come. Whatever they hold, it is only shown.
 */
import { StatelyListener } from '../../trace/stately.ts';
import { Run } from '../model/run.ts';

/** How often what has come is shown. */
const EVERY_MS = 100;

/** `show` is called with each run when its first message has come; the answer stops it. */
export function listenForeign(show: (run: Run) => void): () => void {
  const owner: unknown = window.self === window.top ? window.opener : window.parent;
  if (!isWindow(owner)) return () => {};
  const listener = new StatelyListener(applicationName(), new Date().toISOString());
  const startedAt = performance.now();
  let run: Run | undefined;
  let told = 0;
  const hear = ({ data, source }: MessageEvent<unknown>): void => {
    if (source === owner) listener.hear(data, performance.now() - startedAt);
  };
  const tell = (): void => {
    const { header, events } = listener.trace();
    if (events.length === told) return;
    const fresh = events.slice(told);
    told = events.length;
    if (run) return run.add(fresh);
    run = new Run(header, true);
    run.add(fresh);
    show(run);
  };
  window.addEventListener('message', hear);
  const timer = setInterval(tell, EVERY_MS);
  owner.postMessage({ type: '@statelyai.connected' }, '*');
  return () => {
    window.removeEventListener('message', hear);
    clearInterval(timer);
  };
}

function applicationName(): string {
  try {
    return document.referrer === '' ? 'An xstate application' : `xstate at ${new URL(document.referrer).host}`;
  } catch {
    return 'An xstate application';
  }
}

function isWindow(value: unknown): value is Window {
  return typeof value === 'object' && value !== null && 'postMessage' in value;
}
