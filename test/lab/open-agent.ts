/**
 * The agent for TCP between lab hosts: the same opener that the simulator's tests use, over real sockets.
 *
 * For: asking the kernel what the simulator was asked.
 * Never: decides anything; what it reports is for the test to judge.
 */
import { Subject } from 'rxjs';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { type Endpoint, parseEndpoint } from '../../effects/endpoint.ts';
import type { NetEffect } from '../../effects/net.ts';
import { type Opened, Opener, tellWhoCalls } from '../sim/opener.ts';

/** What came of an opener so far. */
export interface Report {
  readonly seen: string;
  readonly opened: Opened | null;
  readonly failures: readonly string[];
}

const openers = new Map<string, Opener>();

export async function serve(local: Endpoint): Promise<void> {
  tellWhoCalls(nodeNet(), local);
}

/** Starts an opener by this name, connected to the server from `local`. */
export async function register(id: string, local: Endpoint, server: Endpoint, seed: number): Promise<void> {
  const opener = new Opener(nodeNet(), nodeClock(), local, seed);
  openers.set(id, opener);
  opener.register(server);
}

export async function open(id: string, peer: string): Promise<void> {
  const endpoint = parseEndpoint(peer);
  if (!endpoint) throw new Error(`no endpoint: ${peer}`);
  openers.get(id)?.open(endpoint);
}

export async function report(id: string): Promise<Report> {
  const opener = openers.get(id);
  if (!opener) throw new Error(`no opener "${id}"`);
  return { seen: opener.seen, opened: opener.opened ?? null, failures: opener.failures };
}

export async function stop(id: string): Promise<void> {
  openers.get(id)?.stop();
  openers.delete(id);
}

const effects = new Subject<NetEffect>();
const heard: string[] = [];
nodeNet()(effects).subscribe((event) => heard.push(`${event.type === 'net.failed' ? event.code : event.type} ${event.socket}`));

/** Asks effects of one more network. */
export async function ask(asked: readonly NetEffect[]): Promise<void> {
  for (const effect of asked) effects.next(effect);
}

/** What it said so far, as `tcp.connected c` or `refused c`. */
export async function answers(): Promise<readonly string[]> {
  return heard;
}
