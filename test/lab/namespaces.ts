/**
 * Network namespaces by name: who lives in them, how they go away, and whether this machine can have them at all.
 *
 * For: leaving nothing behind, whatever way a lab ends.
 * Never: touches a namespace that does not carry the lab's prefix, nor the host's own rules, routes or devices.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

const DIRECTORY = '/run/netns';
const PATTERN = /^natlab(\d+)-\d+-/;
const KILL_DEADLINE_MS = 3_000;

let counter = 0;

/** A prefix that no other lab of this machine has: it tells the process that owns it. */
export function freshPrefix(): string {
  counter += 1;
  return `natlab${process.pid}-${counter}-`;
}

/** The names of all lab namespaces that begin with `prefix`. */
export function namespacesOf(prefix: string): string[] {
  if (!existsSync(DIRECTORY)) return [];
  return readdirSync(DIRECTORY).filter((name) => PATTERN.test(name) && name.startsWith(prefix));
}

/** The ids of all processes inside the given namespaces. */
export function processesIn(namespaces: readonly string[]): number[] {
  const links = new Set<string>();
  for (const name of namespaces) {
    const status = statSync(`${DIRECTORY}/${name}`, { throwIfNoEntry: false });
    if (status) links.add(`net:[${status.ino}]`);
  }
  if (links.size === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return links.has(readlinkSync(`/proc/${pid}/ns/net`));
      } catch {
        return false; // it ended meanwhile, or is a zombie
      }
    })
    .map(Number);
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Kills everything in the namespaces that begin with `prefix` and deletes them; synchronous, so that it also works in an exit handler.
 * Returns the ids of the processes it killed.
 * @throws Error when a process outlives SIGKILL for 3 s or `ip` refuses.
 */
export function removeNamespaces(prefix: string): number[] {
  const names = namespacesOf(prefix);
  const killed = new Set<number>();
  if (names.length === 0) return [];
  const deadline = Date.now() + KILL_DEADLINE_MS;
  for (let left = processesIn(names); left.length > 0; left = processesIn(names)) {
    if (Date.now() > deadline) throw new Error(`processes ${left.join(', ')} in ${prefix}* do not die`);
    for (const pid of left) {
      killed.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // already gone
      }
    }
    pause(5);
  }
  const result = spawnSync('ip', ['-force', '-batch', '-'], { input: names.map((name) => `netns del ${name}\n`).join(''), encoding: 'utf8' });
  const rest = namespacesOf(prefix);
  if (rest.length > 0) throw new Error(`cannot delete ${rest.join(', ')}: ${result.stderr.trim()}`);
  return [...killed];
}

/** True while the process exists; a zombie counts only where it is ours to reap. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state !== 'Z' || Number(parent) === process.pid;
  } catch {
    return false;
  }
}

/** Removes the labs of processes that no longer live. */
export function removeLeftovers(): void {
  const dead = new Set<string>();
  for (const name of namespacesOf('')) {
    const pid = Number(PATTERN.exec(name)?.[1]);
    if (!isAlive(pid)) dead.add(`natlab${pid}-`);
  }
  for (const prefix of dead) removeNamespaces(prefix);
}

/** The Python to run the delay line with: the system's own where there is one. */
export const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

const REMEDY = 'apt-get install nftables iproute2 python3';

function lacks(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status !== 0;
}

let verdict: { reason: string | undefined } | undefined;

function examine(): string | undefined {
  if (process.platform !== 'linux') return 'the kernel lab needs Linux (network namespaces and nftables)';
  if (process.getuid?.() !== 0) return 'the kernel lab needs root, to make network namespaces: run it with sudo';
  if (lacks('ip', '-V')) return `the kernel lab needs "ip", which is missing: ${REMEDY}`;
  if (lacks('nft', '--version')) return `the kernel lab needs "nft", which is missing: ${REMEDY}`;
  if (lacks(PYTHON, '--version')) return `the kernel lab needs "python3" for its delay lines, which is missing: ${REMEDY}`;
  if (!existsSync('/dev/net/tun')) return 'the kernel lab needs /dev/net/tun for its delay lines, which is missing: modprobe tun';
  const name = `${freshPrefix()}try`;
  if (lacks('ip', 'netns', 'add', name)) return 'the kernel lab may not make network namespaces here: in a container, start it with --privileged';
  const rules = 'table ip t { chain c { type nat hook postrouting priority srcnat; snat to 192.0.2.1 random\n }\n }\n';
  const answer = spawnSync('ip', ['netns', 'exec', name, 'nft', '-f', '-'], { input: rules, encoding: 'utf8' });
  spawnSync('ip', ['netns', 'del', name]);
  if (answer.status !== 0) return `the kernel lab needs NAT in nftables, which this kernel refuses (modprobe nft_nat nft_chain_nat): ${answer.stderr.trim()}`;
  return undefined;
}

/** Why the lab cannot run here, with the remedy, on one line; undefined where it can. Looks once per process. */
export function preflight(): string | undefined {
  verdict ??= { reason: examine() };
  return verdict.reason;
}
