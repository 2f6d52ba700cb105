/** What of a run is shown. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { ICONS } from './icons.tsx';
import { actorsOf, type Filters, isFiltering, NO_FILTERS } from './model/filters.ts';
import type { Picture } from './model/picture.ts';
import { Menu } from './topbar.tsx';

export function FilterMenu({ picture, filters, onChange }: { readonly picture: Picture; readonly filters: Filters; readonly onChange: (filters: Filters) => void }): VNode {
  const { protocols, sides, actors } = useMemo(
    () => ({ protocols: [...new Set(picture.packets.map(({ protocol }) => protocol))], sides: [...new Set(picture.lanes.map(({ side }) => side))], actors: actorsOf(picture) }),
    [picture],
  );
  const toggled = (set: ReadonlySet<string>, one: string): Set<string> => new Set(set.has(one) ? [...set].filter((other) => other !== one) : [...set, one]);
  const isMarked = isFiltering(filters);
  return (
    <Menu icon={ICONS.filter} label="Filter" isMarked={isMarked}>
      <h3>What became of it</h3>
      <div class="row">
        {(['any', 'delivered', 'dropped', 'unknown'] as const).map((fate) => (
          <button key={fate} class="button" aria-pressed={filters.fate === fate} onClick={() => onChange({ ...filters, fate })}>{fate === 'unknown' ? 'not seen' : fate}</button>
        ))}
      </div>
      <h3>Protocol</h3>
      <div class="row">
        {protocols.map((protocol) => (
          <button key={protocol} class="button" aria-pressed={!filters.protocols.has(protocol)} onClick={() => onChange({ ...filters, protocols: toggled(filters.protocols, protocol) })}>{protocol.toUpperCase()}</button>
        ))}
      </div>
      <h3>Actor</h3>
      <div class="row">
        <button class="button" aria-pressed={filters.actors.size === 0} onClick={() => onChange({ ...filters, actors: new Set() })}>everybody</button>
        {actors.map((actor) => (
          <button key={actor} class="button" data-actor={actor} aria-pressed={filters.actors.has(actor)} onClick={() => onChange({ ...filters, actors: toggled(filters.actors, actor) })}>{actor}</button>
        ))}
      </div>
      <h3>Side</h3>
      <div class="row">
        {sides.map((side) => (
          <button key={side} class="button" aria-pressed={!filters.sides.has(side)} onClick={() => onChange({ ...filters, sides: toggled(filters.sides, side) })}>{side}</button>
        ))}
      </div>
      <h3>Beside the packets</h3>
      <div class="row">
        <button class="button" aria-pressed={filters.states} onClick={() => onChange({ ...filters, states: !filters.states })}>States</button>
        <button class="button" aria-pressed={filters.timers} onClick={() => onChange({ ...filters, timers: !filters.timers })}>Timers</button>
      </div>
      <h3>{' '}</h3>
      <button class="button" disabled={!isMarked} onClick={() => onChange(NO_FILTERS)}>Show everything</button>
    </Menu>
  );
}
