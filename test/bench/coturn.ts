/** coturn's `turnserver` as a STUN server on loopback, where it is installed (Debian: coturn). A peer to compare with, not a part of natpunch. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface Coturn {
  readonly port: number;
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Undefined where it is not installed or does not answer. */
export async function startCoturn(port: number): Promise<Coturn | undefined> {
  const options = ['-n', '-S', '--no-auth', '--no-tls', '--no-dtls', '--no-cli', '--no-multicast-peers', '-p', `${port}`, `--alt-listening-port=${port + 1}`];
  const addresses = ['--listening-ip=127.0.0.1', '--listening-ip=127.0.0.2', '-l', '/dev/null', '--simple-log', '--pidfile', '/dev/null'];
  const child = spawn('turnserver', [...options, ...addresses], { stdio: 'ignore' });
  const isThere = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)]);
  if (!isThere) return undefined;
  if (!(await answers(port))) {
    await end(child);
    return undefined;
  }
  return { port, cpuMs: () => cpuMsOf(child), stop: () => end(child) };
}

/** Clock ticks of /proc, which are 100 a second on every Linux that Node runs on. */
const TICK_MS = 10;
/** It opens its sockets within a second. */
const ATTEMPTS = 50;
const ATTEMPT_MS = 100;

/** Of all its threads, from /proc/<pid>/stat: fields 14 and 15, and the second of them all stands in brackets and may hold anything. */
function cpuMsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function answers(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const heard = once(socket, 'message').then(() => true);
  socket.on('error', () => undefined);
  try {
    for (let n = 0; n < ATTEMPTS; n += 1) {
      socket.send(Buffer.from('000100002112a442000000000000000000000001', 'hex'), port, '127.0.0.1');
      if (await Promise.race([heard, pause(ATTEMPT_MS, false)])) return true;
    }
    return false;
  } finally {
    socket.close();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
