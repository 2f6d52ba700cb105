/** The transition just taken: which arrow of a statechart it was, and how it is told. */
import { expect, test } from 'vitest';
import type { Arrow } from '../../cli/inspector/page/chart/statechart.ts';
import { isTaken, Taken } from '../../cli/inspector/page/chart/taken.tsx';
import type { Step } from '../../cli/inspector/trace/trace.ts';
import { html, textOf } from './rendered.ts';

const step = (source: string, targets: readonly string[], guard?: string): Step => ({ source, targets, event: 'OPEN', ...(guard === undefined ? {} : { guard }) });

test.each([
  ['to another state, under a guard', [step('closed', ['open'], 'isUnlocked')], 'OPEN [isUnlocked] closed → open'],
  ['to several', [step('closed', ['open.left', 'open.right'])], 'OPEN closed → open.left + open.right'],
  ['to itself', [step('open', ['open'])], 'OPEN open again'],
  ['to nowhere else', [step('open', [])], 'OPEN stays in open'],
  ['of the root', [step('', ['open'])], 'OPEN any state → open'],
  ['of the root to nowhere else', [step('', [])], 'OPEN stays in place'],
  ['and what followed it', [step('closed', ['open']), step('open', ['wide']), step('wide', [])], 'OPEN closed → open and 2 more'],
  ['that there was none of', [], ''],
])('one %s is told', (_, steps, told) => {
  expect(textOf(Taken, { steps })).toBe(told);
});

test('all of them stand in the tooltip', () => {
  expect(html(Taken, { steps: [step('closed', ['open'], 'isUnlocked'), step('open', [])] })).toContain('title="OPEN [isUnlocked]: closed → open\nOPEN: stays in open"');
});

const arrow = (from: string, to: string, event = 'OPEN'): Arrow => ({ id: 'x', from, to, labels: [{ event, guard: undefined }] });

test.each([
  ['the same states and event', arrow('closed', 'open'), step('closed', ['open']), false, true],
  ['an eventless one', arrow('closed', 'open', 'always'), step('closed', ['open']), false, true],
  ['another event', arrow('closed', 'open', 'CLOSE'), step('closed', ['open']), false, false],
  ['another target', arrow('closed', 'wide'), step('closed', ['open']), false, false],
  ['an outer state, where the step is exact', arrow('closed', 'open'), step('closed.locked', ['open']), false, false],
  ['an outer state, where it is not', arrow('closed', 'open'), step('closed.locked', ['open']), true, true],
  ['the root, where it is not', arrow('', 'open'), step('closed.locked', ['open']), true, true],
])('an arrow of %s', (_, drawn, taken, isLoose, is) => {
  expect(isTaken(drawn, taken, isLoose)).toBe(is);
});
