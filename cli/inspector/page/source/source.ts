/** Where the runs on the page come from, one after another: a server, a file, the playground, somebody else's application. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Trace, TraceEvent } from '../../trace/trace.ts';
import { filtersOf, NO_FILTERS } from '../model/filters.ts';
import { Run } from '../model/run.ts';
import type { Store } from '../model/store.ts';
import { FIRST_VIEW, type View } from '../model/view.ts';
import { type Choice, choiceOf, FIRST_CHOICE, hashOf, play } from '../play/play.ts';
import { listenForeign } from './foreign.ts';
import { fetchRun, type Listed, listenLive, listRuns, traceOf } from './session.ts';

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
  /** What the server has besides; asked for again by `refresh`. */
  readonly runs: readonly Listed[];
  readonly refresh: () => void;
  readonly choose: (listed: Listed) => void;
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
  readonly runs: readonly Listed[];
}

export function useSource(store: Store<View>): Source {
  const [state, setState] = useState<State>({ key: 0, waiting: 'Looking for a run…', runs: [] });
  const stopLive = useRef<() => void>(() => {});

  const actions = useMemo(() => {
    let isFirst = true;
    const change = (fields: Partial<State>): void => setState((before) => ({ ...before, ...fields }));
    const show = (run: Run, fields: Partial<State> = {}): void => {
      const { row, part } = store.get();
      // What the address asks for is for the run that is shown first.
      const filters = isFirst ? filtersOf(location.hash) : NO_FILTERS;
      isFirst = false;
      store.set({ ...FIRST_VIEW, row, part, filters, isFollowing: true, cursor: Math.max(0, run.told.last) });
      setState((before) => ({ notice: cutWords(run), beside: undefined, choice: before.choice, waiting: '', runs: before.runs, ...fields, run, key: before.key + 1 }));
    };
    const besides = (run: Run): void => change({ beside: run, ...(cutWords(run) === undefined ? {} : { notice: cutWords(run) }) });
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
    const live = ({ id, isDone }: Listed): void => {
      stopLive.current();
      let run: Run | undefined;
      const feed = paced<TraceEvent>((events) => run?.add(events));
      stopLive.current = listenLive(id, {
        begun: (header) => {
          run = new Run(header, !isDone);
          show(run, { choice: undefined });
        },
        told: feed,
        ended: (isWhole, why) => {
          const cause = why === '' ? '' : ` (${why})`;
          if (run === undefined) return change({ waiting: `The program that has this run does not answer${cause}.` });
          if (!isWhole) return change({ notice: `The program has ended, or cannot be reached${cause}. What was seen stays here.` });
          setTimeout(() => run?.end(), PACE_MS * 2);
        },
      });
    };
    const readFile = async (file: File, use: (trace: Trace) => void): Promise<void> => {
      try {
        use(traceOf(await file.text()));
      } catch (error) {
        change({ notice: `${file.name}: ${wordsOf(error)}` });
      }
    };
    return {
      change,
      show,
      isShowing: () => !isFirst,
      playOne,
      playBeside,
      live,
      open: (file: File) => void readFile(file, (trace) => show(Run.of(trace), { choice: undefined })),
      openBeside: (file: File) => void readFile(file, (trace) => besides(Run.of(trace))),
      closeBeside: () => change({ beside: undefined }),
      refresh: () => void listRuns().then((runs) => change({ runs }), () => {}),
      toPlayground: () => playOne(choiceOf(location.hash) ?? FIRST_CHOICE),
    };
  }, [store]);

  useEffect(() => {
    const begin = async (): Promise<void> => {
      const runs = await listRuns();
      actions.change({ runs });
      const [first, second, third] = runs;
      // An application that has opened the page may have spoken already.
      if (first === undefined) return actions.isShowing() ? undefined : actions.toPlayground();
      // Two finished runs, and no more, were given to be compared.
      if (second?.isDone && first.isDone && third === undefined) {
        const [left, right] = await Promise.all([fetchRun(first.id), fetchRun(second.id)]);
        return actions.show(Run.of(left), { beside: Run.of(right) });
      }
      actions.live(first);
    };
    const stopForeign = listenForeign((run) => actions.show(run, { choice: undefined }));
    begin().catch((error: unknown) => actions.change({ waiting: wordsOf(error) }));
    return () => {
      stopForeign();
      stopLive.current();
    };
  }, [actions]);

  const { key, run, beside, notice, waiting, choice, fault, runs } = state;
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
    runs,
    refresh: actions.refresh,
    choose: actions.live,
  };
}

/** What comes in bursts is shown a few times a second: each time costs the layout of the whole, so a long run is shown less often. */
const PACE_MS = 120;
const EVENTS_PER_MS = 200;

function paced<T>(use: (items: readonly T[]) => void): (items: readonly T[]) => void {
  let waiting: T[] = [];
  let used = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (items) => {
    for (const item of items) waiting.push(item);
    timer ??= setTimeout(() => {
      timer = undefined;
      const ready = waiting;
      waiting = [];
      used += ready.length;
      use(ready);
    }, PACE_MS + used / EVENTS_PER_MS);
  };
}

function nextSeed(seed: string): string {
  return /^\d+$/.test(seed) ? String(Number(seed) + 1) : `${seed}'`;
}

/** Of a run whose file has no end. */
function cutWords({ told: { header } }: Run): string | undefined {
  return header.cut === undefined ? undefined : `The file of “${header.title}” ${header.cut}: what wrote it was killed, or still runs. What stands there is shown.`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
