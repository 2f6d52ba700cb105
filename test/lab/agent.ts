/**
 * Agents: one long-lived worker process per host of the lab, called like a local object.
 *
 * For: running many small actions inside a namespace without starting a process for each.
 * Never: interprets what the module does; arguments and results are JSON and nothing else.
 */
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { script } from './scripts.ts';

/** A worker process in a host. */
export interface Agent {
  readonly pid: number;
  /**
   * Runs one exported function of the module with these arguments. `timeoutMs` defaults to 10,000.
   * @throws Error with the function's own error text; when it takes too long; or when the process ended, with the tail of its stderr.
   */
  call<T = unknown>(name: string, args?: readonly unknown[], options?: { readonly timeoutMs?: number }): Promise<T>;
  /** Hears what the module reports by `process.send({ event, data })`. Returns the way to stop listening. */
  onEvent(listener: (event: string, data: unknown) => void): () => void;
  /** What the process wrote to stderr (and by console) so far; the last 8 kB. */
  stderr(): string;
  /** Kills the process and resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
}

/** From the worker: a result, a failure, or an event. */
type Reply = { id: number; result?: unknown } | { id: number; error: string } | { event: string; data?: unknown } | { ready: true };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

const MAIN = fileURLToPath(new URL('agent-main.mjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 10_000;
const STDERR_KEPT = 8_192;

/**
 * Starts a worker by means of `exec` and waits until its module is loaded. It is one of those of scripts.ts.
 * @throws Error with the worker's stderr when the module does not load within a minute.
 */
export async function startAgent(
  exec: (argv: readonly string[], options: SpawnOptions) => ChildProcess,
  module: URL,
  label: string,
): Promise<Agent> {
  const child = exec([process.execPath, MAIN, script(module)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(event: string, data: unknown) => void>();
  let err = '';
  let ended: string | undefined;
  let nextId = 0;

  const collect = (text: string): void => {
    err = (err + text).slice(-STDERR_KEPT);
  };
  child.stdout?.setEncoding('utf8').on('data', collect);
  child.stderr?.setEncoding('utf8').on('data', collect);

  const gone = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      ended ??= `agent ${label} ${why}${err === '' ? '' : `: ${err.trim()}`}`;
      for (const { reject, timer } of waiting.values()) {
        clearTimeout(timer);
        reject(new Error(ended));
      }
      waiting.clear();
      resolve();
    };
    child.on('close', (code, signal) => end(`ended (${code ?? signal})`));
    child.on('error', (error) => end(`did not start (${error.message})`));
  });

  const expect = (id: number, what: string, timeoutMs: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) {
        reject(new Error(ended));
        return;
      }
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`agent ${label}: ${what} did not finish within ${timeoutMs} ms${err === '' ? '' : `: ${err.trim()}`}`));
      }, timeoutMs);
      waiting.set(id, { resolve, reject, timer });
    });

  const settle = (id: number, error: string | undefined, result: unknown): void => {
    const call = waiting.get(id);
    if (!call) return; // it timed out before
    waiting.delete(id);
    clearTimeout(call.timer);
    if (error === undefined) call.resolve(result);
    else call.reject(new Error(`agent ${label}: ${error}`));
  };

  child.on('message', (message: Reply) => {
    if ('ready' in message) settle(0, undefined, undefined);
    else if ('event' in message) for (const listener of listeners) listener(message.event, message.data);
    else if ('error' in message) settle(message.id, message.error, undefined);
    else settle(message.id, undefined, message.result);
  });

  const stop = async (): Promise<void> => {
    if (ended === undefined) child.kill('SIGKILL');
    await gone;
  };

  try {
    await expect(0, 'loading its module', START_TIMEOUT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pid: child.pid ?? -1,
    async call<T>(name: string, args: readonly unknown[] = [], options: { readonly timeoutMs?: number } = {}): Promise<T> {
      const id = (nextId += 1);
      const answer = expect(id, `${name}()`, options.timeoutMs ?? CALL_TIMEOUT_MS);
      if (child.connected) child.send({ id, name, args });
      return (await answer) as T;
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stderr: () => err,
    stop,
  };
}
