/** The transition just taken: which arrow of the chart it was, and how it is told below the chart. */
import type { VNode } from 'preact';
import type { Step } from '../../trace/trace.ts';
import { eventWords } from '../model/words.ts';
import type { Arrow } from './statechart.ts';

/** The first of the steps that led to a state, in words; the others by their number, and all of them in its tooltip. */
export function Taken({ steps }: { readonly steps: readonly Step[] }): VNode {
  const [step, ...others] = steps;
  if (!step) return <></>;
  return (
    <p class="chart-taken">
      <span key={step.event} class="step" title={steps.map((one) => `${eventWords(one.event)}${guardOf(one)}: ${wayOf(one)}`).join('\n')}>
        <b>{eventWords(step.event)}</b>
        {step.guard !== undefined && <span class="guard">{guardOf(step)}</span>}
        <span class="way"> {wayOf(step)}</span>
      </span>
      {others.length > 0 && <span class="way">and {others.length} more</span>}
    </p>
  );
}

function guardOf({ guard }: Step): string {
  return guard === undefined ? '' : ` [${guard}]`;
}

/** Who cannot say which transition it was tells the innermost states left and entered; an arrow may be between outer ones. */
export function isTaken({ from, to, labels }: Arrow, { source, targets, event }: Step, isLoose: boolean): boolean {
  const isAt = (path: string, outer: string): boolean => path === outer || (isLoose && (outer === '' || path.startsWith(`${outer}.`)));
  return isAt(source, from) && targets.some((target) => isAt(target, to)) && labels.some((label) => label.event === eventWords(event) || label.event === 'always');
}

function wayOf({ source, targets }: Step): string {
  const target = targets.join(' + ');
  if (targets.length === 0) return `stays in ${source || 'place'}`;
  return source === target ? `${target} again` : `${source || 'any state'} → ${target}`;
}
