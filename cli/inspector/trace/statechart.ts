/** What a trace says of a statechart itself: its definition as JSON, and the names of its states and guards. Runs none of its code. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Plain, Step } from './trace.ts';

/** As much of a transition as tells where it leads and why; xstate's own and those of a definition both fit. */
interface Transition {
  readonly eventType: string;
  readonly source: AnyStateNode;
  readonly target?: readonly AnyStateNode[] | undefined;
  readonly guard?: unknown;
  readonly reenter?: boolean;
  readonly actions?: readonly unknown[];
}

/** The states as a tree, each with what it does on which event: the definition of xstate, and `always` besides. */
export function definitionOf(machine: AnyStateMachine): Plain {
  const known = definitions.get(machine);
  if (known !== undefined) return known;
  const definition = stateOf(machine.root);
  definitions.set(machine, definition);
  return definition;
}

/** Of the few machines that there are. */
const definitions = new WeakMap<AnyStateMachine, Plain>();

export function stepOf({ source, target, guard }: Transition, event: string): Step {
  const step = { source: pathOf(source), targets: (target ?? []).map(pathOf), event };
  return guard === undefined || guard === null ? step : { ...step, guard: guardName(guard) };
}

/** `isFresh`, `not(isLast)`, `and(isOpen, isFresh)`; a function without a name is `guard`. */
export function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') {
    const inner = 'guards' in guard && Array.isArray(guard.guards) ? guard.guards : [];
    return inner.length === 0 ? guard.name || 'guard' : `${guard.name}(${inner.map(guardName).join(', ')})`;
  }
  if (typeof guard === 'object' && guard !== null && 'type' in guard && typeof guard.type === 'string') return guard.type;
  return 'guard';
}

/** Keys from the root, joined by dots. */
export function pathOf({ path }: AnyStateNode): string {
  return path.join('.');
}

function stateOf(node: AnyStateNode): Plain {
  const { id, key, type, description, tags } = node;
  const on: Record<string, Plain> = {};
  for (const [event, transitions] of Object.entries(node.on)) on[event] = transitions.map(transitionOf);
  const first = node.initial?.target?.[0];
  const states: Record<string, Plain> = {};
  for (const [name, child] of Object.entries(node.states)) states[name] = stateOf(child);
  return {
    id,
    key,
    type,
    ...(description === undefined ? {} : { description }),
    ...(first ? { initial: { target: [`#${first.id}`] } } : {}),
    on,
    ...(node.always === undefined || node.always.length === 0 ? {} : { always: node.always.map(transitionOf) }),
    entry: node.entry.map(actionName),
    exit: node.exit.map(actionName),
    invoke: node.invoke.map(({ id: name, src }) => ({ id: name, src: typeof src === 'string' ? src : 'inline' })),
    tags: [...tags],
    states,
  };
}

function transitionOf({ eventType, target, guard, reenter, actions = [] }: Transition): Plain {
  return {
    eventType,
    ...(target ? { target: target.map(({ id }) => `#${id}`) } : {}),
    ...(guard === undefined || guard === null ? {} : { guard: guardName(guard) }),
    ...(reenter === true ? { reenter } : {}),
    actions: actions.map(actionName),
  };
}

function actionName(action: unknown): string {
  if (typeof action === 'string') return action;
  if (typeof action === 'function') return ('type' in action && typeof action.type === 'string' ? action.type : action.name) || 'action';
  return String((action as { readonly type: unknown }).type);
}
