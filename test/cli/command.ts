/** The command line as its users have it: a child process with pipes, an exit code, and deadlines instead of sleeps. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inject } from 'vitest';
import { explained, programFor } from '../../cli/program.ts';
import { leave } from '../leftovers.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Set by `build.ts`. */
const COUNTS = process.env['NATPUNCH_COUNTS'];

/** A busy machine starts a process in seconds; nothing here waits for so long by design. */
export const DEADLINE_MS = 45_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly ended: Promise<Ended>;
  /** Resolves with the first match in what was printed, or rejects at the deadline or when the process ends without it. */
  seen(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray>;
  write(text: string): void;
  endInput(): void;
  signal(name: NodeJS.Signals): void;
  /** Closes our end of its stdout. */
  hangUp(): void;
}

/** Starts `natpunch …args`. Its stdin is empty unless `input` is `open`. It does not outlive the file's tests. */
export function natpunch(args: readonly string[], { input = 'empty' }: { readonly input?: 'empty' | 'open' } = {}): Command {
  const child = spawn(process.execPath, [inject('program'), ...args], {
    cwd: ROOT,
    stdio: [input === 'empty' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: environment(),
  });
  return watch(child, `natpunch ${args.join(' ')}`);
}

/** Of any process of these tests: it counts its branches where somebody asks for that. */
export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, NO_COLOR: '1', ...(COUNTS === undefined ? {} : { NODE_V8_COVERAGE: COUNTS }) };
}

/** Runs to the end, by itself: no more of these at a time than a small machine can start. */
export async function natpunchEnds(...args: string[]): Promise<Ended> {
  while (running.size >= AT_A_TIME) await Promise.race(running);
  const ended = natpunch(args).ended;
  const over = ended.then(
    () => void running.delete(over),
    () => void running.delete(over),
  );
  running.add(over);
  return ended;
}

/** What is said of words that start nothing: help, and usage that is refused. No process is needed for it. */
export async function said(...words: string[]): Promise<Ended> {
  const printed = { stdout: '', stderr: '' };
  const { command } = await programFor(words, { writeOut: (text) => void (printed.stdout += text), writeErr: (text) => void (printed.stderr += text) });
  try {
    await command.parseAsync(words, { from: 'user' });
  } catch (error) {
    const { code, line } = explained(error);
    return { code, stdout: printed.stdout, stderr: printed.stderr + (line === undefined ? '' : `${line}\n`) };
  }
  throw new Error(`natpunch ${words.join(' ')} was neither help nor refused`);
}

const AT_A_TIME = 3;
const running = new Set<Promise<void>>();

/** A folder of the test's own. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-'));
  leave(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A UDP port of 127.0.0.1 that is taken, and never answers. */
export async function takenPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  leave(() => void socket.close());
  await once(socket, 'listening');
  return socket.address().port;
}

/** To end by itself; whoever is stopped does not. */
async function asked(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await Promise.race([once(child, 'exit'), wait(5_000)]);
}

/** A server on a free port of 127.0.0.1. */
export async function served(kind: 'rendezvous' | 'seed-udp', ...args: string[]): Promise<Command & { readonly address: string }> {
  const server = natpunch(['serve', kind, '--listen', '127.0.0.1:0', ...args]);
  const [, address = ''] = await server.seen(args.includes('--json') ? 'stdout' : 'stderr', /(127\.0\.0\.1:\d+)/);
  return { ...server, address };
}

/** Any program, by its pipes. */
export function watch(child: ChildProcess, name: string): Command {
  leave(async () => {
    // Who is killed cannot write what it counted.
    if (COUNTS !== undefined) await asked(child);
    child.kill('SIGKILL');
  });
  const printed = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  let isOver = false;
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
      for (const look of waiting) look();
    });
  }
  const story = (): string => `\nstdout: ${printed.stdout}\nstderr: ${printed.stderr}`;
  const ended = new Promise<Ended>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`${name} did not end in time.${story()}`)), DEADLINE_MS);
    child.on('close', (code) => {
      clearTimeout(deadline);
      isOver = true;
      for (const look of waiting) look();
      resolve({ code, ...printed });
    });
  });
  ended.catch(() => undefined);
  return {
    ended,
    seen: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(deadline);
          waiting.delete(look);
        };
        const look = (): void => {
          const found = pattern.exec(printed[stream]);
          if (found) resolve(found);
          else if (isOver) reject(new Error(`${name} ended without ${pattern} on ${stream}.${story()}`));
          else return;
          settle();
        };
        const deadline = setTimeout(() => {
          settle();
          reject(new Error(`${name} did not print ${pattern} on ${stream} in time.${story()}`));
        }, DEADLINE_MS);
        waiting.add(look);
        look();
      }),
    write: (text) => void child.stdin?.write(text),
    endInput: () => void child.stdin?.end(),
    signal: (signal) => void child.kill(signal),
    hangUp: () => void child.stdout?.destroy(),
  };
}
