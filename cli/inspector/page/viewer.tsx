/** One run on the page: its sequence, the statechart of an actor, details, tables and time, all at one moment. */
import type { ComponentChildren, VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { Chart } from './chart/chart.tsx';
import { type Commands, commandsFor } from './commands.ts';
import { exportsFor } from './export/exports.ts';
import { useArranged } from './model/arrangement.ts';
import type { Drawn } from './model/bundles.ts';
import type { Lane, Mark } from './model/picture.ts';
import { usePlayer } from './model/player.ts';
import type { Run } from './model/run.ts';
import { type Store, useStore } from './model/store.ts';
import type { View } from './model/view.ts';
import { valueWords } from './model/words.ts';
import { Context } from './panels/context.tsx';
import { Details } from './panels/details.tsx';
import { Summary } from './panels/summary.tsx';
import { Tables } from './panels/tables.tsx';
import { ROOMY } from './sequence/geometry.ts';
import { Sequence, useColumns } from './sequence/sequence.tsx';
import { Timebar } from './time/timebar.tsx';

export interface ViewerProps {
  readonly run: Run;
  readonly version: number;
  readonly store: Store<View>;
  readonly reveal: number;
  readonly onReveal: () => void;
  /** Told what the keyboard and the menus can do here. */
  readonly onCommands: (commands: Commands) => void;
  readonly above?: ComponentChildren;
}

export function Viewer({ run, version, store, reveal, onReveal, onCommands, above }: ViewerProps): VNode {
  const view = useStore(store);
  const { told } = run;
  const { cursor, filters, opened, row, isFollowing, panel } = view;
  const picture = useMemo(() => run.picture, [run, version]);
  const stage = useRef<HTMLDivElement>(null);
  const columns = useColumns(picture.lanes, stage);
  const { value: arranged, isCurrent } = useArranged(picture, { filters, opened, row, hasMargin: columns.margin > ROOMY });
  const { layout } = arranged;
  // What is to be brought into view has its place only in the new layout.
  const settled = useRef(reveal);
  if (isCurrent) settled.current = reveal;
  const playY = usePlayer(store, layout);

  // A packet is chosen by its place among those that are kept.
  useEffect(() => store.set({ packet: undefined }), [told]);
  useEffect(() => {
    if (isFollowing) store.set({ cursor: told.last });
  }, [version, isFollowing]);

  // Asked for only when a packet is chosen.
  const bundles = useMemo(() => lazily(() => {
    const held = new Map<number, NonNullable<Drawn['bundle']>>();
    for (const { bundle, members } of arranged.drawn) if (bundle) for (const { index } of members) held.set(index, bundle);
    return held;
  }), [arranged]);
  const packet = view.packet === undefined ? undefined : picture.packets[view.packet];
  const charted = useMemo(() => run.charted, [picture]);
  const actor = view.actor ?? charted[0];
  const onArrow = useCallback(({ packet: one, members, id }: Drawn) => {
    const isAgain = store.get().packet === one.index && members.length > 1;
    store.set({ packet: one.index, cursor: one.stops.at(-1)!.n, isFollowing: false, isPlaying: false, panel: 'details' });
    if (isAgain) store.set(({ opened }) => ({ opened: new Set([...opened, id]) }));
  }, [store]);
  const onMark = useCallback(({ n, actor: one }: Mark) => store.set({ cursor: n, actor: one, packet: undefined, isFollowing: false, isPlaying: false }), [store]);
  const onLane = useCallback((lane: Lane) => {
    const found = [...told.actors.values()].find(({ actor: { actor, place }, machine }) => machine && (place === lane.name || actor === lane.name));
    if (found) return store.set({ actor: found.actor.actor });
    if (lane.kind === 'nat') store.set({ panel: 'tables' });
  }, [store, told]);
  const onScrollAway = useCallback((isAtEnd: boolean) => {
    const { isFollowing: follows } = store.get();
    if (follows && !isAtEnd) store.set({ isFollowing: false });
    if (!follows && isAtEnd && run.isLive && store.get().cursor === told.last) store.set({ isFollowing: true });
  }, [store, run]);

  const standing = actor === undefined ? undefined : told.standing(actor, cursor);
  const known = actor === undefined ? undefined : told.actors.get(actor);
  const commands = commandsFor({ store, told, layout, picture, actor, actors: charted, bundleOf: (index) => bundles().get(index)?.id, reveal: onReveal, exports: exportsFor({ run, picture, layout, columns, cursor, machine: known?.machine, value: standing?.now?.value ?? null }) });
  onCommands(commands);
  const at = Math.min(told.event(cursor)?.at ?? picture.from, picture.until);
  const held = view.packet === undefined ? undefined : bundles().get(view.packet);

  return (
    <>
      <div class="main">
        <div class="stage">
          <div>{above}</div>
          <div ref={stage} style={{ minHeight: 0, minWidth: 0, position: 'relative' }}>
            <Sequence
              picture={arranged.picture}
              layout={layout}
              columns={columns}
              cursor={cursor}
              packet={view.packet}
              actor={known?.actor.place ?? actor}
              isFollowing={isFollowing}
              isLive={run.isLive}
              playY={playY}
              reveal={settled.current}
              onArrow={onArrow}
              onMark={onMark}
              onLane={onLane}
              onScrollAway={onScrollAway}
              onZoom={commands.zoom}
            />
          </div>
        </div>
        <div class="side-panels">
          <section class="panel statechart" aria-label="Statechart">
            <header role="tablist">
              {charted.map((name) => (
                <button key={name} class="tab" role="tab" aria-selected={name === actor} onClick={() => store.set({ actor: name })}>
                  {name}
                  <i>{valueWords(told.standing(name, cursor).now?.value ?? '')}</i>
                </button>
              ))}
              {charted.length === 0 && <span class="tab">No statechart yet</span>}
            </header>
            <div class="content">
              {known?.machine && <Chart machine={known.machine.machine} definition={known.machine.definition} value={standing?.now?.value ?? null} steps={standing?.taken?.steps ?? []} />}
            </div>
          </section>
          <section class="panel details" aria-label="Details">
            <header role="tablist">
              {PANELS.map(([name, label]) => (
                <button key={name} class="tab" role="tab" aria-selected={panel === name} onClick={() => store.set({ panel: name })}>{label}</button>
              ))}
            </header>
            <div class="content">
              {panel === 'details' && isFollowing && packet === undefined && <Summary told={told} picture={picture} onPick={commands.goTo} />}
              {panel === 'details' && !(isFollowing && packet === undefined) && (
                <Details told={told} cursor={cursor} packet={packet} lanes={picture.lanes} bundle={held && { count: held.count, isOpen: opened.has(held.id), toggle: commands.toggleBundle }} />
              )}
              {panel === 'context' && <Context told={told} actor={actor} cursor={cursor} at={at} version={version} />}
              {panel === 'tables' && <Tables told={told} cursor={cursor} at={at} version={version} />}
            </div>
          </section>
        </div>
      </div>
      <Timebar
        picture={picture}
        at={at}
        position={`event ${cursor + 1} of ${told.last + 1}`}
        isPlaying={view.isPlaying}
        isFollowing={isFollowing}
        isLive={run.isLive}
        hasFailure={told.failures.length > 0}
        speed={view.speed}
        onTime={commands.goToTime}
        onStep={commands.step}
        onPlay={commands.play}
        onEdge={commands.goToEdge}
        onFailure={commands.nextFailure}
        onSpeed={commands.speed}
      />
    </>
  );
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const PANELS = [
  ['details', 'Details'],
  ['context', 'Context'],
  ['tables', 'NAT tables'],
] as const;
