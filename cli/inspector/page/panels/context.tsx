/** What an actor remembers at this moment, and what of it the last event changed. */
import type { VNode } from 'preact';
import { isSame, Tree } from './tree.tsx';
import type { Told } from '../model/moment.ts';
import { eventWords, timeWords, valueWords } from '../model/words.ts';

export function Context({ told, actor, cursor, at }: { readonly told: Told; readonly actor: string | undefined; readonly cursor: number; readonly at: number; readonly version: number }): VNode {
  const { now, before } = actor === undefined ? { now: undefined, before: undefined } : told.standing(actor, cursor);
  if (now === undefined) return <p class="empty">{actor === undefined ? 'No actor is chosen.' : `${actor} has not started yet.`}</p>;
  const pending = told.pending(now.actor, cursor);
  const isChanged = before !== undefined && !isSame(now.context, before.context);
  return (
    <div class="sheet">
      <h2>{now.actor}</h2>
      <p class="lead">
        {now.value === null ? now.status : valueWords(now.value)}, since {timeWords(now.at)}
        {before === undefined ? '' : isChanged ? '. Marked is what changed then.' : '. Nothing of it changed then.'}
      </p>
      {pending.length > 0 && (
        <>
          <h3>Waits for</h3>
          <dl class="fields waits">
            {pending.map(({ type, setAt, dueAt }) => (
              <>
                <dt>{eventWords(type).replace(/^after /, '')}</dt>
                <dd>
                  <span class="bar"><i style={{ width: `${Math.min(100, Math.max(0, ((at - setAt) / Math.max(0.001, dueAt - setAt)) * 100))}%` }} /></span>
                  {timeWords(Math.max(0, dueAt - at))} left of {timeWords(dueAt - setAt)}
                </dd>
              </>
            ))}
          </dl>
        </>
      )}
      <h3>Context</h3>
      <Tree value={now.context} before={before?.context} compare={before !== undefined} />
    </div>
  );
}
