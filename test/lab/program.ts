/**
 * A program in a host of a lab, as somebody at its terminal has it: what it has printed, and a wait for what it will.
 *
 * For: running commands and other people's programs.
 * Never: sleeps; outlives its lab.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Lab } from './lab.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 25_000;

export class Program {
  readonly process: ChildProcess;
  /** From its start to its end. */
  readonly ended: Promise<number | null>;
  stdout = '';
  stderr = '';
  readonly #name: string;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  constructor(lab: Lab, host: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#name = `${host}: ${argv.join(' ')}`;
    this.process = lab.exec(host, argv, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', ...env } });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#look();
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.ended = once(this.process, 'close').then(([code]) => {
      this.#isOver = true;
      this.#look();
      return code as number | null;
    });
  }

  /** Both streams, in no order. */
  get printed(): string {
    return this.stdout + this.stderr;
  }

  /** Resolves at the first match in what it has printed; rejects when it ends without, or after a while. */
  says(pattern: RegExp, withinMs = PATIENCE_MS): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(deadline);
        this.#waiting.delete(look);
      };
      const look = (): void => {
        const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
        if (!found && !this.#isOver) return;
        settle();
        if (found) resolve(found);
        else reject(new Error(`${this.#name} ended without ${pattern}:\n${this.printed}`));
      };
      const deadline = setTimeout(() => {
        settle();
        reject(new Error(`${this.#name} did not say ${pattern} within ${withinMs} ms:\n${this.printed}`));
      }, withinMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** Asks it to end, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.process.kill(signal);
    return this.ended;
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}
