/**
 * A file to which lines are added while a process runs. Each is with the system once it is written, so that it stands there
 * however the process ends. Readable by its owner only: it says who spoke with whom.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { EXIT, Stop } from './exit.ts';

export interface LineFile {
  /** One line or several, each without a line feed at its end. What cannot be written is told once, and then given up. */
  write(lines: string): void;
  close(): void;
}

/** To be opened before anything starts: throws a `Stop` when it cannot be written. `what` names it for people, `option` asked for it. */
export function openLineFile(path: string, what: string, option: string): LineFile {
  const file = opened(path, what, option);
  let isBroken = false;
  return {
    write(lines) {
      if (isBroken) return;
      try {
        writeAll(file, Buffer.from(`${lines}\n`));
      } catch (error) {
        isBroken = true;
        process.stderr.write(`natpunch: the ${what} ${path} ends here: ${reasonOf(error)}\n`);
      }
    },
    close: () => closeSync(file),
  };
}

function opened(path: string, what: string, option: string): number {
  try {
    return openSync(path, 'w', 0o600);
  } catch (error) {
    throw new Stop(EXIT.cannot, `cannot write the ${what} ${path}: ${reasonOf(error)}. Choose another file with ${option}`);
  }
}

/** The system may take less than it is given. */
function writeAll(file: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
}

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'that is a folder',
  ENOSPC: 'the disk is full',
};
