/**
 * Programs that a lab runs: one-shot commands, and the helper processes that live as long as the lab.
 *
 * For: starting them in the right namespace and hearing what they say when they fail.
 * Never: keeps this process alive, nor outlives it: every helper ends when its stdin closes.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PYTHON } from './namespaces.ts';
import type { Link } from './topology.ts';

/** The command line that runs `argv` inside a namespace. */
export const inside = (ns: string, argv: readonly string[]): string[] => ['ip', 'netns', 'exec', ns, ...argv];

/**
 * Runs a program to its end and resolves to its stdout.
 * @throws Error with the command, its exit code and its stderr when it does not exit 0.
 */
export function finish(argv: readonly string[], input = ''): Promise<string> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe' });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.on('error', () => undefined).end(input);
    child.on('error', reject);
    child.on('close', (code, signal) => (code === 0 ? resolve(out) : reject(new Error(`${argv.join(' ')}: ${code ?? signal}: ${err.trim().slice(0, 2_000)}`))));
  });
}

/** Starts a Python helper in a namespace; resolves at its first word on stdout. */
function startHelper(ns: string, script: string, args: readonly string[]): Promise<void> {
  const [command = '', ...argv] = inside(ns, [PYTHON, fileURLToPath(new URL(script, import.meta.url)), ...args]);
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv, { stdio: 'pipe' });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.on('error', () => undefined);
    child.stdout.once('data', () => {
      child.unref();
      for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as { unref?: () => void }).unref?.();
      resolve();
    });
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`${script} ended (${code}): ${err.trim()}`)));
  });
}

/**
 * Starts the one process that carries all delayed links. When it resolves, both devices of link n are in the core's namespace:
 * the core's own under its right name, the other as `away<n>`.
 */
export async function startDelayLine(core: string, links: readonly Link[]): Promise<void> {
  await startHelper(core, 'delay.py', links.map((link, index) => `${link.far.device}:away${index}:${link.delayMs}`));
}

/** Starts `perSecond` new foreign flows per second from `source`, an address of that host. */
export async function startNoise(host: string, source: string, perSecond: number, seed: number): Promise<void> {
  await startHelper(host, 'noise.py', [source, String(perSecond), String(seed)]);
}
