/** What a run of the swarm covered, as the page docs/swarm.md. */
import { cpus } from 'node:os';
import { type Counts, type Tally, worldsOf } from './tally.ts';

export interface SwarmRun {
  readonly tally: Tally;
  readonly seed: string;
  readonly seconds: number;
  readonly workers: number;
}

export function page({ tally, seed, seconds, workers }: SwarmRun): string {
  const worlds = worldsOf(tally);
  const rows = Object.entries(tally.protocols).toSorted(([one], [other]) => one.localeCompare(other));
  const cpuS = rows.reduce((sum, [, { cpuMs }]) => sum + cpuMs, 0) / 1_000;
  const broken = tally.violations.length === 0 ? 'No promise was broken.' : `${number(tally.violations.length)} of them broke a promise.`;
  return `# The swarm

${number(worlds)} random worlds of seed ${seed}. ${broken} Written by \`npm run swarm -- --worlds ${worlds} --seed ${seed} --write\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'an unknown processor'}: ${number(Math.round(seconds))} s with ${workers} processes, ${number(Math.round(worlds / seconds))} worlds a second; ${number(Math.round(worlds / cpuS))} for each second of processor time.

## What happens in a world

One protocol is played behind random NATs, and for some seconds things go wrong: see the tables. Then all is calm, and whoever has failed is started anew, as a user would. Whoever is connected talks for three seconds; one side closes, is killed or loses its power; the other ends by itself; and all that is left is closed.

## What must hold

| rule | always | allowed |
| --- | --- | --- |
| throw | no machine, codec or actor throws | |
| one-sided | two sides are connected with each other, by their sessions where there are any, or neither is | for as long as the protocol needs to notice, by its own timing: udp-punch 39 s, n4 88 s, seed-udp 75 s, pwnat 85 s; tcp-open 16 s, since TCP does not notice at all and its user lets go after 15 s. A side of n4 whose partner never answered a keepalive, and one of pwnat that speaks the original's way, cannot know; its user starts anew after 8 s. For 13.5 s after the last fault, as long as a check takes, a side of udp-punch may still give up a peer that has answered no keepalive since the fault, though payload comes again by then: payload is signed by nobody, so it proves no peer. Both are started anew, and then have to last for longer than that |
| not-joined | a pair that definitions allow to meet is connected, and hears each other, in a stated time after the last fault: udp-punch and pwnat 120 s, tcp-open 150 s, n4 and seed-udp 180 s | where no definition decides, as behind a table of 20 rows, or where 64 ports have to do for all flows, nothing is claimed |
| wrong-payload | a datagram is the partner's; a stream, of TCP or through pwnat's tunnel, is the beginning of what one life of the partner said: whole, in order, once | a datagram may be lost, doubled, late; and of n4 behind one NAT one's own, for nothing in a PUNCH tells whose it is |
| past-deadline | a machine that is started is connected or over by the sum of its own waits | |
| over-budget | packets in a second, packets without success, sockets: as the protocol's page promises | |
| not-ended | a machine that is told to close ends at once, or when its farewell is said | |
| socket-left, timer-left | when all have ended, no host has a socket and the clock has no timer | what TCP remembers of a connection for some minutes |
| wrong-verdict | a check in calm says what definitions say of the NATs before it | ports that it cannot tell by design: foreign flows, parity |

## What was covered

| protocol | worlds | met | had to meet | the slowest of these, from calm on | worlds a second of a processor |
| --- | ---: | ---: | ---: | ---: | ---: |
${rows.map(([name, counts]) => protocolRow(name, counts)).join('\n')}

| what went wrong | worlds |
| --- | ---: |
${counted(tally.faults)}

| behind what | worlds |
| --- | ---: |
${counted(tally.nats)}
`;
}

function protocolRow(name: string, { worlds, met, hadToMeet, slowestMs, cpuMs }: Counts): string {
  return `| ${name} | ${number(worlds)} | ${number(met)} | ${number(hadToMeet)} | ${(slowestMs / 1_000).toFixed(1)} s | ${number(Math.round((1_000 * worlds) / cpuMs))} |`;
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted(([one, n], [other, m]) => m - n || one.localeCompare(other))
    .map(([name, n]) => `| ${name} | ${number(n)} |`)
    .join('\n');
}

function number(n: number): string {
  return n.toLocaleString('en');
}
