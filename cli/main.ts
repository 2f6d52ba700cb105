#!/usr/bin/env node
/** The command line's process: runs one command, and turns whatever went wrong into one line and an exit code. */
import { EXIT, type ExitCode, Stop } from './exit.ts';
import { explained, programFor } from './program.ts';

process.on('uncaughtException', (error) => leave(explain(error)));
process.on('unhandledRejection', (error) => leave(explain(error)));
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const isReaderGone = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
  if (!isReaderGone) process.exit(explain(new Stop(EXIT.cannot, `cannot write to stdout: ${error.message}`)));
  // There is nobody left to tell; but a command that listens too says goodbye to its peer first. What was found stays what it was.
  if (process.stdout.listenerCount('error') === 1) process.exit(process.exitCode ?? EXIT.done);
});
process.stderr.on('error', () => undefined);

const words = process.argv.slice(2);
const { command, watching } = await programFor(words);
let code: ExitCode | undefined;
try {
  await command.parseAsync(words, { from: 'user' });
  code = process.exitCode as ExitCode | undefined;
} catch (error) {
  code = explain(error);
}
await watching?.end();
leave(code);

/** Prints what has not been printed yet. */
function explain(error: unknown): ExitCode {
  const { code: exit, line } = explained(error);
  if (line !== undefined) process.stderr.write(`${line}\n`);
  return exit;
}

/** Ends the process once everything is written. */
function leave(code: ExitCode = EXIT.done): void {
  // A turn later, because a failed write is told to its callback before it is told to everybody.
  process.stdout.write('', () => setImmediate(() => process.exit(code)));
}
