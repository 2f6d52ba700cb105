/** A check's result in words, for a terminal of 80 columns. Pure. */
import { PEERS, type Prospect, prospectsOf } from '../machines/nat-check/index.ts';
import { adviceOn } from './check-advice.ts';
import type { CheckResult } from './check-result.ts';
import type { Paint } from './colour.ts';
import { wrap } from './lifelines.ts';

const WIDTH = 80;
const LABEL = 17;

export function checkWords(result: CheckResult, paint: Paint, verbose: boolean): string[] {
  const { verdict, lifetime } = result;
  const isSeen = result.reflexive !== null;
  return [
    `${paint('bold', `${verdict ?? 'not known'}${isInDoubt(result) ? ', perhaps' : ''}`)}: ${meaning(result)}`.split('\n').flatMap((line) => wrap(line, WIDTH)),
    isSeen ? ['', ...facts(result, paint)] : [],
    lifetime ? [row('lifetime', lifetimeWords(lifetime), paint)] : [],
    unknowns(result, paint),
    advice(result, paint),
    isSeen ? ['', ...table(result, paint)] : [],
    verbose ? ['', ...evidence(result, paint)] : isSeen ? ['', paint('dim', '--verbose shows what all this goes by, and how sure it is.')] : [],
  ].flat();
}

function meaning({ verdict, nat, udp, evidence }: CheckResult): string {
  switch (verdict) {
    case 'open':
      return 'no NAT and no filter, anybody can reach this host.';
    case 'firewalled':
      return 'no NAT, but a filter lets in only answers to what this host has sent.';
    case 'full-cone':
      return 'a NAT shows this host to everybody under one port; once that is open, everybody gets in.';
    case 'restricted':
      return 'a NAT shows this host to everybody under one port, and lets in the addresses that this host has sent to, from any of their ports.';
    case 'port-restricted':
      return 'a NAT shows this host to everybody under one port, and lets in only the exact addresses and ports that this host has sent to.';
    case 'restricted-or-port-restricted':
      return 'a NAT shows this host to everybody under one port and keeps strangers out; the server could not tell whether by address or by address and port.';
    case 'symmetric':
      return 'a NAT shows this host under another port to each destination, so what one sees is of no use to another.';
    case 'udp-blocked':
      return evidence.find(({ claim }) => claim === 'udp')?.because ?? 'no answer came.';
    case null:
      if (nat === null) return evidence.find(({ claim, value }) => (claim === 'nat' && value === null) || (claim === 'udp' && value === true))?.because ?? 'nothing could be told.';
      return udp && !nat ? 'there is no NAT; whether a filter keeps strangers out could not be tested.' : 'there is a NAT, but the servers cannot tell its kind.';
  }
}

function facts({ reflexive, local, mapping, filtering, hairpin, portPreserved, allocation, nat }: CheckResult, paint: Paint): string[] {
  const seen = nat === false ? local : `${reflexive}, from ${local}`;
  const lines = [row('seen as', seen, paint), row('mapping', mapping ?? '?', paint), row('filtering', filtering ?? '?', paint)];
  if (!nat) return lines;
  return [...lines, row('hairpin', yesNo(hairpin), paint), row('port preserved', yesNo(portPreserved), paint), row('new ports', portWords(allocation), paint)];
}

function portWords(allocation: CheckResult['allocation']): string {
  switch (allocation?.kind) {
    case 'preserved':
      return "the socket's own";
    case 'sequential':
      return `counted, each ${Math.abs(allocation.step)} ${allocation.step > 0 ? 'above' : 'below'} the one before`;
    case 'random':
      return 'at random';
    case 'block':
      return `at random in a block of about ${allocation.size}, seen ${allocation.first} to ${allocation.last}`;
    case undefined:
      return '?';
  }
}

function lifetimeWords({ aliveMs, deadMs }: NonNullable<CheckResult['lifetime']>): string {
  const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
  if (aliveMs === null) return deadMs === null ? '?' : `less than ${seconds(deadMs)} of silence`;
  return deadMs === null ? `more than ${seconds(aliveMs)} of silence` : `between ${seconds(aliveMs)} and ${seconds(deadMs)} of silence`;
}

/** Why something is not known, where it is, and what would help. */
function unknowns(result: CheckResult, paint: Paint): string[] {
  const { evidence, nat, udp } = result;
  if (!udp) return [];
  const isOpen = (fact: string): boolean => nat === true || !ONLY_OF_NATS.includes(fact);
  const reasons = evidence.filter(({ claim, value }) => value === null && isOpen(claim));
  const untold = FACTS.filter((fact) => result[fact] === null && isOpen(fact) && !evidence.some(({ claim }) => claim === fact)).map(nameOf);
  const lines = [
    ...[...new Set(reasons.map(({ because }) => because))].map((because) => `${reasons.filter((one) => one.because === because).map(({ claim }) => nameOf(claim)).join(', ')}: ${because}`),
    ...(untold.length > 0 ? [`${untold.join(', ')}: this kind of check does not tell; natpunch check --stun can`] : []),
  ];
  const isMoreToHave = reasons.some(({ claim }) => claim === 'mapping' || claim === 'filtering');
  return [
    ...lines.flatMap((line) => wrap(`? ${line}`, WIDTH - 4).map((part, i) => paint('yellow', i === 0 ? `  ${part}` : `    ${part}`))),
    ...(isMoreToHave ? ['  To know more, name another server too; one with two addresses tells most.'] : []),
  ];
}

/** Silence that a server which is down would explain, too. */
function isInDoubt({ udp, reach }: CheckResult): boolean {
  return !udp && reach['udp']?.open === 'unknown';
}

/** What to do about it. */
function advice(result: CheckResult, paint: Paint): string[] {
  const paragraphs = adviceOn(result);
  if (paragraphs.length === 0) return [];
  const lines = paragraphs.flatMap((text) => wrap(`- ${text}`, WIDTH - 4).map((part, i) => (i === 0 ? `  ${part}` : `    ${part}`)));
  return ['', paint('dim', result.udp ? 'to be reached from outside (seen with UDP; TCP may be treated otherwise):' : 'what helps:'), ...lines];
}

const FACTS = ['mapping', 'filtering', 'hairpin', 'portPreserved', 'allocation'] as const;
const ONLY_OF_NATS: readonly string[] = ['hairpin', 'portPreserved', 'allocation'];
const NAMES: Readonly<Record<string, string>> = { portPreserved: 'port preserved', allocation: 'new ports' };

function nameOf(fact: string): string {
  return NAMES[fact] ?? fact;
}

const SIGNS: Readonly<Record<Prospect, string>> = { yes: 'yes', no: '·', likely: 'likely', unknown: '?' };

/** By protocol and kind of peer. */
function table(result: CheckResult, paint: Paint): string[] {
  const outlooks = prospectsOf(result);
  const widths = PEERS.map((peer) => Math.max(peer.length, 6) + 2);
  const line = (name: string, cells: readonly string[]): string => `  ${name.padEnd(6)}${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('')}`.trimEnd();
  const rows = outlooks.map(({ protocol, peers }) => line(protocol, PEERS.map((peer) => SIGNS[peers[peer]])));
  const notes = outlooks.flatMap(({ protocol, note }) => wrap(`${protocol}: ${note}`, WIDTH - 2).map((text) => paint('dim', `  ${text}`)));
  return [paint('dim', 'who can be joined, by the NAT of the peer (· no, ? not known):'), paint('bold', line('', PEERS)), ...rows, ...notes];
}

function evidence({ evidence: lines }: CheckResult, paint: Paint): string[] {
  return [
    paint('dim', 'evidence:'),
    ...lines.flatMap(({ claim, value, confidence, because }) => {
      const says = value === undefined ? claim : `${claim} ${value === null ? 'not known' : String(value)}`;
      const sure = confidence === undefined || value === null ? '' : ` (${confidence})`;
      return wrap(`${says}${sure}: ${because}`, WIDTH - 4).map((text, i) => (i === 0 ? `  ${text}` : `    ${text}`));
    }),
  ];
}

function row(label: string, value: string, paint: Paint): string {
  return `  ${paint('dim', label.padEnd(LABEL))}${wrap(value, WIDTH - LABEL - 2).join(`\n${' '.repeat(LABEL + 2)}`)}`;
}

function yesNo(value: boolean | null): string {
  return value === null ? '?' : value ? 'yes' : 'no';
}
