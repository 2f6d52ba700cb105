/** What can be taken along of a run. */
import type { VNode } from 'preact';
import { ICONS } from '../icons.tsx';
import type { Run } from '../model/run.ts';
import type { Store } from '../model/store.ts';
import type { View } from '../model/view.ts';
import { Menu } from '../topbar.tsx';

export function ExportMenu(_: { readonly run: Run; readonly store: Store<View> }): VNode {
  return <Menu icon={ICONS.share} label="Export">soon</Menu>;
}
