/** Two runs side by side at one moment, opened where they first differ. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Divergence } from '../../trace/compare.ts';
import type { Commands } from '../commands.ts';
import { ICONS } from '../icons.tsx';
import type { Lane, Mark, Picture } from '../model/picture.ts';
import type { Run } from '../model/run.ts';
import { Timebar } from '../time/timebar.tsx';
import { Beside, type TwoPanel } from './beside.tsx';
import { actorAt, compared, type Place, type Places, startOf } from './place.ts';
import { Side } from './side.tsx';

export interface TwoRunsProps {
  readonly left: Run;
  readonly right: Run;
  readonly notice: string | undefined;
  readonly onClose: () => void;
  /** Told what the keyboard can do here. */
  readonly onCommands: (commands: Partial<Commands>) => void;
}

export function TwoRuns({ left, right, notice, onClose, onCommands }: TwoRunsProps): VNode {
  const { divergence, isDeep } = useMemo(() => compared(left, right), [left, right]);
  const [places, setPlaces] = useState<Places>(() => startOf(left, right, divergence));
  const [reveal, setReveal] = useState(0);
  const [chosen, setActor] = useState<string | undefined>(undefined);
  const [panel, setPanel] = useState<TwoPanel>('details');
  const runs = useMemo(() => [left, right] as const, [left, right]);
  const actors = useMemo(() => [...new Set(runs.flatMap(({ charted }) => charted))], [runs]);
  const actor = chosen ?? actorAt(left, divergence?.one) ?? actorAt(right, divergence?.other) ?? actors[0];
  const show = (next: Places): void => {
    setPlaces(next);
    setReveal((before) => before + 1);
  };
  const showDifference = (): void => show(startOf(left, right, divergence));
  useEffect(showDifference, [divergence]);
  const goToTime = (at: number): void => show([{ cursor: left.told.upTo(at), packet: undefined }, { cursor: right.told.upTo(at), packet: undefined }]);
  const pick = (side: 0 | 1, place: Place): void => {
    const { at } = runs[side].told.event(place.cursor)!;
    const other: Place = { cursor: runs[side === 0 ? 1 : 0].told.upTo(at), packet: undefined };
    show(side === 0 ? [place, other] : [other, place]);
  };
  const both = useMemo((): Picture => ({ ...left.picture, until: Math.max(left.picture.until, right.picture.until), packets: [...left.picture.packets, ...right.picture.packets], marks: [...left.picture.marks, ...right.picture.marks] }), [left, right]);
  const now = Math.max(...runs.map(({ told }, side) => told.event(places[side]!.cursor)?.at ?? 0));
  const at = Math.min(both.until, now);
  const step = (by: -1 | 1): void => {
    const ats = runs.flatMap(({ told, picture: { order } }, side) => {
      const { cursor } = places[side]!;
      // Both are shown at one time: what happens at once is one step back.
      const next = by === 1 ? order.ns.find((n) => n > cursor) : order.ns.findLast((n) => told.event(n)!.at < now);
      return next === undefined ? [] : [told.event(next)!.at];
    });
    if (ats.length > 0) goToTime(by === 1 ? Math.min(...ats) : Math.max(...ats));
  };
  const goToEdge = (edge: 'start' | 'end'): void => goToTime(edge === 'start' ? both.from : both.until);
  onCommands({ step, goToEdge, nextFailure: showDifference, nextActor: () => setActor(actors[(actors.findIndex((one) => one === actor) + 1) % actors.length]) });
  const sideProps = (side: 0 | 1) => ({
    run: runs[side],
    place: places[side],
    actor,
    reveal,
    onPick: (place: Place) => pick(side, place),
    onMark: ({ n, actor: own }: Mark) => {
      setActor(own);
      pick(side, { cursor: n, packet: undefined });
    },
    onLane: (lane: Lane) => {
      const found = [...runs[side].told.actors.values()].find(({ actor: { actor: name, place }, machine }) => machine && (place === lane.name || name === lane.name));
      if (found) setActor(found.actor.actor);
      if (lane.kind === 'nat') return setPanel('tables');
      if (found && panel === 'details') setPanel('chart');
    },
  });
  return (
    <>
      <div class="two-frame">
        <div class="two-notices">
          {notice !== undefined && <div class="banner">{notice}</div>}
          <div class={`banner ${divergence && !isDeep ? '' : 'plain'}`} role="status">
            <span>{divergence ? wordsOf(divergence, isDeep) : 'The two runs are the same, to the byte.'}</span>
            {divergence && <button class="button" onClick={showDifference}>Show it</button>}
            <button class="button" onClick={onClose}>{ICONS.close} Only the left one</button>
          </div>
        </div>
        <div class="two">
          <Side {...sideProps(0)} differs={divergence?.one} />
          <Side {...sideProps(1)} differs={divergence?.other} />
        </div>
        <Beside runs={runs} places={places} actor={actor} actors={actors} panel={panel} onActor={setActor} onPanel={setPanel} onPick={pick} />
      </div>
      <Timebar
        picture={both}
        at={at}
        position="both runs"
        isPlaying={false}
        isFollowing={false}
        isLive={false}
        hasFailure={divergence !== undefined}
        failureWords="First difference"
        speed={1}
        onTime={goToTime}
        onStep={step}
        onEdge={goToEdge}
        onFailure={showDifference}
      />
    </>
  );
}

function wordsOf({ words }: Divergence, isDeep: boolean): string {
  return `${isDeep ? 'The same happens in both, with other contents from here on' : 'They first differ here'}, left / right: ${words}.`;
}
