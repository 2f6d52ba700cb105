/** What an actor remembers at this moment, and what of it the last event changed. */
import type { VNode } from 'preact';
import { isSame, Tree } from './tree.tsx';
import type { Told } from '../model/moment.ts';
import { timeWords, valueWords } from '../model/words.ts';

export function Context({ told, actor, cursor }: { readonly told: Told; readonly actor: string | undefined; readonly cursor: number; readonly version: number }): VNode {
  const { now, before } = actor === undefined ? { now: undefined, before: undefined } : told.standing(actor, cursor);
  if (now === undefined) return <p class="empty">{actor === undefined ? 'No actor is chosen.' : `${actor} has not started yet.`}</p>;
  const isChanged = before !== undefined && !isSame(now.context, before.context);
  return (
    <div class="sheet">
      <h2>{now.actor}</h2>
      <p class="lead">
        {now.value === null ? now.status : valueWords(now.value)}, since {timeWords(now.at)}
        {before === undefined ? '' : isChanged ? '. Marked is what changed then.' : '. Nothing of it changed then.'}
      </p>
      <h3>Context</h3>
      <Tree value={now.context} before={before?.context} compare={before !== undefined} />
    </div>
  );
}
