/** Two runs side by side, opened where they first differ. */
import type { VNode } from 'preact';
import type { Run } from './model/run.ts';

export function TwoRuns(_: { readonly left: Run; readonly right: Run; readonly onClose: () => void }): VNode {
  return <p>soon</p>;
}
