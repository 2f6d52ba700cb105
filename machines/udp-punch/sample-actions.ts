/** How the udp-punch peer looks at its own NAT's ports before it tells which will be next. The states: `sweep-states.ts`. */
import { assertEvent } from 'xstate';
import { localFor } from '../../effects/endpoint.ts';
import { SAMPLERS } from '../port-forecast.ts';
import { withFlows } from './own-ports.ts';
import { peerSetup } from './peer-setup.ts';
import { type PeerContext, socketLabel } from './session.ts';

const { assign, enqueueActions } = peerSetup;

const openSamplers = enqueueActions(({ context, enqueue }) => {
  const { round, input } = context;
  const labels = Array.from({ length: SAMPLERS }, (_, i) => `s${round}/${i + 1}`);
  for (const socket of labels) enqueue.sendTo('net', { type: 'udp.open', socket, local: { ...localFor(input.server, input.local), port: 0 } });
  enqueue.assign({ samplers: labels });
});

/** Both ports of the rendezvous, so that each socket shows two mappings. */
const observeFromSampler = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'udp.opened');
  const { input, alternate, ids, id } = context;
  const { socket } = event;
  const sendings = [input.server, ...(alternate ? [alternate] : [])].map((to) => ({ socket, to }));
  enqueue.assign({ flows: withFlows(context, sendings) });
  for (const { to } of sendings) enqueue.sendTo('net', { type: 'udp.send', socket, to, message: { type: 'observe', txid: ids.observe, peer: id } });
});

const closeSamplers = enqueueActions(({ context, enqueue }) => {
  for (const socket of context.samplers) enqueue.sendTo('net', { type: 'close', socket });
  enqueue.assign({ samplers: [] });
});

/** The registration leaves as soon as the last answer is here. */
const noteAsking = assign(({ event }) => {
  assertEvent(event, 'mapped');
  return { askedAt: event.at };
});

/** It leaves at a time that is not known: the round trip stays as it was measured before. */
const forgetAsking = assign({ askedAt: undefined });

/** This round's own socket was seen. */
export function hasSampled({ seen, round }: PeerContext): boolean {
  return Object.keys(seen).some((flow) => flow.startsWith(`${socketLabel(round)}>`));
}

export function haveSamplersAnswered({ seen, samplers }: PeerContext): boolean {
  const answers = Object.keys(seen).filter((flow) => samplers.includes(flow.slice(0, flow.indexOf('>'))));
  return samplers.length > 0 && answers.length >= 2 * samplers.length;
}

/** As the states name them. */
export const actions = { openSamplers, observeFromSampler, closeSamplers, noteAsking, forgetAsking };
