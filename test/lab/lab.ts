/**
 * The kernel lab: real hosts and real Linux NATs in network namespaces.
 *
 * For: building one topology, running programs in its hosts, and taking all of it down again.
 * Never: changes the host's own rules, routes or devices; never leaves a namespace or a process behind.
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent, type Agent } from './agent.ts';
import { finish, inside, startDelayLine, startNoise } from './processes.ts';
import { freshPrefix, isAlive, preflight, removeLeftovers, removeNamespaces } from './namespaces.ts';
import { planLab, type Host, type HostPlan, type LabSpec, type Node, type Plan } from './topology.ts';

export { preflight } from './namespaces.ts';
export type { Agent } from './agent.ts';
export type { Host, LabSpec } from './topology.ts';

/** A host of a running lab. `gateway` is the namespace of the NAT (or router) in front of it. */
export interface LabHost extends HostPlan {
  readonly ns: string;
}

/** A running lab. */
export interface Lab {
  readonly hosts: Readonly<Record<Host, LabHost>>;
  /** The namespace of any node: a, b, s, core, nat-a, nat-b, cgn-a, cgn-b. */
  ns(node: string): string;
  /** Starts a program in a node, by default a host. Its end is the caller's to await; `dispose` kills it at the latest. */
  exec(node: string, argv: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Runs a program in a node to its end. Resolves to its stdout; rejects with its stderr where it exits other than 0. */
  run(node: string, argv: readonly string[], input?: string): Promise<string>;
  /** Starts one worker process in a host: the module's exported async functions become callable from here. */
  agent(node: string, module: URL): Promise<Agent>;
  /**
   * Puts other NATs and links between the same hosts, without noise. Their processes live on; what those hold of the former
   * network leads nowhere.
   */
  rebuild(spec: LabSpec): Promise<void>;
  /** The connection tracking entries of a node, one text line each, as in /proc/net/nf_conntrack. */
  conntrack(node: string): Promise<string[]>;
  /** Kills every process in the namespaces and deletes them. Idempotent. Also happens when this process ends. */
  dispose(): Promise<void>;
}

/** The last to go is who holds a tun device: the kernel lets it wait while other namespaces are taken down. */
const REAP_MS = 20_000;
const living = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function removeAll(): void {
  for (const prefix of living) {
    try {
      removeNamespaces(prefix);
    } catch (error) {
      process.stderr.write(`lab: ${(error as Error).message}\n`);
    }
  }
  living.clear();
}

function onSignal(signal: NodeJS.Signals): void {
  removeAll();
  unguard();
  process.kill(process.pid, signal);
}

function guard(prefix: string): void {
  if (living.size === 0) {
    process.on('exit', removeAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  living.add(prefix);
}

function unguard(): void {
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/**
 * A veth drops what it is given until the kernel's link watch has noticed its carrier, up to a second after both ends are up.
 * Reading the carrier makes it look at once.
 */
const AWAIT_LINKS = `settled() {
  { read -r carrier <"$1/carrier" && read -r state <"$1/operstate"; } 2>/dev/null || return 1
  port=3; if [ -e "$1/brport" ]; then read -r port <"$1/brport/state"; fi
  [ "$carrier" = 1 ] && [ "$state" != down ] && [ "$port" = 3 ]
}
tries=0
for device in /sys/class/net/*; do
  until settled "$device"; do
    tries=$((tries + 1))
    if [ $tries -gt 1000 ]; then echo "$device does not come up" >&2; exit 1; fi
    sleep 0.005
  done
done
`;

/** For the devices that come after it. `ip_forward`, for those that are there, waits for the kernel's lock on devices by trying without end. */
const FORWARDS = 'echo 1 > /proc/sys/net/ipv4/conf/default/forwarding';

function setUpScript(node: Node): string {
  const lines = node.switches.map((item) => `echo ${item.split('=')[1]} > /proc/sys/net/${item.split('=')[0]}`);
  return `${lines.join('\n')}
for f in /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 > $f; done
${node.nft === '' ? '' : `nft -f - <<'RULES'\n${node.nft}RULES\n`}ip -batch - <<'DEVICES'
link set lo up
${node.ip.join('\n')}
DEVICES
${AWAIT_LINKS}`;
}

const HOSTS = ['a', 'b', 's'] as const satisfies readonly Host[];

/** Everything but the hosts' namespaces, and their devices. */
async function takeDown(prefix: string): Promise<void> {
  await Promise.all(HOSTS.map((host) => finish(['ip', '-n', `${prefix}${host}`, 'link', 'del', 'eth0'])));
  for (const kind of ['core', 'nat-', 'cgn-']) removeNamespaces(`${prefix}${kind}`);
}

const batch = (lines: readonly string[], ...where: readonly string[]): Promise<string> => finish(['ip', ...where, '-batch', '-'], `${lines.join('\n')}\n`);

async function carryOut(plan: Plan, prefix: string, standing: readonly string[] = []): Promise<void> {
  const plain = plan.links.filter((link) => link.delayMs === 0);
  const delayed = plan.links.filter((link) => link.delayMs > 0);
  await batch(plan.nodes.filter(({ name }) => !standing.includes(name)).map(({ name }) => `netns add ${prefix}${name}`));
  await Promise.all(plan.nodes.filter(({ routes }) => routes).map(({ name }) => finish(inside(`${prefix}${name}`, ['sh', '-c', FORWARDS]))));
  await batch(plain.map(({ near, far }) => `link add ${near.device} netns ${prefix}${near.node} type veth peer name ${far.device} netns ${prefix}${far.node}`));
  const core = `${prefix}core`;
  if (delayed.length > 0) {
    await startDelayLine(core, delayed);
    const moves = delayed.flatMap(({ near, far }, index) => [
      `link set ${far.device} txqueuelen 10000`,
      `link set away${index} txqueuelen 10000 netns ${prefix}${near.node} name ${near.device}`,
    ]);
    await batch(moves, '-n', core);
  }
  await Promise.all(plan.nodes.map((node) => finish(inside(`${prefix}${node.name}`, ['sh', '-e']), setUpScript(node))));
  await Promise.all(plan.noise.map(({ node, source, perSecond }, index) => startNoise(`${prefix}${node}`, source, perSecond, index)));
}

/**
 * Builds a lab: s on the Internet (198.18.0.2 and .3), a behind NAT A (198.18.1.2), b behind NAT B (198.18.2.2) or on a's LAN.
 * @throws Error with the preflight's line where the machine cannot, or with one line about a wrong spec; nothing is left then.
 */
export async function buildLab(spec: LabSpec): Promise<Lab> {
  const reason = preflight();
  if (reason !== undefined) throw new Error(reason);
  let plan = planLab(spec);
  removeLeftovers();
  const prefix = freshPrefix();
  guard(prefix);
  const agents = new Set<Agent>();
  const ns = (node: string): string => {
    if (!plan.nodes.some(({ name }) => name === node)) throw new Error(`this lab has no node "${node}": it has ${plan.nodes.map(({ name }) => name).join(', ')}`);
    return prefix + node;
  };
  const exec = (node: string, argv: readonly string[], options: SpawnOptions = {}): ChildProcess => {
    const [command = '', ...args] = inside(ns(node), argv);
    return spawn(command, args, options);
  };
  const dispose = async (): Promise<void> => {
    const stopping = [...agents].map((agent) => agent.stop());
    agents.clear();
    await Promise.all(stopping);
    const killed = removeNamespaces(prefix);
    for (const deadline = Date.now() + REAP_MS; killed.some(isAlive) && Date.now() < deadline; ) await sleep(2);
    living.delete(prefix);
    if (living.size === 0) unguard();
  };
  try {
    await carryOut(plan, prefix);
  } catch (error) {
    await dispose();
    throw error;
  }
  const labHost = (host: Host): LabHost => ({ ...plan.hosts[host], ns: ns(host), gateway: ns(plan.hosts[host].gateway) });
  return {
    get hosts() {
      return { a: labHost('a'), b: labHost('b'), s: labHost('s') };
    },
    ns,
    exec,
    run: (node, argv, input) => finish(inside(ns(node), argv), input),
    agent: async (node, module) => {
      const agent = await startAgent((argv, options) => exec(node, argv, options), module, node);
      agents.add(agent);
      return agent;
    },
    async rebuild(other) {
      const next = planLab(other);
      if (plan.noise.length > 0 || next.noise.length > 0) throw new Error('a lab with noise cannot be rebuilt');
      await takeDown(prefix);
      plan = next;
      await carryOut(plan, prefix, HOSTS);
    },
    conntrack: async (node) => (await finish(inside(ns(node), ['cat', '/proc/net/nf_conntrack']))).split('\n').filter((line) => line !== ''),
    dispose,
  };
}
