/** `natpunch check`: what the NATs before this host do, by STUN or by the three roles of nat_check.py. */
import type { Command } from 'commander';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { ResolveError, resolveHost } from '../../adapters/node/resolve.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { run } from '../../effects/run.ts';
import { untilEnd } from '../../machines/ending.ts';
import { type Checked, ofOneFamily, type TextChecked } from '../../machines/nat-check/index.ts';
import { type Failed, failed } from '../../machines/outcome.ts';
import { type CheckResult, stunResult, textResult } from '../check-result.ts';
import { checkWords } from '../check-words.ts';
import { type CheckWire, stunWire, textWire } from '../check-wires.ts';
import { paintFor } from '../colour.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { meter } from '../meter.ts';
import * as options from '../options.ts';
import { openRecorder } from '../recorder.ts';
import { adviceFor, exitCodeOf, resultOf } from '../result.ts';
import { onInterrupt } from '../signals.ts';
import { statusWriter } from '../status.ts';

const HELP = `
Example: ask your own STUN server, which has two addresses and tells all
  $ natpunch serve stun --listen 198.51.100.1:3478 --alternate 198.51.100.2:3479
  $ natpunch check --stun 198.51.100.1
Example: ask two public ones, which tell the mapping
  $ natpunch check --stun stun.l.google.com:19302 --stun stun.cloudflare.com
Example: with the server and the assist of nat_check.py, or ours
  $ natpunch check --server 198.51.100.1:7000 --assist 198.51.100.2:7000

A server with two addresses (natpunch serve stun --alternate, coturn, stuntman)
can tell everything; two with one address each tell the mapping, but not the
filter; a single one tells only the address.
What cannot be known is shown as ? with the reason, and is null with --json.
Exits with 0 for a verdict, 1 when UDP is blocked or nobody answers.`;

export function defineCheck(command: Command): void {
  command
    .description('Finds out what the NATs before this host do, and which peers it can be joined with.')
    .option('--stun <host[:port]>', 'a STUN server; may be given several times (default port: 3478)', collect)
    .option('--server <ip:port>', "the server of the three-role check, nat_check.py's or ours", options.remote)
    .option('--assist <ip:port>', 'its assist, on another address', options.remote)
    .option('--lifetime [s]', 'with --stun: also find how long a silent mapping lives, up to so long (default: 300); takes minutes', options.seconds)
    .option('--verbose', 'show the evidence')
    .option('--local <[addr:]port>', 'the address to send from', options.ownAddress)
    .option('--timeout <s>', 'with --stun: how long to wait for a first answer (default: 2.5); else how long the check may take', options.seconds)
    .option('--seed <n>', 'derive identifiers and ports from it, to repeat a run', options.notEmpty)
    .option('--record <file>', 'write down what the machine does, for replay')
    .option('--json', 'results and status lines as JSON')
    .addHelpText('after', HELP)
    .action(async (given: CheckOptions) => {
      const { stun = [], server, assist } = given;
      if (stun.length === 0 && !server && !assist) command.error("error: required option '--stun <host:port>' not specified, nor --server and --assist. Any public STUN server will do, or your own: natpunch serve stun");
      if (stun.length > 0 && (server || assist)) command.error("error: option '--stun' and the options '--server' and '--assist' are two kinds of check; give one of them");
      if (stun.length === 0 && !server) command.error("error: required option '--server <ip:port>' not specified");
      if (stun.length === 0 && !assist) command.error("error: required option '--assist <ip:port>' not specified");
      if (given.lifetime !== undefined && stun.length === 0) command.error("error: option '--lifetime' needs --stun");
      process.exitCode = await check(given);
    });
}

export interface CheckOptions {
  readonly stun?: readonly Endpoint[];
  readonly server?: Endpoint;
  readonly assist?: Endpoint;
  /** Seconds, or true for the default. */
  readonly lifetime?: number | true;
  readonly verbose?: true;
  readonly local?: Partial<Endpoint>;
  readonly timeout?: number;
  readonly seed?: string;
  readonly record?: string;
  readonly json?: true;
}

async function check(given: CheckOptions): Promise<ExitCode> {
  const { json = false, verbose = false, record, timeout } = given;
  const tell = statusWriter(json);
  const startRecording = await openRecorder(record);
  let stop = (): void => process.exit(EXIT.interrupted);
  onInterrupt(() => stop());

  const wire = await wireOf(given, (message) => tell({ status: 'warning', message }));
  if ('kind' in wire) return reportFailure(wire, { elapsedMs: 0, packetsSent: 0 }, json);
  const { machine, codec, input } = wire;
  const clock = nodeClock();
  const measured = meter(nodeNet());
  const recording = startRecording?.({ machine, codec, input, id: 'check', net: measured.net, clock });
  const running = run(machine, { net: recording?.net ?? measured.net, clock: recording?.clock ?? clock, codec, input, id: 'check' });
  running.actor.subscribe({
    next: (snapshot) => {
      const status = wire.progress(snapshot);
      if (status && (json || process.stderr.isTTY)) tell(status);
    },
    error: () => undefined,
  });

  const startedAt = clock.now();
  const { ended, close } = untilEnd<Checked | TextChecked | Failed>(running);
  let isLate = false;
  stop = () => {
    recording?.told({ type: 'close' });
    close();
  };
  const limit = wire.limitMs === undefined ? undefined : setTimeout(() => {
    isLate = true;
    stop();
  }, wire.limitMs);
  const outcome = await ended;
  clearTimeout(limit);
  const effort = { elapsedMs: clock.now() - startedAt, packetsSent: measured.packetsSent };
  if (outcome.kind === 'failed') return reportFailure(isLate ? failed('no-server', `The check was not done within ${timeout} s. Give it more time with --timeout`) : outcome, effort, json);
  const result: CheckResult = 'udp' in outcome ? stunResult(outcome, effort) : textResult(outcome, effort);
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${checkWords(result, paintFor(process.stdout), verbose).join('\n')}\n`);
  return result.reflexive === null ? EXIT.no : EXIT.done;
}

/** Names become addresses. Of several STUN servers, one without an address is left out. */
async function wireOf(given: CheckOptions, warn: (message: string) => void): Promise<CheckWire | Failed> {
  const { stun = [], server, assist, local, seed = newSeed(), timeout, lifetime } = given;
  if (server && assist) {
    const [one, other] = [await resolved(server), await resolved(assist)];
    if ('trouble' in one) return failed('no-server', `${one.trouble}. Check --server`);
    if ('trouble' in other) return failed('no-assist', `${other.trouble}. Check --assist`);
    return textWire({ server: one, assist: other, local }, timeout);
  }
  const found = await Promise.all(stun.map(resolved));
  const servers = found.flatMap((one) => ('trouble' in one ? [] : [one]));
  const missing = found.flatMap((one) => ('trouble' in one ? [one.trouble] : []));
  if (servers.length === 0) return failed('no-server', `${missing.join('; ')}. Check --stun`);
  for (const message of missing) warn(`natpunch: ${message}; going on without it`);
  const fit = ofOneFamily(servers);
  for (const { host } of servers.filter((one) => !fit.includes(one))) warn(`natpunch: ${host} is of another address family than the first server; going on without it. Check it by itself`);
  const distinct = fit.filter((one, i) => fit.findIndex((other) => formatEndpoint(other) === formatEndpoint(one)) === i);
  return stunWire({ servers: distinct, local, seed, timeout, lifetime: lifetime === true ? 300 : lifetime });
}

/** An address, or why the name has none. */
async function resolved({ host, port }: Endpoint): Promise<Endpoint | { readonly trouble: string }> {
  return resolveHost(host).then(
    (address) => ({ host: address, port }),
    (error: unknown) => {
      if (error instanceof ResolveError) return { trouble: error.message };
      throw error;
    },
  );
}

function reportFailure(failure: Failed, effort: { readonly elapsedMs: number; readonly packetsSent: number }, json: boolean): ExitCode {
  const { reason, detail } = failure;
  statusWriter(json)({ status: 'failed', message: `natpunch: ${detail}${adviceFor(reason, '--local')} (${reason})`, reason });
  if (json) process.stdout.write(`${JSON.stringify(resultOf(failure, { protocol: 'check', ...effort }))}\n`);
  return exitCodeOf(reason);
}

function collect(text: string, before: readonly Endpoint[] = []): readonly Endpoint[] {
  return [...before, options.stunServer(text)];
}
