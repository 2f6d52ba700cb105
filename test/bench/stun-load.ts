/** Clients in processes of their own that ask a STUN server as fast as it answers. They end with this process. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A plain request, and its answer over IPv4 with all four addresses. */
export const REQUEST_SIZE = 20;
export const ANSWER_SIZE = 68;
/** Requests under way at any time, of all clients together. */
export const IN_FLIGHT = 64;

export interface LoadOrder {
  readonly port: number;
  readonly requests: number;
  readonly inFlight: number;
}

export interface LoadDone {
  /** Requests that had to be asked again. */
  readonly lost: number;
}

export interface StunLoad {
  /** Resolves when all were answered, with the seconds that it took. */
  ask(port: number, requests: number): Promise<{ readonly seconds: number; readonly lost: number }>;
  stop(): Promise<void>;
}

export function startLoad(clients: number): StunLoad {
  const program = fileURLToPath(new URL('stun-load-process.ts', import.meta.url));
  const children = Array.from({ length: clients }, () => fork(program, { execArgv: ['--import', 'tsx'] }));
  return {
    async ask(port, requests) {
      const started = performance.now();
      const order: LoadOrder = { port, requests: requests / clients, inFlight: IN_FLIGHT / clients };
      const done = await Promise.all(children.map((child) => askOne(child, order)));
      return { seconds: (performance.now() - started) / 1000, lost: done.reduce((sum, { lost }) => sum + lost, 0) };
    },
    async stop() {
      await Promise.all(
        children.map(async (child) => {
          const gone = once(child, 'exit');
          child.disconnect();
          await gone;
        }),
      );
    },
  };
}

async function askOne(child: ChildProcess, order: LoadOrder): Promise<LoadDone> {
  child.send(order);
  const [done] = (await once(child, 'message')) as [LoadDone];
  return done;
}
