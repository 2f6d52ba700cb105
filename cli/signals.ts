/** Ctrl-C and SIGTERM: the first asks for a clean end, which may take a second; the next one does not ask. */
import { EXIT, type ExitCode } from './exit.ts';

/** A machine says goodbye within 0.4 s; whoever is not done by then hangs. */
const CLEAN_END_MS = 1_000;

/** Calls `stop` once. `code` is what the process ends with if it has to be forced. */
export function onInterrupt(stop: () => void, code: ExitCode = EXIT.interrupted): void {
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) leaveNow(code);
    interrupted = true;
    setTimeout(() => leaveNow(code), CLEAN_END_MS).unref();
    stop();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
}

function leaveNow(code: ExitCode): never {
  process.stderr.write('natpunch: stopped without saying goodbye\n');
  process.exit(code);
}
