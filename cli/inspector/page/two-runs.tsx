/** Two runs side by side at one moment, opened where they first differ. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Divergence, firstDivergence } from '../trace/compare.ts';
import { ICONS } from './icons.tsx';
import { bundle, type Drawn, foldMarks } from './model/bundles.ts';
import { layOut } from './model/layout.ts';
import type { Mark, Picture } from './model/picture.ts';
import type { Run } from './model/run.ts';
import { Details } from './panels/details.tsx';
import { Summary } from './panels/summary.tsx';
import { Sequence, useColumns } from './sequence/sequence.tsx';
import { Timebar } from './time/timebar.tsx';

interface Place {
  readonly cursor: number;
  readonly packet: number | undefined;
}

export function TwoRuns({ left, right, onClose }: { readonly left: Run; readonly right: Run; readonly onClose: () => void }): VNode {
  const { divergence, isDeep } = useMemo(() => compared(left, right), [left, right]);
  const [places, setPlaces] = useState<readonly [Place, Place]>(() => startOf(left, right, divergence));
  const [reveal, setReveal] = useState(0);
  const runs = [left, right] as const;
  const show = (next: readonly [Place, Place]): void => {
    setPlaces(next);
    setReveal((before) => before + 1);
  };
  useEffect(() => show(startOf(left, right, divergence)), [divergence]);
  const goToTime = (at: number): void => show([{ cursor: left.told.upTo(at), packet: undefined }, { cursor: right.told.upTo(at), packet: undefined }]);
  const pick = (side: 0 | 1, place: Place): void => {
    const at = runs[side].told.event(place.cursor)?.at ?? 0;
    const other: Place = { cursor: runs[1 - side]!.told.upTo(at), packet: undefined };
    show(side === 0 ? [place, other] : [other, place]);
  };
  const both = useMemo((): Picture => ({ ...left.picture, until: Math.max(left.picture.until, right.picture.until), packets: [...left.picture.packets, ...right.picture.packets], marks: [...left.picture.marks, ...right.picture.marks] }), [left, right]);
  const at = Math.min(both.until, Math.max(...runs.map(({ told }, side) => told.event(places[side]!.cursor)?.at ?? 0)));
  const step = (by: -1 | 1): void => {
    const ats = runs.flatMap(({ told, picture: { order } }, side) => {
      const { cursor } = places[side]!;
      const next = by === 1 ? order.ns.find((n) => n > cursor) : order.ns.findLast((n) => n < cursor);
      const found = next === undefined ? undefined : told.event(next)?.at;
      return found === undefined ? [] : [found];
    });
    if (ats.length > 0) goToTime(by === 1 ? Math.min(...ats) : Math.max(...ats));
  };
  return (
    <>
      <div class="two-frame">
        <div class={`banner ${divergence && !isDeep ? '' : 'plain'}`} role="status">
          <span>{divergence ? wordsOf(divergence, isDeep) : 'The two runs are the same, to the byte.'}</span>
          {divergence && <button class="button" onClick={() => show(startOf(left, right, divergence))}>Show it</button>}
          <button class="button" onClick={onClose}>{ICONS.close} Only the left one</button>
        </div>
        <div class="two">
          <Side run={left} place={places[0]} reveal={reveal} differs={divergence?.one} onPick={(place) => pick(0, place)} />
          <Side run={right} place={places[1]} reveal={reveal} differs={divergence?.other} onPick={(place) => pick(1, place)} />
        </div>
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
        onEdge={(edge) => goToTime(edge === 'start' ? both.from : both.until)}
        onFailure={() => show(startOf(left, right, divergence))}
      />
    </>
  );
}

interface SideProps {
  readonly run: Run;
  readonly place: Place;
  readonly reveal: number;
  readonly differs: number | undefined;
  readonly onPick: (place: Place) => void;
}

function Side({ run, place, reveal, differs, onPick }: SideProps): VNode {
  const { picture, told } = run;
  const stage = useRef<HTMLDivElement>(null);
  const columns = useColumns(picture.lanes, stage);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [row, setRow] = useState(24);
  const drawn = useMemo(() => bundle(picture.packets, picture.marks, opened, packetAt(run, differs)), [run, picture, opened, differs]);
  const outer = useMemo(() => new Set(columns.margin > 60 ? [0, picture.lanes.length - 1] : []), [columns, picture]);
  const marks = useMemo(() => foldMarks(picture.marks), [picture]);
  const layout = useMemo(() => layOut(picture.order, drawn, marks, { row, outer }), [drawn, marks, row, outer]);
  const packet = place.packet === undefined ? undefined : picture.packets[place.packet];
  const isAtEnd = place.cursor >= told.last;
  return (
    <section class="stage" aria-label={told.header.title}>
      <div class="caption"><b>{told.header.title}</b></div>
      <div ref={stage} class="two-sequence">
        <Sequence
          picture={picture}
          layout={layout}
          columns={columns}
          cursor={place.cursor}
          packet={place.packet}
          actor={undefined}
          isFollowing={isAtEnd}
          isLive={false}
          playY={undefined}
          reveal={reveal}
          marked={differs}
          onArrow={({ packet: one, members, id }: Drawn) => {
            if (members.length > 1 && place.packet === one.index) setOpened((before) => new Set([...before, id]));
            onPick({ cursor: one.stops.at(-1)!.n, packet: one.index });
          }}
          onMark={({ n }: Mark) => onPick({ cursor: n, packet: undefined })}
          onLane={() => {}}
          onScrollAway={() => {}}
          onZoom={(factor) => setRow((before) => Math.min(60, Math.max(13, before * factor)))}
        />
      </div>
      <div class="two-details">
        {isAtEnd && packet === undefined ? (
          <Summary told={told} picture={picture} onPick={(n) => onPick({ cursor: n, packet: undefined })} />
        ) : (
          <Details told={told} cursor={place.cursor} packet={packet} lanes={picture.lanes} bundle={undefined} />
        )}
      </div>
    </section>
  );
}

/** What happened first; where that is the same, every field. */
function compared({ told: one }: Run, { told: other }: Run): { readonly divergence: Divergence | undefined; readonly isDeep: boolean } {
  const divergence = firstDivergence(one, other, 'what');
  return divergence ? { divergence, isDeep: false } : { divergence: firstDivergence(one, other, 'everything'), isDeep: true };
}

/** At the first difference, each with the packet that it is about; else at the end. */
function startOf(left: Run, right: Run, divergence: Divergence | undefined): readonly [Place, Place] {
  if (divergence === undefined) return [{ cursor: left.told.last, packet: undefined }, { cursor: right.told.last, packet: undefined }];
  const { one, other } = divergence;
  const at = Math.min(left.told.event(one ?? -1)?.at ?? Infinity, right.told.event(other ?? -1)?.at ?? Infinity);
  const place = ({ told, picture }: Run, n: number | undefined): Place => {
    if (n === undefined) return { cursor: told.upTo(at), packet: undefined };
    return { cursor: n, packet: packetAt({ picture }, n) };
  };
  return [place(left, one), place(right, other)];
}

/** The index of the packet that an event is about. */
function packetAt({ picture }: Pick<Run, 'picture'>, n: number | undefined): number | undefined {
  return n === undefined ? undefined : picture.packets.find(({ stops, saidAt }) => saidAt === n || stops.some((stop) => stop.n === n))?.index;
}

function wordsOf({ words }: Divergence, isDeep: boolean): string {
  return `${isDeep ? 'The same happens in both, with other contents from here on' : 'They first differ here'}, left / right: ${words}.`;
}
