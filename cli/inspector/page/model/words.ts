/** How the page says what xstate and the trace say in codes. */

/** An event's type for people: xstate's own are `after 150 ms`, `always`, `done …`; others stay as they are. */
export function eventWords(type: string): string {
  if (type === '') return 'always';
  if (type === 'xstate.init') return 'start';
  if (type === 'xstate.stop') return 'stop';
  const after = /^xstate\.after\.(.+)$/.exec(type)?.[1];
  if (after !== undefined) {
    const delay = after.split('.')[0] ?? after;
    return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
  }
  const done = /^xstate\.(done|error)\.(?:actor|state)(?:\.(.+))?$/.exec(type);
  if (done) return done[2] === undefined ? (done[1] ?? type) : `${done[1]} ${done[2]}`;
  return type;
}

/** `40`, `612.4`, `2.08 s`, `1:04 min`: as short as its size allows. */
export function timeWords(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)}:${String(Math.floor((ms % 60_000) / 1000)).padStart(2, '0')} min`;
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Number(ms.toFixed(ms >= 100 ? 0 : ms >= 10 ? 1 : 2))} ms`;
}

/** `:34780` of `192.0.2.7:34780` or `[2001:db8::7]:34780`; empty for an address that has no port. */
export function portOf(endpoint: string): string {
  return /^(?:[^:]*|\[.*\])(:\d+)$/.exec(endpoint)?.[1] ?? '';
}

/** A state value as a path: `connected.confirmed`; of parallel states each. */
export function valueWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, child]) => {
      const below = valueWords(child);
      return below === '' ? key : `${key}.${below}`;
    })
    .join(' + ');
}

/** The innermost states of a value, each by its whole path. */
export function leavesOf(value: unknown, above = ''): string[] {
  const join = (key: string): string => (above === '' ? key : `${above}.${key}`);
  if (typeof value === 'string') return [join(value)];
  if (typeof value !== 'object' || value === null) return above === '' ? [] : [above];
  const entries = Object.entries(value);
  return entries.length === 0 && above !== '' ? [above] : entries.flatMap(([key, child]) => leavesOf(child, join(key)));
}
