/** Everything by keys: what each does, for the page and for its list of them. */
import type { Commands } from './commands.ts';

export interface PageKeys {
  readonly search: () => void;
  readonly theme: () => void;
  readonly help: () => void;
}

export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['Space', 'play, or pause'],
  ['← →', 'step back, step on'],
  ['Home End', 'to the start; to the end, and follow it'],
  ['f', 'to the first failure, and from there to the next'],
  ['/', 'find packets by what they say, addresses or reasons'],
  ['n', 'the next actor'],
  ['a', 'only what this actor does, sends or takes; or everybody again'],
  ['e', 'open or fold the bundle of the chosen packet'],
  ['Shift E', 'open or fold all bundles'],
  ['+ −', 'more or less room for a row (also Ctrl and wheel)'],
  ['t', 'light, dark, or as the system'],
  ['?', 'this list'],
];

export function keyHandler(commands: () => Partial<Commands> | undefined, page: PageKeys): (event: KeyboardEvent) => void {
  return (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof Element && target.matches('input, select, textarea')) {
      if (key === 'Escape' && target instanceof HTMLElement) target.blur();
      return;
    }
    if (key === ' ' && target instanceof Element && target.matches('button')) return;
    const run = actionFor(key, commands(), page);
    if (!run) return;
    event.preventDefault();
    run();
  };
}

/** A button that was clicked has had its due: the next key is for the page. One that was reached by keys keeps them. */
export function releaseClicked({ detail, target }: MouseEvent): void {
  const button = detail > 0 && target instanceof Element ? target.closest('button') : null;
  if (button instanceof HTMLElement) button.blur();
}

function actionFor(key: string, commands: Partial<Commands> | undefined, page: PageKeys): (() => void) | undefined {
  switch (key) {
    case '/':
      return page.search;
    case 't':
      return page.theme;
    case '?':
      return page.help;
    default:
  }
  const { step, goToEdge, zoom } = commands ?? {};
  switch (key) {
    case ' ':
      return commands?.play;
    case 'ArrowLeft':
      return step && (() => step(-1));
    case 'ArrowRight':
      return step && (() => step(1));
    case 'Home':
      return goToEdge && (() => goToEdge('start'));
    case 'End':
      return goToEdge && (() => goToEdge('end'));
    case 'f':
      return commands?.nextFailure;
    case 'n':
      return commands?.nextActor;
    case 'a':
      return commands?.onlyActor;
    case 'e':
      return commands?.toggleBundle;
    case 'E':
      return commands?.toggleAllBundles;
    case '+':
    case '=':
      return zoom && (() => zoom(1.2));
    case '-':
      return zoom && (() => zoom(1 / 1.2));
    default:
      return undefined;
  }
}
