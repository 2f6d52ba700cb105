/** Programs that must end well, and those that run beside a test. */
import { type ChildProcess, spawn, spawnSync, type SpawnOptions } from 'node:child_process';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

interface Options {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runToEnd(command: string, args: readonly string[], { cwd, env = process.env }: Options): Ended {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (error) throw error;
  return { code: status, stdout, stderr };
}

/** Its stdout; what it said otherwise is in the error. */
export function succeed(command: string, args: readonly string[], options: Options): string {
  const { code, stdout, stderr } = runToEnd(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

export interface Beside {
  /** Resolves with the first match in all that was printed; rejects when the process ends without one. */
  seen(pattern: RegExp): Promise<RegExpExecArray>;
  readonly child: ChildProcess;
}

export function startBeside(command: string, args: readonly string[], options: Options & Pick<SpawnOptions, 'stdio'>): Beside {
  const child = spawn(command, args, { env: process.env, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let printed = '';
  const looks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      for (const look of looks) look();
    });
  }
  let isOver = false;
  child.on('close', () => {
    isOver = true;
    for (const look of looks) look();
  });
  return {
    child,
    seen: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(printed);
          if (found) resolve(found);
          else if (isOver) reject(new Error(`${command} ${args.join(' ')} ended without ${pattern}:\n${printed}`));
          else return;
          looks.delete(look);
        };
        looks.add(look);
        look();
      }),
  };
}
