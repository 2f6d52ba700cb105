/** What to play, and between whom. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { NAT_FLAVOURS, OTHER_NAT_FLAVOURS } from '../../../../adapters/sim/nat-name.ts';
import { ICONS } from '../icons.tsx';
import { CASTS, castOf } from './casts.ts';
import { type Choice, natFault, titleOf } from './play.ts';

export interface FormProps {
  readonly choice: Choice;
  readonly onPlay: (choice: Choice) => void;
  /** Plays it with another seed beside this one. */
  readonly onBeside: (choice: Choice) => void;
  readonly fault: string | undefined;
}

const NATS: readonly string[] = [...NAT_FLAVOURS, ...OTHER_NAT_FLAVOURS];

export function PlayForm({ choice, onPlay, onBeside, fault }: FormProps): VNode {
  const [given, setGiven] = useState(choice);
  const cast = castOf(given.protocol);
  const wrong = [given.a, ...(cast.hosts.includes('b') ? [given.b] : [])].map(natFault).find((one) => one !== undefined);
  const why = wrong ?? fault;
  const change = (fields: Partial<Choice>): void => setGiven((before) => ({ ...before, ...fields }));
  // A wide page always has room for it.
  const isWide = useWide();
  return (
    <details class="form-holder" open={isWide || fault !== undefined}>
      <summary>Played here: <b>{titleOf(choice)}</b></summary>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          onPlay(given);
        }}
      >
        <label>
          Protocol
          <select class="field" name="protocol" value={given.protocol} onChange={({ currentTarget }) => change({ protocol: currentTarget.value })}>
            {CASTS.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
        {cast.hosts.map((host) => (
          <label key={host} class="nat">
            NAT of {host}
            <input class="field" name={host} list="nats" spellcheck={false} value={host === 'a' ? given.a : given.b} onInput={({ currentTarget }) => change(host === 'a' ? { a: currentTarget.value } : { b: currentTarget.value })} />
          </label>
        ))}
        <datalist id="nats">
          {NATS.map((name) => <option key={name} value={name} />)}
          {MODIFIED.map((name) => <option key={name} value={name} />)}
        </datalist>
        <label class="short">
          Latency, ms
          <input class="field" name="latency" type="number" min={0} max={5000} step="any" value={given.latency} onInput={({ currentTarget }) => change({ latency: Math.max(0, Number(currentTarget.value) || 0) })} />
        </label>
        <label class="short">
          Loss, %
          <input class="field" name="loss" type="number" min={0} max={100} step="any" value={given.loss * 100} onInput={({ currentTarget }) => change({ loss: Math.min(1, Math.max(0, Number(currentTarget.value) / 100 || 0)) })} />
        </label>
        <label class="short">
          Seed
          <input class="field" name="seed" value={given.seed} onInput={({ currentTarget }) => change({ seed: currentTarget.value })} />
        </label>
        <span class="pair">
          <button class="button primary" type="submit" disabled={wrong !== undefined}>{ICONS.play} Run</button>
          <button class="button" type="button" disabled={wrong !== undefined} title="Plays it with the next seed beside this run" onClick={() => onBeside(given)}>{ICONS.compare} Beside</button>
        </span>
        {why !== undefined && <p class="fault" role="alert">{why}</p>}
      </form>
    </details>
  );
}

/** As the style sheets have it. */
function useWide(): boolean {
  const [isWide, setWide] = useState(WIDE.matches);
  useEffect(() => {
    const changed = (): void => setWide(WIDE.matches);
    WIDE.addEventListener('change', changed);
    return () => WIDE.removeEventListener('change', changed);
  }, []);
  return isWide;
}

const WIDE = window.matchMedia('(min-width: 821px)');

/** Some of the many that can be made with modifiers. */
const MODIFIED = ['port-restricted+cgn', 'port-restricted+linux-open', 'symmetric-seq+step=2', 'symmetric+noise=20', 'full-cone+hairpin', 'port-restricted+rst', 'port-restricted+randport'];
