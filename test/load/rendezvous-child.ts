/** Starts `rendezvous-process.ts` and asks for its figures. The process ends with its parent. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Figures {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly rooms: number;
  readonly peakRooms: number;
  /** How many rooms were ever opened. */
  readonly opened: number;
  /** The beginnings of the identifiers of rooms whose peers were introduced. */
  readonly paired: readonly string[];
}

export type ToRendezvous = 'figures' | 'collected figures';
export type FromRendezvous = { readonly port: number } | Figures;

export interface RendezvousChild {
  readonly port: number;
  figures(): Promise<Figures>;
  /** After a full collection of garbage, which costs the process some of its time. */
  collectedFigures(): Promise<Figures>;
  stop(): Promise<void>;
}

/** `program` may be another that tells its port and then, for each message, its figures. */
export async function startRendezvous(program = new URL('rendezvous-process.ts', import.meta.url)): Promise<RendezvousChild> {
  const child = fork(fileURLToPath(program), { execArgv: ['--import', 'tsx', '--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const first = await heard(child);
  if (!('port' in first)) throw new Error('the rendezvous told figures before it listened');
  const ask = async (question: ToRendezvous): Promise<Figures> => {
    const answer = heard(child);
    child.send(question);
    const figures = await answer;
    if ('port' in figures) throw new Error('the rendezvous listens twice');
    return figures;
  };
  return {
    port: first.port,
    figures: () => ask('figures'),
    collectedFigures: () => ask('collected figures'),
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

async function heard(child: ChildProcess): Promise<FromRendezvous> {
  const early = new AbortController();
  const exit = (code: number | null): void => early.abort(new Error(`the rendezvous ended early, with code ${code}`));
  child.once('exit', exit);
  try {
    const [message] = (await once(child, 'message', { signal: early.signal })) as [FromRendezvous];
    return message;
  } catch {
    throw early.signal.reason;
  } finally {
    child.off('exit', exit);
  }
}
