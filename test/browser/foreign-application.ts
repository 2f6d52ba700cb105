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

const page = globalThis as unknown as { open: unknown; location: { hash: string }; document: { querySelector(name: string): { onclick: () => void } } };

page.document.querySelector('#inspect').onclick = () => {
  const { inspect } = createBrowserInspector({ url: decodeURIComponent(page.location.hash.slice(1)) });
  const actor = createActor(light, { id: 'crossing', inspect });
  actor.start();
  page.document.querySelector('#next').onclick = () => actor.send({ type: 'NEXT' });
};
