/** Below two sequences: the chosen actor at this moment in each run – its statechart, what it remembers otherwise, and the tables of the NATs. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { Chart } from '../chart/chart.tsx';
import type { Run } from '../model/run.ts';
import { timeWords, valueWords } from '../model/words.ts';
import { Details } from '../panels/details.tsx';
import { Summary } from '../panels/summary.tsx';
import { Tables } from '../panels/tables.tsx';
import { Tree, words } from '../panels/tree.tsx';
import { differenceOf, SHOWN } from './difference.ts';
import { type Place, type Places } from './place.ts';

export type TwoPanel = 'details' | 'chart' | 'context' | 'tables';

export interface BesideProps {
  readonly runs: readonly [Run, Run];
  readonly places: Places;
  readonly actor: string | undefined;
  /** All that can be chosen. */
  readonly actors: readonly string[];
  readonly panel: TwoPanel;
  readonly onActor: (actor: string) => void;
  readonly onPanel: (panel: TwoPanel) => void;
  readonly onPick: (side: 0 | 1, place: Place) => void;
}

export function Beside({ runs, places, actor, actors, panel, onActor, onPanel, onPick }: BesideProps): VNode {
  const states = [0, 1].map((side) => stateOf(runs[side]!, actor, places[side]!.cursor));
  return (
    <section class="beside" aria-label="Both at this moment">
      <header class="beside-bar">
        <div role="tablist" aria-label="What is shown of both">
          {PANELS.map(([name, label]) => (
            <button key={name} class="tab" role="tab" aria-selected={panel === name} onClick={() => onPanel(name)}>{label}</button>
          ))}
        </div>
        <div role="tablist" aria-label="Actor">
          <span class="of">of</span>
          {actors.map((name) => (
            <button key={name} class="tab" role="tab" aria-selected={name === actor} onClick={() => onActor(name)}>{name}</button>
          ))}
        </div>
      </header>
      {panel === 'context' ? (
        <ContextBeside runs={runs} places={places} actor={actor} />
      ) : (
        <div class="beside-two">
          {([0, 1] as const).map((side) => (
            <div key={side} class="beside-one" data-side={side === 0 ? 'left' : 'right'}>
              {panel !== 'details' && (
                <p class={`beside-state ${states[0] === states[1] ? '' : 'differs'}`}>
                  <b>{actor}</b> {states[side]}
                </p>
              )}
              <div class="beside-content">
                <One run={runs[side]} place={places[side]} actor={actor} panel={panel} onPick={(place) => onPick(side, place)} />
              </div>
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

const PANELS: readonly (readonly [TwoPanel, string])[] = [
  ['details', 'Details'],
  ['chart', 'Statecharts'],
  ['context', 'Context'],
  ['tables', 'NAT tables'],
];

interface OneProps {
  readonly run: Run;
  readonly place: Place;
  readonly actor: string | undefined;
  readonly panel: TwoPanel;
  readonly onPick: (place: Place) => void;
}

function One({ run, place, actor, panel, onPick }: OneProps): VNode {
  const { told, picture } = run;
  const { cursor } = place;
  const packet = place.packet === undefined ? undefined : picture.packets[place.packet];
  if (panel === 'tables') return <Tables told={told} cursor={cursor} at={told.event(cursor)?.at ?? 0} version={run.version} />;
  if (panel === 'chart') {
    const machine = actor === undefined ? undefined : told.actors.get(actor)?.machine;
    if (actor === undefined || machine === undefined) return <p class="empty">{actor === undefined ? 'No actor has a statechart.' : `There is no ${actor} in this run.`}</p>;
    const { now, taken } = told.standing(actor, cursor);
    return <Chart machine={machine.machine} definition={machine.definition} value={now?.value ?? null} steps={taken?.steps ?? []} />;
  }
  if (cursor >= told.last && packet === undefined) return <Summary told={told} picture={picture} onPick={(n) => onPick({ cursor: n, packet: undefined })} />;
  return <Details told={told} cursor={cursor} packet={packet} lanes={picture.lanes} bundle={undefined} />;
}

/** One table for both: only what differs needs to be read. */
function ContextBeside({ runs, places, actor }: Pick<BesideProps, 'runs' | 'places' | 'actor'>): VNode {
  const [one, other] = [0, 1].map((side) => (actor === undefined ? undefined : runs[side]!.told.standing(actor, places[side]!.cursor).now));
  const { differing, same } = useMemo(() => differenceOf(one?.context, other?.context), [one, other]);
  if (one === undefined && other === undefined) return <p class="empty">{actor === undefined ? 'No actor is chosen.' : `${actor} has started in neither run yet.`}</p>;
  const state = (now: typeof one): string => (now === undefined ? 'has not started yet' : now.value === null ? now.status : valueWords(now.value));
  const fields = same.length === 1 ? 'field is' : 'fields are';
  return (
    <div class="beside-context">
      <table class="contexts">
        <thead>
          <tr><th>{actor}</th><th>left</th><th>right</th></tr>
        </thead>
        <tbody>
          <tr class={state(one) === state(other) ? '' : 'differs'}><th>state</th><td>{state(one)}</td><td>{state(other)}</td></tr>
          {differing.slice(0, SHOWN).map(({ path, one: left, other: right }) => (
            <tr key={path} class="differs"><th title={path}>{pathWords(path)}</th><td><Value value={left} /></td><td><Value value={right} /></td></tr>
          ))}
        </tbody>
      </table>
      {differing.length > SHOWN && <p class="few">and {differing.length - SHOWN} more</p>}
      <p class="few">
        {differing.length === 0 ? 'They remember the same.' : ''} {same.length > 0 ? `${same.length} ${fields} the same: ${same.join(', ')}` : ''}
      </p>
    </div>
  );
}

function Value({ value }: { readonly value: Plain | undefined }): VNode {
  if (value === undefined) return <span class="few">none</span>;
  return typeof value === 'object' && value !== null && words(value).startsWith('{') ? <Tree value={value} depth={2} /> : <>{words(value)}</>;
}

/** Of a long name, as of a room, both ends tell it from others. */
function pathWords(path: string): string {
  return path === '' ? 'context' : path.split('.').map((name) => (name.length > 24 ? `${name.slice(0, 6)}…${name.slice(-4)}` : name)).join('.');
}

type Plain = Parameters<typeof words>[0];

function stateOf({ told }: Run, actor: string | undefined, cursor: number): string {
  if (actor === undefined) return '';
  const { now } = told.standing(actor, cursor);
  if (now === undefined) return 'has not started yet';
  return `${now.value === null ? now.status : valueWords(now.value)}, since ${timeWords(now.at)}`;
}
