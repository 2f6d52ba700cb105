/** `--stately`: tells every run to an inspector of Stately's that listens on a WebSocket, by their own package, where that is installed. */
import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { EXIT, Stop } from '../exit.ts';
import { firstFrom } from './feed.ts';
import type { Growing } from './runs.ts';
import { StatelySpeaker } from './trace/stately.ts';

export interface Forwarding {
  follow(run: Growing): void;
  /** Says what is left. */
  end(): void;
}

/** Where `createInspectorServer` of the package listens unless told otherwise. */
const USUAL = 'ws://localhost:8080';
const EVERY_MS = 50;

/** Throws a `Stop` when the package is not there. */
export async function forwardToStately(address: string | true): Promise<Forwarding> {
  const { createWebSocketInspector } = await load();
  const { adapter } = createWebSocketInspector({ url: address === true ? USUAL : address, maxDeferredEvents: 10_000 });
  const runs: { readonly run: Growing; readonly speaker: StatelySpeaker; next: number }[] = [];
  const step = (): void => {
    for (const following of runs) {
      const { events } = following.run.trace();
      for (const event of events.slice(firstFrom(events, following.next))) {
        const message = following.speaker.say(event);
        // The package's own values are not JSON; ours are.
        if (message) adapter.send(JSON.parse(JSON.stringify(message)) as StatelyInspectionEvent);
        following.next = event.n + 1;
      }
    }
  };
  const timer = setInterval(step, EVERY_MS);
  timer.unref();
  return {
    follow: (run) => void runs.push({ run, speaker: new StatelySpeaker(run.header), next: 0 }),
    end: () => {
      clearInterval(timer);
      step();
    },
  };
}

async function load(): Promise<typeof import('@statelyai/inspect')> {
  try {
    return await import('@statelyai/inspect');
  } catch (error) {
    const [why] = String(error).split('\n');
    throw new Stop(EXIT.cannot, `--stately needs the package @statelyai/inspect, which is not installed, or not as a whole. Run npm install @statelyai/inspect, or use --inspect, which needs nothing (${why})`);
  }
}
