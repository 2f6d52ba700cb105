/** What keys, buttons and menus do to the moment and the view. */
import { expect, test } from 'vitest';
import { type Commands, commandsFor } from '../../cli/inspector/page/commands.ts';
import type { Exports } from '../../cli/inspector/page/export/exports.ts';
import { createStore, type Store } from '../../cli/inspector/page/model/store.ts';
import { FIRST_VIEW, type View } from '../../cli/inspector/page/model/view.ts';
import { TRACE_FORMAT } from '../../cli/inspector/trace/trace.ts';
import { Run } from '../../cli/inspector/page/model/run.ts';
import { arrangedOf, punchEvents, runOf } from './pictures.ts';

const SWEEP = Run.of({ header: { format: TRACE_FORMAT, title: 'a sweep', origin: 'sim' }, events: punchEvents('symmetric', 'port-restricted') });
const NO_EXPORTS: Exports = { sequence: async () => {}, chart: async () => {}, trace: () => {}, renamed: () => {}, packets: () => {}, mermaid: () => {} };

interface Board {
  readonly store: Store<View>;
  readonly commands: Commands;
  /** How often something was to be brought into view. */
  readonly reveals: () => number;
}

function board(run: Run): Board {
  const store = createStore<View>({ ...FIRST_VIEW, cursor: run.told.last });
  const { picture, charted } = run;
  const { layout, drawn } = arrangedOf(picture);
  let reveals = 0;
  const bundles = new Map(drawn.flatMap(({ bundle, members }) => (bundle ? members.map(({ index }) => [index, bundle.id] as const) : [])));
  const commands = commandsFor({ store, told: run.told, layout, picture, actor: charted[0], actors: charted, bundleOf: (index) => bundles.get(index), reveal: () => (reveals += 1), exports: NO_EXPORTS });
  return { store, commands, reveals: () => reveals };
}

test('the start is the first event, and the end the last one, which is followed', () => {
  const { store, commands } = board(SWEEP);
  commands.goToEdge('start');
  expect(store.get()).toMatchObject({ cursor: SWEEP.told.first, isFollowing: false });
  commands.goToEdge('end');
  expect(store.get()).toMatchObject({ cursor: SWEEP.told.last, isFollowing: true });
});

test('playing begins anew at the end, goes on from anywhere else, and pauses', () => {
  const { store, commands } = board(SWEEP);
  commands.play();
  expect(store.get()).toMatchObject({ isPlaying: true, isFollowing: false, cursor: SWEEP.told.first });
  commands.play();
  expect(store.get().isPlaying).toBe(false);
  commands.goToTime(100);
  const { cursor } = store.get();
  commands.play();
  expect(store.get()).toMatchObject({ isPlaying: true, cursor });
});

test('speeds come one after another, and then the first again', () => {
  const { store, commands } = board(SWEEP);
  const speeds = [1, 2, 3, 4, 5].map(() => (commands.speed(), store.get().speed));
  expect(speeds).toEqual([2, 4, 16, 0.5, 1]);
});

test('where nothing failed, no failure is gone to', () => {
  const run = runOf({ kind: 'place', name: 'a', type: 'host', side: 'a', depth: 1, addresses: ['10.0.0.7'] });
  const { store, commands, reveals } = board(run);
  commands.nextFailure();
  expect([store.get().isFollowing, reveals()]).toEqual([true, 0]);
});

test('actors with a statechart come one after another; without any there is nobody to choose, or to be alone', () => {
  const { store, commands } = board(runOf({ kind: 'actor', actor: 'shop' }));
  commands.nextActor();
  commands.onlyActor();
  expect(store.get()).toMatchObject({ actor: undefined, filters: FIRST_VIEW.filters });
  const { store: other, commands: those } = board(SWEEP);
  those.nextActor();
  expect(other.get().actor).toBe(SWEEP.charted[1]);
});

test('a bundle opens and folds by any of its packets; what is in none stays as it is', () => {
  const { store, commands } = board(SWEEP);
  const { drawn } = arrangedOf(SWEEP.picture);
  const held = drawn.find(({ bundle }) => bundle)!;
  const alone = drawn.find(({ bundle }) => !bundle)!;
  commands.toggleBundle();
  store.set({ packet: alone.packet.index });
  commands.toggleBundle();
  expect(store.get().opened.size).toBe(0);
  store.set({ packet: held.members.at(-1)!.index });
  commands.toggleBundle();
  expect([...store.get().opened]).toEqual([held.id]);
  commands.toggleBundle();
  expect(store.get().opened.size).toBe(0);
});

test('all bundles open at once, and fold', () => {
  const { store, commands } = board(SWEEP);
  commands.toggleAllBundles();
  const ids = arrangedOf(SWEEP.picture).drawn.flatMap(({ bundle }) => bundle?.id ?? []);
  expect(store.get().opened).toEqual(new Set(ids));
  expect(ids.length).toBeGreaterThan(1);
  commands.toggleAllBundles();
  expect(store.get().opened.size).toBe(0);
});

test('an event is gone to with the packet or the arrow between actors that it is about', () => {
  const run = runOf({ kind: 'actor', actor: 'shop' }, { kind: 'actor', actor: 'cart' }, { kind: 'event', actor: 'cart', from: 'shop', type: 'ADD', fields: {} }, { kind: 'note', actor: 'cart', type: 'full', fields: {} });
  const { store, commands } = board(run);
  const packets = [2, 3].map((n) => (commands.goTo(n), store.get().packet));
  expect(packets).toEqual([0, undefined]);
});
