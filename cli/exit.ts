/** How a command ends: the exit codes that scripts rely on, and the error that carries one. */

export const EXIT = {
  /** Done, connected, or no divergence. */
  done: 0,
  /** An honest no: no path, failed, divergence. */
  no: 1,
  /** Wrong usage. */
  usage: 2,
  /** This machine cannot: no permission, address in use, a file that cannot be written. */
  cannot: 3,
  /** Ended by SIGINT or SIGTERM. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with one line for people: what failed, why, what to try. */
export class Stop extends Error {
  readonly code: ExitCode;
  constructor(code: ExitCode, message: string) {
    super(message);
    this.name = 'Stop';
    this.code = code;
  }
}
