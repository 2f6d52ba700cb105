/** What the udp-punch peer does in a sweep: plans it, opens its sockets, sends it in slices. The states: `sweep-states.ts`. */
import { assertEvent } from 'xstate';
import { type Endpoint, localFor } from '../../effects/endpoint.ts';
import { socketOf } from '../udp-paths.ts';
import { ownForecast, type Sending, withFlows } from './own-ports.ts';
import { peerSetup } from './peer-setup.ts';
import { type PeerContext, probe, socketLabel } from './session.ts';
import { planFor, planKind, type Plan, type Sweep } from '../port-strategy.ts';
import { SWEEP_REPEATS, SWEEP_SLICE, SWEEPS } from './timing.ts';

const { assign, enqueueActions } = peerSetup;

/**
 * What to do with the peer as it is introduced. A side whose port stays and who has not said so yet tells it now; the peer
 * waits for that, so its forecast is older by that much when it sweeps.
 */
function planOf(context: PeerContext): Plan {
  const { peer, input, rttMs = 0 } = context;
  const [seen] = peer?.endpoints ?? [];
  if (!peer || !seen) return { kind: 'plain' };
  const target = { port: seen.port, ageMs: peer.ageMs + (owesForecast(context) ? rttMs : 0) };
  return planFor(ownForecast(context), peer.forecast, target, `${input.seed}/${context.round}`, input.sweepBudget);
}

export function planKindOf(context: PeerContext): Plan['kind'] {
  return context.peer ? planKind(ownForecast(context), context.peer.forecast) : 'plain';
}

/** The peer cannot plan before it knows that our port stays. */
export function owesForecast(context: PeerContext): boolean {
  return context.mapping === 'same' && context.known !== 'same' && (context.peer?.forecast.kind === 'counting' || context.peer?.forecast.kind === 'random');
}

/** Both sides' forecasts are of this round; one whose port stays has no rounds. */
export function canSweep(context: PeerContext): boolean {
  const { peer, round, mapping, sweeps, gambled } = context;
  const kind = planKindOf(context);
  // What was left to chance is tried once: it has used up its budget.
  if (sweeps >= SWEEPS || !(kind === 'aimed' || (kind === 'birthday' && !gambled))) return false;
  if (mapping === 'same') return true;
  return round > 1 && (peer?.forecast.kind === 'steady' || peer?.round === round);
}

const planSweep = assign(({ context }) => {
  const plan = planOf(context);
  const sweep = plan.kind === 'aimed' || plan.kind === 'birthday' ? { ...plan, sent: 0 } : undefined;
  return { sweep, sweeps: context.sweeps + 1, gambled: context.gambled || plan.kind === 'birthday' };
});

/** Those of an aimed sweep, which has to leave in one breath. */
const openSweepers = enqueueActions(({ context, enqueue }) => {
  const { sweep } = context;
  if (sweep?.kind !== 'aimed') return;
  for (let n = 1; n < sweep.sockets; n += 1) enqueue.sendTo('net', opening(context, n));
});

const rememberSweeper = assign(({ context, event }) => {
  assertEvent(event, 'udp.opened');
  return { sweepers: [...context.sweepers, socketOf(event)] };
});

/** One that cannot be had is done without. */
const doWithout = assign(({ context: { sweep }, event }) => {
  assertEvent(event, 'net.failed');
  return { sweep: sweep && { ...sweep, sockets: Math.max(1, sweep.sockets - 1) }, trouble: event.detail };
});

/**
 * The next packets of the sweep, each socket and each aim once; one that is aimed is sent as a whole, and once more. What is
 * left to chance opens its sockets as it goes, and each sends when it is there.
 */
const sendSlice = enqueueActions(({ context, enqueue }) => {
  const { sweep, sweepers, round } = context;
  if (!sweep) return;
  const total = packetsOf(sweep);
  const count = sweep.kind === 'aimed' ? total : Math.min(SWEEP_SLICE, total - sweep.sent);
  const sendings: Sending[] = [];
  for (let i = 0; i < count; i += 1) {
    const n = (sweep.sent + i) % total;
    if (sweep.kind === 'birthday' && sweep.sockets > 1 && n > 0) {
      enqueue.sendTo('net', opening(context, n));
      continue;
    }
    const socket = sweep.sockets > 1 && n > 0 ? sweepers[n - 1]?.label : socketLabel(round);
    const to = aimOf(context, sweep.sockets > 1 ? 0 : n);
    if (socket !== undefined && to !== undefined) sendings.push({ socket, to });
  }
  for (const { socket, to } of sendings) enqueue.sendTo('net', { type: 'udp.send', socket, to, message: probe(context) });
  enqueue.assign({ flows: noted(context, sendings), sweep: { ...sweep, sent: sweep.sent + count } });
});

const sendFromSweeper = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'udp.opened');
  const to = aimOf(context, 0);
  if (to === undefined) return;
  enqueue.sendTo('net', { type: 'udp.send', socket: event.socket, to, message: probe(context) });
  enqueue.assign({ flows: noted(context, [{ socket: event.socket, to }]) });
});

/** Of no more use, and each of them a mapping that somebody else may need. */
const closeSweepers = enqueueActions(({ context, event, enqueue }) => {
  const heardOn = event.type === 'probe' || event.type === 'confirm' ? event.socket : context.path?.socket;
  for (const { label } of context.sweepers) if (label !== heardOn) enqueue.sendTo('net', { type: 'close', socket: label });
  enqueue.assign({ sweepers: context.sweepers.filter(({ label }) => label === heardOn) });
});

export function packetsOf({ sockets, aims }: Sweep): number {
  return Math.max(sockets, aims.length);
}

export function isSweepLeft({ sweep }: PeerContext): boolean {
  if (!sweep) return false;
  return sweep.sent < packetsOf(sweep) * (sweep.kind === 'aimed' ? SWEEP_REPEATS : 1);
}

export function sweeperLabel(sweep: number, n: number): string {
  return `w${sweep}/${n}`;
}

function opening({ input, sweeps }: PeerContext, n: number) {
  return { type: 'udp.open', socket: sweeperLabel(sweeps, n), local: { ...localFor(input.server, input.local), port: 0 } } as const;
}

function aimOf({ peer, sweep }: PeerContext, n: number): Endpoint | undefined {
  const [host, port] = [peer?.endpoints[0]?.host, sweep?.aims[n]];
  return host === undefined || port === undefined ? undefined : { host, port };
}

/** Hundreds of flows that chance gave their ports say nothing one by one. */
function noted(context: PeerContext, sendings: readonly Sending[]): PeerContext['flows'] {
  const { flows, sweep } = context;
  return sweep?.kind === 'birthday' ? { ...flows, count: flows.count + sendings.length } : withFlows(context, sendings);
}

/** As the states name them. */
export const actions = { planSweep, openSweepers, rememberSweeper, doWithout, sendSlice, sendFromSweeper, closeSweepers };
