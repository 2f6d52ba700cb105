/** What the udp-punch peer does in a sweep: plans it, opens its sockets, sends it in slices. The states: `sweep-states.ts`. */
import { assertEvent } from 'xstate';
import { isIPv6 } from '../../effects/endpoint.ts';
import { peerSetup } from './peer-setup.ts';
import { ownForecast, withFlows } from './own-ports.ts';
import { type PeerContext, socketLabel } from './session.ts';
import { planFor, planKind, type Plan, type Sweep } from './strategy.ts';
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
  const self = ownForecast(context);
  return planFor(self, peer.forecast, { port: seen.port, ageMs: peer.ageMs + (owesForecast(context) ? rttMs : 0) }, `${input.seed}/${context.round}`);
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
  const { peer, round, mapping, sweeps } = context;
  const kind = planKindOf(context);
  // What was left to chance is tried once: it has used up its budget.
  if (kind === 'birthday' ? sweeps > 0 : kind !== 'aimed' || sweeps >= SWEEPS) return false;
  if (mapping === 'same') return true;
  return round > 1 && (peer?.forecast.kind === 'steady' || peer?.round === round);
}

const planSweep = assign(({ context }) => {
  const plan = planOf(context);
  return { sweep: plan.kind === 'aimed' || plan.kind === 'birthday' ? { ...plan, sent: 0 } : undefined, sweeps: context.sweeps + 1 };
});

const openSweepers = enqueueActions(({ context, enqueue }) => {
  const { input, round, sweep } = context;
  const host = input.local?.host ?? (isIPv6(input.server.host) ? '::' : undefined);
  for (let i = 1; i < (sweep?.sockets ?? 1); i += 1) {
    enqueue.sendTo('net', { type: 'udp.open', socket: sweeperLabel(round, i), local: { ...(host ? { host } : {}), port: 0 } });
  }
});

const rememberSweeper = assign(({ context, event }) => {
  assertEvent(event, 'udp.opened');
  return { sweepers: [...context.sweepers, { label: event.socket, local: event.local, addresses: event.addresses }] };
});

/** One that cannot be had is done without. */
const doWithout = assign(({ context: { sweep }, event }) => {
  assertEvent(event, 'net.failed');
  return { sweep: sweep && { ...sweep, sockets: sweep.sockets - 1 }, trouble: event.detail };
});

/** The next packets of the sweep, each socket and each aim once; a sweep that is aimed is sent as a whole, and once more. */
const sendSlice = enqueueActions(({ context, enqueue }) => {
  const { sweep, peer, ids, id } = context;
  const [seen] = peer?.endpoints ?? [];
  if (!sweep || !peer || !seen) return;
  const total = packetsOf(sweep);
  const count = sweep.kind === 'aimed' ? total : Math.min(SWEEP_SLICE, total - sweep.sent);
  const labels = [socketLabel(context.round), ...context.sweepers.map(({ label }) => label)];
  let flows = context.flows;
  for (let i = 0; i < count; i += 1) {
    const n = (sweep.sent + i) % total;
    const socket = labels[sweep.sockets > 1 ? n : 0];
    const port = sweep.aims[sweep.sockets > 1 ? 0 : n];
    if (socket === undefined || port === undefined) continue;
    const to = { host: seen.host, port };
    flows = withFlows({ flows }, socket, [to]);
    enqueue.sendTo('net', { type: 'udp.send', socket, to, message: { type: 'probe', txid: ids.probe, sender: id, receiver: peer.id, nominate: false } });
  }
  enqueue.assign({ flows, sweep: { ...sweep, sent: sweep.sent + count } });
});

/** Of no more use, and each of them a mapping that somebody else may need. */
const closeSweepers = enqueueActions(({ context, enqueue }) => {
  for (const { label } of context.sweepers) enqueue.sendTo('net', { type: 'close', socket: label });
  enqueue.assign({ sweepers: [] });
});

export function packetsOf({ sockets, aims }: Sweep): number {
  return Math.max(sockets, aims.length);
}

export function isSweepLeft({ sweep }: PeerContext): boolean {
  if (!sweep) return false;
  return sweep.sent < packetsOf(sweep) * (sweep.kind === 'aimed' ? SWEEP_REPEATS : 1);
}

export function sweeperLabel(round: number, n: number): string {
  return `w${round}/${n}`;
}

/** As the states name them. */
export const actions = { planSweep, openSweepers, rememberSweeper, doWithout, sendSlice, closeSweepers };
