/**
 * `--inspect`, `--trace` and `--stately` of every command, in one place: watches whatever runs in this process, and shows it,
 * writes it down or tells it to others. No command knows of it.
 */
import { watchWorlds } from '../../adapters/sim/watching.ts';
import { redactor } from '../../effects/codec.ts';
import { watchRuns, type Watched } from '../../effects/run.ts';
import { EXIT, Stop } from '../exit.ts';
import { openLineFile } from '../line-file.ts';
import { recordable } from '../machines.ts';
import { guestBook } from './guests.ts';
import { Runs } from './runs.ts';
import { type InspectorServer, serveInspector } from './server.ts';
import { forwardToStately } from './stately-forward.ts';
import { TraceFile } from './trace-file.ts';
import { traceWorld } from './trace/sim.ts';
import type { Redact } from './trace/sightings.ts';
import { Tracer } from './trace/tracer.ts';

export interface InspectionOptions {
  /** A port, or true for any. */
  readonly inspect?: number | true;
  /** A file. */
  readonly trace?: string;
  /** A WebSocket's address, or true for the usual one. */
  readonly stately?: string | true;
  readonly json?: boolean;
}

export interface Inspection {
  readonly runs: Runs;
  readonly server: InspectorServer | undefined;
  /** Nothing more will run: writes and tells what is left. */
  end(): void;
}

/** Events that are kept of a run on real sockets: hours of a peer, a minute of a busy server. */
const KEPT = 100_000;
/** A process that is killed loses no more than what happened in so long. */
const WRITE_MS = 200;
/** Worlds that are watched; a grid plays thousands. */
const WORLDS = 64;

/** `title` names the command, `origin` what its machines run on. Undefined when nothing was asked for. */
export async function beginInspection(options: InspectionOptions, title: string, origin: 'live' | 'log'): Promise<Inspection | undefined> {
  const { inspect, trace, stately } = options;
  if (inspect === undefined && trace === undefined && stately === undefined) return undefined;
  const file = trace === undefined ? undefined : new TraceFile(openLineFile(trace, 'trace', '--trace'));
  const forwarding = stately === undefined ? undefined : await forwardToStately(stately);
  const runs = new Runs();
  const server = inspect === undefined ? undefined : await toldServer(inspect === true ? 0 : inspect, runs, options.json === true);

  let current: Tracer | undefined;
  const begin = (tracer: Tracer): Tracer => {
    current = tracer;
    runs.follow(tracer);
    file?.follow(tracer);
    forwarding?.follow(tracer);
    return tracer;
  };
  // A simulation may go on for long without a pause.
  const whenMany = file && { whenMany: () => file.write() };
  let worlds = 0;
  const ends = [
    watchWorlds(({ world, places, seed, scenario }) => {
      worlds += 1;
      if (worlds > WORLDS) return;
      const words = Object.fromEntries(Object.entries(places).flatMap(([host, place]) => (typeof place === 'string' ? [[host, place]] : [])));
      const tracer = begin(new Tracer({ title: `${scenario}: ${Object.values(words).join(' × ')}, seed ${seed}`, origin: 'sim', ...whenMany }));
      // Their runs are watched by all that is watched.
      traceWorld(tracer, world, words, { runs: false });
    }),
    watchRuns((run) => {
      current ??= begin(new Tracer({ title, origin, redactorOf, limit: KEPT, ...whenMany, ...(origin === 'live' ? { startedAt: new Date().toISOString() } : {}) }));
      return worlds > WORLDS ? UNWATCHED(run) : current.watch(run);
    }),
  ];
  // What nobody looks at is made into events too, and then given up: references alone would pile up for as long as it runs.
  const tidying = setInterval(() => {
    file?.write();
    current?.read();
  }, WRITE_MS);
  tidying.unref();
  return {
    runs,
    server,
    end() {
      clearInterval(tidying);
      for (const end of ends) end();
      runs.end();
      forwarding?.end();
      file?.end();
    },
  };
}

async function toldServer(port: number, runs: Runs, json: boolean): Promise<InspectorServer> {
  const server = await openServer(port, runs);
  tellAddress(server.url, json);
  return server;
}

export async function openServer(port: number, runs: Runs): Promise<InspectorServer> {
  const { pageFolder } = await import('./page-folder.ts');
  const page = await pageFolder();
  try {
    return await serveInspector({ port, page, runs, welcome: guestBook(runs) });
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
    throw new Stop(EXIT.cannot, `cannot serve the inspector: port ${port} ${PORT_WORDS[code] ?? `is refused (${code})`}. Name another port, or none for any`);
  }
}

const PORT_WORDS: Readonly<Record<string, string>> = { EADDRINUSE: 'is taken', EACCES: 'needs privileges' };

/** On stderr, for stdout is the command's. */
export function tellAddress(url: string, json: boolean): void {
  const message = `inspector: ${url}`;
  process.stderr.write(`${json ? JSON.stringify({ status: 'inspector', message, url }) : message}\n`);
}

/** As recordings have it; of what cannot be recorded lengths only. */
function redactorOf({ machine, codec, input }: Watched): Redact | undefined {
  const known = recordable(machine.id);
  return known && redactor(codec, known.publicCodec(input));
}

const UNWATCHED = ({ net, clock }: Watched) => ({ net, clock, inspect: () => undefined });
