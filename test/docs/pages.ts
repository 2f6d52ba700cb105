/** Which pages have parts that are made by a program, and how each is made. Always the same: simulated runs have their seeds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { world, type WorldOptions } from '../../adapters/sim/index.ts';
import { traceWorld } from '../../cli/inspector/trace/sim.ts';
import type { PlainRecord, Trace } from '../../cli/inspector/trace/trace.ts';
import { Tracer } from '../../cli/inspector/trace/tracer.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { n4, n4Peer } from '../../machines/n4/index.ts';
import { stunClient, textClient } from '../../machines/nat-check/index.ts';
import { stunCheck } from '../../machines/nat-check/stun-scenario.ts';
import { natCheckText } from '../../machines/nat-check/text-scenario.ts';
import { pwnat, pwnatCaller, pwnatListener } from '../../machines/pwnat/index.ts';
import { seedUdp, seedUdpPeer } from '../../machines/seed-udp/index.ts';
import { tcpOpen, tcpOpenPeer } from '../../machines/tcp-open/index.ts';
import { udpPunch, udpPunchPeer } from '../../machines/udp-punch/index.ts';
import { pageCharts } from './chart.ts';
import { fileTables } from './files.ts';
import { fenced, type Parts } from './marked.ts';
import { pageSequence, type Telling } from './sequence.ts';
import { timerTable } from './timers.ts';

export const ROOT = join(import.meta.dirname, '../..');

export interface Page {
  /** From the root of the project. */
  readonly path: string;
  readonly parts: () => Parts;
}

export const PAGES: readonly Page[] = [
  {
    path: 'ARCHITECTURE.md',
    // The page of the inspector is told of in docs/inspector.md.
    parts: () => ({ files: fileTables(ROOT, ['effects', 'machines', 'adapters', 'cli'], ['cli/inspector/page']) }),
  },
  {
    path: 'docs/protocols/udp-punch.md',
    parts: () => ({
      sequence: sequence(udpPunch, { a: 'port-restricted', b: 'restricted' }, { settleMs: 45 }),
      statechart: pageCharts(udpPunchPeer),
      timers: timers('udp-punch/timing.ts'),
    }),
  },
  {
    path: 'docs/protocols/tcp-open.md',
    parts: () => ({
      sequence: sequence(tcpOpen, { a: 'port-restricted', b: 'restricted' }, { settleMs: 0 }, { without: /^(ACK|FIN)$/, names: { s: 'rendezvous' } }),
      statechart: pageCharts(tcpOpenPeer),
      timers: timers('tcp-open/timing.ts'),
    }),
  },
  {
    path: 'docs/protocols/n4.md',
    parts: () => ({
      sequence: sequence(n4, { a: 'symmetric-seq', b: 'symmetric-seq' }, { settleMs: 0 }, { once: true, without: /^(ACK|FIN|SYN|SYN-ACK)$/, names: { s: 'n4 server' } }),
      statechart: pageCharts(n4Peer),
      timers: timers('n4/timing.ts'),
    }),
  },
  {
    path: 'docs/protocols/pwnat.md',
    parts: () => ({
      sequence: sequence(pwnat, { a: 'port-restricted', b: 'open' }, { settleMs: 25 }, { names: { a: 'listener', b: 'caller' } }),
      'statechart-listener': pageCharts(pwnatListener),
      'statechart-caller': pageCharts(pwnatCaller),
      timers: timers('pwnat/timing.ts'),
    }),
  },
  {
    path: 'docs/protocols/stun-check.md',
    parts: () => ({
      sequence: sequence(stunCheck, { a: 'restricted' }, { settleMs: 0 }, { once: true, call: stunWords, names: { a: 'host', s: 'STUN server' } }),
      statechart: pageCharts(stunClient),
      timers: timers('nat-check/stun-timing.ts'),
    }),
  },
  {
    path: 'docs/protocols/nat-check.md',
    parts: () => ({
      sequence: sequence(natCheckText, { a: 'restricted' }, { settleMs: 0, servers: ['s', 'assist'] }, { once: true, names: { a: 'client', s: 'server' } }),
      statechart: pageCharts(textClient),
      timers: timers('nat-check/text-timing.ts'),
    }),
  },
  {
    path: 'docs/protocols/seed-udp.md',
    parts: () => ({
      sequence: sequence(seedUdp, { a: 'port-restricted', b: 'restricted' }, { settleMs: 25 }, { names: { s: 'server' } }),
      statechart: pageCharts(seedUdpPeer),
      timers: timers('seed-udp/peer.ts'),
    }),
  },
];

function sequence(scenario: Scenario, places: Readonly<Record<string, string>>, options: WorldOptions, telling: Telling = {}): string {
  return fenced('mermaid', pageSequence(traced(scenario, places, options), telling));
}

function traced(scenario: Scenario, places: Readonly<Record<string, string>>, options: WorldOptions): Trace {
  const w = world(places, { seed: 1, latencyMs: 20, ...options });
  const tracer = new Tracer({ title: scenario.name, origin: 'sim' });
  const end = traceWorld(tracer, w, places);
  try {
    w.run(scenario);
    return tracer.trace();
  } finally {
    end();
    w.stop();
  }
}

function timers(file: string): string {
  const read = (name: string): string => readFileSync(join(ROOT, 'machines', name), 'utf8');
  return timerTable(read(file), read('timing.ts'));
}

/** A request by what it asks for, an answer by what it says, and from where if that is not the address that was asked. */
function stunWords({ type, change, responsePort }: PlainRecord, src: string): string {
  if (type !== 'ask') return `you are seen at …${src === '198.18.0.2:3478' ? '' : `, from ${src}`}`;
  const asked = change === undefined || change === null ? 'where do you see me?' : `where do you see me? Answer from another ${change === 'both' ? 'address and port' : String(change)}`;
  return responsePort === undefined || responsePort === null ? asked : `${asked}, to my port ${String(responsePort)}`;
}
