/** `--inspect`, `--trace` and `--stately` on the command line: every command has them, and none knows of them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Inspection, InspectionOptions } from './inspector/inspection.ts';

export interface Watching {
  /** After the command: writes what is left. With a page to look at, resolves at Ctrl-C; at once when that ended the command. */
  end(): Promise<void>;
}

/** Gives the options to `command`, and to each below it that can be run. To be called once its own options are defined. */
export function addWatching(program: Command, command: Command): Watching {
  let inspection: Inspection | undefined;
  let isInterrupted = false;
  if (command.name() !== 'inspect') {
    for (const leaf of leavesOf(command)) {
      leaf.addOption(new Option('--inspect [port]', 'show the run in a page on 127.0.0.1, at a port or any').argParser(port));
      leaf.addOption(new Option('--trace <file>', 'write down all that can be seen of the run, for natpunch inspect'));
      leaf.addOption(new Option('--stately [url]', "tell the run to Stately's inspector, which listens there (default: ws://localhost:8080)"));
    }
    program.hook('preAction', async (_, leaf) => {
      const options = leaf.opts<InspectionOptions>();
      if (options.inspect === undefined && options.trace === undefined && options.stately === undefined) return;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (isInterrupted = true));
      // Loaded only when it is asked for: every other start is quicker without.
      const { beginInspection } = await import('./inspector/inspection.ts');
      inspection = await beginInspection(options, titleOf(leaf), command.name() === 'replay' ? 'log' : 'live');
    });
  }
  return {
    async end() {
      inspection?.end();
      const server = inspection?.server;
      if (!server || isInterrupted) return;
      server.hold();
      // Heard from before it is announced, so that nobody is too quick for it.
      const ended = interrupted();
      process.stderr.write('the inspector stays until Ctrl-C\n');
      await ended;
      await server.close();
    },
  };
}

/** Resolves at the next SIGINT or SIGTERM, which then mean nothing else. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const before = process.listeners(signal);
      process.once(signal, () => resolve());
      // One is always there: with none, a signal that comes just now would be lost.
      for (const listener of before) process.removeListener(signal, listener);
    }
  });
}

/** Of the inspector's server; 0 for any. */
export function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : undefined;
  if (value === undefined || value > 65_535) throw new InvalidArgumentError(`'${text}' is not a port`);
  return value;
}

function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/** `natpunch serve rendezvous`: what stands behind it may be a secret. */
function titleOf(command: Command): string {
  return command.parent ? `${titleOf(command.parent)} ${command.name()}` : command.name();
}
