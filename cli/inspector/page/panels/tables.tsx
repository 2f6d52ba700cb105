/** What each NAT remembers at this moment. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Told } from '../model/moment.ts';
import { timeWords } from '../model/words.ts';

/** Of a sweep's table so many rows are drawn, the newest. */
const SHOWN = 200;

export function Tables({ told, cursor, at, version }: { readonly told: Told; readonly cursor: number; readonly at: number; readonly version: number }): VNode {
  const tables = useMemo(() => told.tables(cursor), [told, cursor, version]);
  if (tables.length === 0) return <p class="empty">No NAT is seen in this run: on real networks only a host's own end is.</p>;
  return (
    <div class="tables">
      {tables.map(({ place, words, addresses, rows, changedAt }) => (
        <table key={place} data-nat={place}>
          <caption>
            {place}
            <small>{[words, ...addresses].join(' · ')}</small>
          </caption>
          {rows.length === 0 ? (
            <tbody>
              <tr><td class="dim">No mapping now.</td></tr>
            </tbody>
          ) : (
            <>
              <thead>
                <tr><th>inside</th><th>outside</th><th>may answer</th><th>left</th></tr>
              </thead>
              <tbody>
                {rows.slice(-SHOWN).toReversed().map(({ row, addedAt, isClosing }) => (
                  <tr key={`${row.protocol}${row.inside}${row.external}${row.remote}`} class={row.n === changedAt && row.n > cursor - 12 ? 'fresh' : ''}>
                    <td>{row.inside}{row.protocol === 'udp' ? '' : ` ${row.protocol}`}</td>
                    <td>{row.external === row.inside ? <span class="few">the same</span> : row.external}</td>
                    <td>{row.remote === '*' ? 'anybody' : row.remote}</td>
                    <td class="dim"><Left at={at} from={addedAt} until={row.expiresAt} />{isClosing ? ' closing' : ''}</td>
                  </tr>
                ))}
                {rows.length > SHOWN && <tr><td class="dim" colSpan={4}>and {rows.length - SHOWN} older</td></tr>}
              </tbody>
            </>
          )}
        </table>
      ))}
    </div>
  );
}

/** Traffic moves the end of a row; what is told is the end as it was known when the row came. */
function Left({ at, from, until }: { readonly at: number; readonly from: number; readonly until: number }): VNode {
  const left = Math.max(0, until - at);
  return (
    <span title={`since ${timeWords(from)}`}>
      <span class="bar"><i style={{ width: `${Math.min(100, (left / Math.max(1, until - from)) * 100)}%` }} /></span>
      {left === 0 ? 'refreshed' : timeWords(left)}
    </span>
  );
}
