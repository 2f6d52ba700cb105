/** Starts `stun-process.ts`, or another server that speaks like it, and asks for its figures. The process ends with its parent. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../effects/endpoint.ts';

export interface StunFigures {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
}

export type ToStunServer = 'figures' | 'collected figures';
/** First where it listens, by label; then, for each question, its figures. */
export type FromStunServer<F extends StunFigures = StunFigures> = { readonly opened: Readonly<Record<string, Endpoint>> } | F;

/** F: what it tells of itself. */
export interface StunChild<F extends StunFigures = StunFigures> {
  readonly opened: Readonly<Record<string, Endpoint>>;
  figures(): Promise<F>;
  /** After a full collection of garbage, which costs the process some of its time. */
  collectedFigures(): Promise<F>;
  stop(): Promise<void>;
}

export async function startStunServer<F extends StunFigures = StunFigures>(program = new URL('stun-process.ts', import.meta.url), ...options: readonly string[]): Promise<StunChild<F>> {
  const child = fork(fileURLToPath(program), options, { execArgv: ['--import', 'tsx', '--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const first = await heard<F>(child);
  if (!('opened' in first)) throw new Error('the server told figures before it listened');
  const ask = async (question: ToStunServer): Promise<F> => {
    const answer = heard<F>(child);
    child.send(question);
    const figures = await answer;
    if ('opened' in figures) throw new Error('the server listens twice');
    return figures;
  };
  return {
    opened: first.opened,
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

async function heard<F extends StunFigures>(child: ChildProcess): Promise<FromStunServer<F>> {
  const early = new AbortController();
  const exit = (code: number | null): void => early.abort(new Error(`the server ended early, with code ${code}`));
  child.once('exit', exit);
  try {
    const [message] = (await once(child, 'message', { signal: early.signal })) as [FromStunServer<F>];
    return message;
  } catch {
    throw early.signal.reason;
  } finally {
    child.off('exit', exit);
  }
}
