/** Somebody else's application: a traffic light of xstate, which knows nothing of natpunch and opens an inspector by its address. */
import { createBrowserInspector } from '@statelyai/inspect';
import { createActor, createMachine } from 'xstate';

const light = createMachine({
  id: 'light',
  context: { changes: 0 },
  initial: 'red',
  states: {
    red: { on: { NEXT: 'green' } },
    green: { on: { NEXT: 'yellow' } },
    yellow: { on: { NEXT: 'red' } },
  },
});

interface Button {
  addEventListener(type: 'click', listener: () => void): void;
}

/** As much of a browser as it needs. */
const { location, document } = globalThis as unknown as { readonly location: { readonly hash: string }; readonly document: { querySelector(name: 'iframe'): HTMLIFrameElement | null; querySelector(name: string): Button } };

document.querySelector('#inspect').addEventListener('click', () => {
  const { inspect } = createBrowserInspector({ url: decodeURIComponent(location.hash.slice(1)), iframe: document.querySelector('iframe') });
  const actor = createActor(light, { id: 'crossing', inspect });
  actor.start();
  document.querySelector('#next').addEventListener('click', () => actor.send({ type: 'NEXT' }));
});
