/** `natpunch sim`: one run of a protocol on the simulated internet, told as a sequence. Virtual time; nothing is sent. */
import type { Command } from 'commander';
import { translates } from '../../adapters/sim/behaviour.ts';
import { natFlavour } from '../../adapters/sim/flavours.ts';
import { type World, world, type WorldOptions } from '../../adapters/sim/index.ts';
import { formatEndpoint } from '../../effects/endpoint.ts';
import { failed, type Outcome } from '../../machines/outcome.ts';
import { type Paint, paintFor } from '../colour.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { draw, formatMs, WIDTH, wrap } from '../lifelines.ts';
import { type Meter, meter } from '../meter.ts';
import * as options from '../options.ts';
import { openRecorder } from '../recorder.ts';
import { type Result, resultOf, round } from '../result.ts';
import type { Protocol } from '../scenarios.ts';
import { sequence } from '../sequence.ts';
import { describeNats } from '../words.ts';
import { NAT_HELP, natName, PROTOCOL_NAMES, protocolName } from '../world-options.ts';

const EXAMPLE = `
Example: two homes whose routers let in only what was asked for
  $ natpunch sim udp --a port-restricted --b restricted
Example: a home under a carrier's NAT, and why two symmetric NATs cannot meet
  $ natpunch sim udp --a port-restricted+cgn --b symmetric
  $ natpunch sim udp --a symmetric --b symmetric --inspect

One command repeats one run: the same seed gives the same packets.
${NAT_HELP}`;

export function defineSim(command: Command): void {
  command
    .description('Plays a protocol between two hosts on a simulated internet and tells what happened.')
    .argument('<protocol>', PROTOCOL_NAMES, protocolName)
    .requiredOption('--a <nat>', 'the NAT of host a', natName)
    .requiredOption('--b <nat>', 'the NAT of host b', natName)
    .option('--latency <ms>', 'one way, between any two hosts', options.milliseconds, 20)
    .option('--loss <p>', 'the probability that a packet is lost, 0 to 1', options.probability, 0)
    .option('--seed <n>', 'chance is derived from it', options.notEmpty, '1')
    .option('--timeout <s>', 'virtual seconds to wait for the outcomes', options.seconds, 90)
    .option('--record <file>', 'write down what the machine of host a does, for replay')
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', EXAMPLE)
    .action(async (protocol: Protocol, given: SimOptions) => {
      process.exitCode = await sim(protocol, given);
    });
}

interface SimOptions {
  readonly a: string;
  readonly b: string;
  readonly latency: number;
  readonly loss: number;
  readonly seed: string;
  readonly timeout: number;
  readonly record?: string;
  readonly json?: true;
}

async function sim(protocol: Protocol, given: SimOptions): Promise<ExitCode> {
  const { a, b, latency, loss, seed, timeout, record, json } = given;
  const meters = new Map<string, Meter>();
  const startRecording = await openRecorder(record);
  const decorate: WorldOptions['decorate'] = (host, { net, clock }, part) => {
    const measured = meter(net, protocol.counts);
    meters.set(host, measured);
    return host === 'a' && startRecording ? startRecording({ ...part, id: host, net: measured.net, clock }) : { net: measured.net, clock };
  };
  const played = world({ a, b }, { seed, latencyMs: latency, loss, maxMs: timeout * 1000, decorate }).run(protocol.scenario);
  played.stop();

  const limit = failed('interrupted', `Stopped after ${timeout} s of virtual time, before it knew. A longer --timeout would help.`);
  const sides = PEERS.map((host) => {
    const { at = timeout * 1000, outcome = limit } = played.outcomes<Outcome>(host).at(-1) ?? {};
    return { host, at, outcome, result: resultOf(outcome, { protocol: protocol.name, elapsedMs: at, packetsSent: meters.get(host)?.packetsSent ?? 0 }) };
  });
  const isConnected = sides.every(({ outcome }) => outcome.kind === 'connected');
  if (json) {
    const results = Object.fromEntries(sides.map(({ host, result }) => [host, result]));
    const drops = played.drops().map(({ at, by, reason }) => ({ at: round(at), by, reason }));
    const virtualMs = round(Math.max(...sides.map(({ at }) => at)));
    process.stdout.write(`${JSON.stringify({ ...results, virtualMs, packets: sentPackets(played), drops })}\n`);
  } else {
    const paint = paintFor(process.stdout);
    const rttMs = 2 * latency;
    const story = [
      ...opening(played, protocol, given),
      '',
      ...draw(sequence(played, protocol), paint, protocol.server !== undefined),
      '',
      ...ending(sides, played, rttMs, paint),
    ];
    process.stdout.write(`${story.join('\n')}\n`);
  }
  return isConnected ? EXIT.done : EXIT.no;
}

const PEERS = ['a', 'b'] as const;

interface Side {
  readonly host: string;
  readonly outcome: Outcome;
  readonly result: Result;
}

/** Packets that hosts sent; copies that the network made do not count. */
function sentPackets(played: World): number {
  return played.journeys().filter(({ copyOf }) => copyOf === undefined).length;
}

function opening(played: World, { server }: Protocol, { a, b, latency, loss }: SimOptions): string[] {
  const losses = loss === 0 ? '' : ` Of 100 packets ${formatMs(loss * 100)} get lost.`;
  const between = server === undefined ? 'from one to the other' : 'from any of the three to any other';
  const distance = `A packet takes ${formatMs(latency)} ms ${between}; below it stands at the ms at which it leaves.${losses}`;
  const known = server === undefined ? "All that b knows is a's public address, and a does not know of b; nobody helps them" : `All they both know is s, ${server} with a public address`;
  return [
    ...wrap(`a and b want to talk to each other directly. ${known}. ${distance}`, WIDTH),
    '',
    ...home(played, 'a', a),
    ...home(played, 'b', b),
  ];
}

function home(played: World, host: string, nat: string): string[] {
  const chain = natFlavour(nat);
  const [own] = played.host(host).addresses;
  const isHidden = chain.some(translates);
  const where = isHidden ? `is ${own} at home, behind nat-${host} (${nat})` : `has the public address ${own}${chain.length === 0 ? '' : `, behind firewall-${host} (${nat})`}`;
  return wrap(`${host} ${where}. ${describeNats(chain, host)}`, WIDTH - 3).map((line, index) => (index === 0 ? line : `   ${line}`));
}

function ending(sides: readonly Side[], played: World, rttMs: number, paint: Paint): string[] {
  const drops = played.drops().length;
  const effort = `${sentPackets(played)} packets in all, ${drops === 0 ? 'none' : drops} of them dropped.`;
  if (sides.every(({ outcome }) => outcome.kind === 'connected')) {
    const reached = sides.map(({ host, outcome }) => (outcome.kind === 'connected' ? `${host} reaches the other at ${formatEndpoint(outcome.peer)}` : ''));
    const slowest = Math.max(...sides.map(({ result }) => result.elapsedMs));
    const trips = rttMs === 0 ? '' : `: ${formatMs(slowest / rttMs)} round trips`;
    return [
      paint('green', 'Connected: what they say from now on goes directly, both ways.'),
      ...reached.map((line) => `  ${line}`),
      `  It took ${formatMs(slowest)} ms${trips}. ${effort}`,
    ];
  }
  const details = new Map<string, string[]>();
  for (const { host, outcome, result } of sides) {
    const words = outcome.kind === 'failed' ? `${outcome.reason}. ${outcome.detail}` : `connected after ${formatMs(result.elapsedMs)} ms`;
    details.set(words, [...(details.get(words) ?? []), host]);
  }
  return [
    paint('red', 'Not connected.'),
    ...[...details].flatMap(([words, hosts]) => wrap(`${hosts.join(' and ')}: ${words}`, WIDTH - 5).map((line, index) => `  ${index === 0 ? '' : '   '}${line}`.trimEnd())),
    `  ${effort}`,
  ];
}
