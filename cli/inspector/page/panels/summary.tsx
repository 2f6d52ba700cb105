/** A run at its end, in a few lines: how it ended, what was sent, and what stopped what was dropped. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { OutcomeSeen } from '../../trace/trace.ts';
import type { Told } from '../model/moment.ts';
import type { Picture } from '../model/picture.ts';
import { timeWords } from '../model/words.ts';

export function Summary({ told, picture, onPick }: { readonly told: Told; readonly picture: Picture; readonly onPick: (n: number) => void }): VNode {
  const { ends, drops, labels } = useMemo(() => summed(told, picture), [told, picture]);
  const { packets } = picture;
  return (
    <div class="sheet" data-sheet="summary">
      <h2>{told.header.title}</h2>
      <p class="lead">
        {packets.length.toLocaleString('en')} packets in {timeWords(picture.until - picture.from)}. Choose an arrow, a state or a moment to see more of it.
      </p>
      {ends.length > 0 && <h3>Outcomes</h3>}
      {ends.map((end) => (
        <p key={`${end.actor} ${end.n}`} class="outcome-line">
          <button class="button bare" onClick={() => onPick(end.n)}>
            <span class={`chip ${end.good ? 'good' : 'bad'}`}>{end.verdict}</span> <b>{end.actor}</b> <span class="few">{timeWords(end.at)}</span>
          </button>
          <span class="words">{end.words}</span>
        </p>
      ))}
      {labels.length > 0 && <h3>Sent</h3>}
      <div class="bars">
        {labels.map(({ label, count, dropped }) => (
          <div key={label} class="bar-row">
            <span>{label}</span>
            <span class="bar"><i style={{ width: `${(count / labels[0]!.count) * 100}%` }}><u style={{ width: `${(dropped / count) * 100}%` }} /></i></span>
            <span class="few">{count}</span>
          </div>
        ))}
      </div>
      {drops.length > 0 && <h3>Dropped</h3>}
      {drops.map(({ device, words, reason, count, n }) => (
        <button key={`${device} ${reason}`} class="button bare drop-line" onClick={() => onPick(n)}>
          <b>{count}</b>
          <span>
            {device}: {words} <small>{reason}</small>
          </span>
        </button>
      ))}
    </div>
  );
}

interface Sent {
  readonly label: string;
  count: number;
  dropped: number;
}

interface Dropped {
  readonly device: string;
  readonly reason: string;
  readonly words: string;
  /** The first of them. */
  readonly n: number;
  count: number;
}

function summed(told: Told, { packets, marks }: Picture): { readonly ends: readonly OutcomeSeen[]; readonly drops: readonly Dropped[]; readonly labels: readonly Sent[] } {
  const labels = new Map<string, Sent>();
  const drops = new Map<string, Dropped>();
  for (const { label, reason, stops } of packets) {
    const sent = labels.get(label) ?? { label, count: 0, dropped: 0 };
    labels.set(label, sent);
    sent.count += 1;
    if (reason === undefined) continue;
    sent.dropped += 1;
    const { device, words, n } = stops.at(-1)!;
    const key = `${device} ${reason}`;
    const drop = drops.get(key) ?? { device, reason, words: words ?? reason, n, count: 0 };
    drops.set(key, drop);
    drop.count += 1;
  }
  const ends = marks.flatMap(({ kind, n }) => {
    const event = kind === 'outcome' ? told.event(n) : undefined;
    return event?.kind === 'outcome' ? [event] : [];
  });
  const byCount = <T extends { readonly count: number }>(all: Iterable<T>): T[] => [...all].sort((one, other) => other.count - one.count);
  return { ends, drops: byCount(drops.values()), labels: byCount(labels.values()).slice(0, 12) };
}
