/** One of two runs: its sequence, with the difference pointed out. */
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useArranged } from '../model/arrangement.ts';
import type { Drawn } from '../model/bundles.ts';
import { NO_FILTERS } from '../model/filters.ts';
import type { Lane, Mark } from '../model/picture.ts';
import type { Run } from '../model/run.ts';
import { ROOMY } from '../sequence/geometry.ts';
import { Sequence, useColumns } from '../sequence/sequence.tsx';
import { packetAt, type Place } from './place.ts';

export interface SideProps {
  readonly run: Run;
  readonly place: Place;
  readonly actor: string | undefined;
  readonly reveal: number;
  /** The event that the other run does not have. */
  readonly differs: number | undefined;
  readonly onPick: (place: Place) => void;
  readonly onMark: (mark: Mark) => void;
  readonly onLane: (lane: Lane) => void;
}

export function Side({ run, place, actor, reveal, differs, onPick, onMark, onLane }: SideProps): VNode {
  const { picture, told } = run;
  const stage = useRef<HTMLDivElement>(null);
  const columns = useColumns(picture.lanes, stage);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [row, setRow] = useState(24);
  const { value: arranged, isCurrent } = useArranged(picture, { filters: NO_FILTERS, opened, row, hasMargin: columns.margin > ROOMY, apart: packetAt(run, differs) });
  const settled = useRef(reveal);
  if (isCurrent) settled.current = reveal;
  return (
    <section class="stage" aria-label={told.header.title}>
      <div class="caption"><b>{told.header.title}</b></div>
      <div ref={stage} class="two-sequence">
        <Sequence
          picture={arranged.picture}
          layout={arranged.layout}
          columns={columns}
          cursor={place.cursor}
          packet={place.packet}
          actor={actor === undefined ? undefined : (told.actors.get(actor)?.actor.place ?? actor)}
          isFollowing={place.cursor >= told.last}
          isLive={false}
          playY={undefined}
          reveal={settled.current}
          marked={differs}
          onArrow={({ packet: one, members, id }: Drawn) => {
            if (members.length > 1 && place.packet === one.index) setOpened((before) => new Set([...before, id]));
            onPick({ cursor: one.stops.at(-1)!.n, packet: one.index });
          }}
          onMark={onMark}
          onLane={onLane}
          onScrollAway={() => {}}
          onZoom={(factor) => setRow((before) => Math.min(60, Math.max(13, before * factor)))}
        />
      </div>
    </section>
  );
}
