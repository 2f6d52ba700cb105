/** Where the runs on the page come from, one after another: a server, a file, the playground, somebody else's application. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Trace, TraceEvent } from '../../trace/trace.ts';
import { Run } from '../model/run.ts';
import type { Store } from '../model/store.ts';
import { FIRST_VIEW, type View } from '../model/view.ts';
import { type Choice, choiceOf, FIRST_CHOICE, hashOf, play } from '../play/play.ts';
import { listenForeign } from './foreign.ts';
import { asTrace, listenLive, readSession, readTrace } from './session.ts';

export interface Source {
  /** Changes with the run. */
  readonly key: number;
  readonly run: Run | undefined;
  readonly beside: Run | undefined;
  readonly notice: string | undefined;
  /** Why there is no run yet. */
  readonly waiting: string;
  readonly playing: Playing | undefined;
  readonly open: (file: File) => void;
  readonly openBeside: (file: File) => void;
  readonly closeBeside: () => void;
  readonly toPlayground: () => void;
}

export interface Playing {
  readonly choice: Choice;
  readonly fault: string | undefined;
  readonly play: (choice: Choice) => void;
  readonly playBeside: (choice: Choice) => void;
}

interface State {
  readonly key: number;
  readonly run?: Run | undefined;
  readonly beside?: Run | undefined;
  readonly notice?: string | undefined;
  readonly waiting: string;
  readonly choice?: Choice | undefined;
  readonly fault?: string | undefined;
}

export function useSource(store: Store<View>): Source {
  const [state, setState] = useState<State>({ key: 0, waiting: 'Looking for a run…' });
  const stopLive = useRef<() => void>(() => {});

  const actions = useMemo(() => {
    const change = (fields: Partial<State>): void => setState((before) => ({ ...before, ...fields }));
    const show = (run: Run, fields: Partial<State> = {}): void => {
      const { row, part } = store.get();
      store.set({ ...FIRST_VIEW, row, part, isFollowing: true, cursor: Math.max(0, run.told.last) });
      setState((before) => ({ notice: undefined, beside: undefined, choice: before.choice, waiting: '', ...fields, run, key: before.key + 1 }));
    };
    const playOne = (choice: Choice): void => {
      try {
        show(Run.of(play(choice)), { choice, fault: undefined });
        history.replaceState(null, '', hashOf(choice));
      } catch (error) {
        change({ choice, fault: wordsOf(error) });
      }
    };
    const playBeside = (choice: Choice): void => {
      try {
        const next = { ...choice, seed: nextSeed(choice.seed) };
        show(Run.of(play(choice)), { choice, beside: Run.of(play(next)), fault: undefined });
      } catch (error) {
        change({ choice, fault: wordsOf(error) });
      }
    };
    const live = (path: string): void => {
      let run: Run | undefined;
      const feed = paced<TraceEvent>((events) => run?.add(events));
      stopLive.current = listenLive(
        path,
        (message) => {
          if ('header' in message) {
            run = new Run(message.header, true);
            show(run);
          } else if ('events' in message) feed(message.events);
          else change({ notice: undefined });
        },
        (why) => change({ notice: run ? `The run is over, or its program has ended${why === '' ? '' : `: ${why}`}. What was seen stays here.` : undefined, waiting: `The program could not be reached${why === '' ? '.' : `: ${why}`}` }),
      );
    };
    const readFile = async (file: File, use: (trace: Trace) => void): Promise<void> => {
      try {
        use(asTrace(JSON.parse(await file.text())));
      } catch (error) {
        change({ notice: `${file.name}: ${wordsOf(error)}` });
      }
    };
    return {
      change,
      show,
      playOne,
      playBeside,
      live,
      open: (file: File) => void readFile(file, (trace) => show(Run.of(trace), { choice: undefined })),
      openBeside: (file: File) => void readFile(file, (trace) => change({ beside: Run.of(trace) })),
      closeBeside: () => change({ beside: undefined }),
      toPlayground: () => playOne(choiceOf(location.hash) ?? FIRST_CHOICE),
    };
  }, [store]);

  useEffect(() => {
    const begin = async (): Promise<void> => {
      const session = await readSession();
      if (session.mode === 'live') return actions.live(session.path);
      if (session.mode === 'playground') return actions.toPlayground();
      const [first, second] = await Promise.all(session.traces.slice(0, 2).map(readTrace));
      if (first) actions.show(Run.of(first), second ? { beside: Run.of(second) } : {});
    };
    const stopForeign = listenForeign((run) => actions.show(run, { choice: undefined }));
    begin().catch((error: unknown) => actions.change({ waiting: wordsOf(error) }));
    return () => {
      stopForeign();
      stopLive.current();
    };
  }, [actions]);

  const { key, run, beside, notice, waiting, choice, fault } = state;
  return {
    key,
    run,
    beside,
    notice,
    waiting,
    playing: choice && !beside ? { choice, fault, play: actions.playOne, playBeside: actions.playBeside } : undefined,
    open: actions.open,
    openBeside: actions.openBeside,
    closeBeside: actions.closeBeside,
    toPlayground: actions.toPlayground,
  };
}

/** What comes in bursts is shown a few times a second: each time costs the layout of the whole. */
const PACE_MS = 120;

function paced<T>(use: (items: readonly T[]) => void): (items: readonly T[]) => void {
  let waiting: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (items) => {
    for (const item of items) waiting.push(item);
    timer ??= setTimeout(() => {
      timer = undefined;
      const ready = waiting;
      waiting = [];
      use(ready);
    }, PACE_MS);
  };
}

function nextSeed(seed: string): string {
  return /^\d+$/.test(seed) ? String(Number(seed) + 1) : `${seed}'`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
