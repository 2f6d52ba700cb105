/** How the tcp-open peer has its NAT's ports seen, tells what comes next, and calls what the peer has told. The states: `port-states.ts`. */
import { assertEvent } from 'xstate';
import { forecastOf, SAMPLERS, type Told } from '../port-forecast.ts';
import { mappingOf } from '../rendezvous/mapping.ts';
import { aimOf } from './aim.ts';
import { again } from './attempts.ts';
import type { OpenMessage } from './messages.ts';
import { withSighting } from './own-ports.ts';
import { peerSetup } from './peer-setup.ts';
import { isSilent, type OpenPeerContext, ownEnd, SERVER, targetsOf, txidOf } from './session.ts';
import { AFTER_MS } from './timing.ts';

const { assign, enqueueActions } = peerSetup;

/** From the port that the rendezvous has seen, to its other one, once: is it seen there too? */
const observeAlternate = enqueueActions(({ context, enqueue }) => {
  const { alternate, made, samplers, mapping } = context;
  if (!alternate || mapping !== 'unknown' || made > 1) return;
  enqueue.sendTo('net', { type: 'tcp.connect', socket: ALTERNATE, to: alternate, local: ownEnd(context) });
  enqueue.assign({ made: made + 1, samplers: [...samplers, { socket: ALTERNATE, made: made + 1 }] });
});

const openSamplers = enqueueActions(({ context, enqueue }) => {
  const { made, samplers, input } = context;
  const added = Array.from({ length: SAMPLERS }, (_, n) => ({ socket: `s${n + 1}`, made: made + n + 1 }));
  for (const { socket } of added) enqueue.sendTo('net', { type: 'tcp.connect', socket, to: input.server, local: freshEnd(context) });
  enqueue.assign({ made: made + SAMPLERS, samplers: [...samplers, ...added] });
});

const observe = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'tcp.connected');
  const { serial, self, told, rttMs, samplers, attempt } = context;
  const { socket } = event;
  const txid = txidOf(context, serial);
  const message: OpenMessage = socket === tellerLabel(context) ? { type: 'foretell', txid, ...again(attempt), peer: self, rttMs, ...told } : { type: 'observe', txid, peer: self };
  enqueue.assign({ serial: serial + 1, samplers: samplers.map((one) => (one.socket === socket ? { ...one, askedAt: event.at } : one)) });
  enqueue.sendTo('net', { type: 'tcp.send', socket, message });
});

/** One of our ports was seen; a socket that is seen at one port by both of the rendezvous's keeps it, and the peer is told. */
const noteSighting = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'mapped');
  const { samplers, sightings, mapped, self, serial, attempt } = context;
  const sampler = samplers.find(({ socket }) => socket === event.socket);
  if (!sampler) return;
  enqueue.sendTo('net', { type: 'close', socket: event.socket });
  const tookMs = sampler.askedAt === undefined ? Infinity : event.at - sampler.askedAt;
  const rttMs = context.rttMs === undefined ? undefined : Math.min(context.rttMs, tookMs);
  enqueue.assign({ rttMs, samplers: samplers.filter((one) => one !== sampler), sightings: withSighting(sightings, { port: event.mapped.port, at: sampler.askedAt ?? event.at, made: sampler.made }) });
  if (event.socket !== ALTERNATE || !mapped) return;
  const mapping = mappingOf(mapped, event.mapped);
  enqueue.assign({ mapping });
  if (mapping !== 'same') return;
  const txid = txidOf(context, serial);
  enqueue.assign({ serial: serial + 1 });
  enqueue.sendTo('net', { type: 'tcp.send', socket: SERVER, message: { type: 'foretell', txid, ...again(attempt), peer: self, rttMs, round: 0, forecast: { kind: 'steady' } } });
});

const dropSampler = assign(({ context, event }) => ({
  samplers: context.samplers.filter(({ socket }) => !('socket' in event) || socket !== event.socket),
}));

const closeSamplers = enqueueActions(({ context, enqueue }) => {
  for (const { socket } of context.samplers) enqueue.sendTo('net', { type: 'close', socket });
  enqueue.assign({ samplers: [] });
});

/**
 * Where ports are counted, on a new connection: its port is the newest, and nothing is called from then on that would move the NAT
 * further. What else there is to tell needs no port.
 */
const foretell = enqueueActions(({ context, enqueue }) => {
  const { sightings, rttMs = 0, told, made, samplers, serial, self, input, attempt } = context;
  // From the making of that mapping until the calls there are the handshake, the telling, and a wait.
  const forecast = forecastOf(sightings, 2 * rttMs + AFTER_MS);
  const next = { ...context, told: { round: told.round + 1, forecast } };
  const { told: saying } = next;
  if (forecast.kind === 'counting') {
    const socket = tellerLabel(next);
    enqueue.sendTo('net', { type: 'tcp.connect', socket, to: input.server, local: freshEnd(context) });
    enqueue.assign({ told: saying, made: made + 1, toldMade: made + 1, samplers: [...samplers, { socket, made: made + 1 }], calls: 'held' });
    return;
  }
  enqueue.assign({ told: saying, serial: serial + 1 });
  if (forecast.kind === 'random') enqueue.sendTo('net', { type: 'tcp.send', socket: SERVER, message: { type: 'foretell', txid: txidOf(context, serial), ...again(attempt), peer: self, rttMs, ...saying } });
});

/** Both forecasts are there. Our own was seen as it was told, which is one sighting more. The peer's home is where it first said. */
const rememberForecasts = assign(({ context, event }) => {
  assertEvent(event, 'introduced');
  const { sightings, samplers, toldMade, told, peer } = context;
  const endpoints = [...event.peer.endpoints.slice(0, 1), ...(peer?.endpoints.slice(1) ?? [])];
  const at = samplers.find(({ made }) => made === toldMade)?.askedAt ?? event.at;
  const isSeen = told.forecast.kind === 'counting';
  return { peer: { ...event.peer, endpoints }, sightings: isSeen ? withSighting(sightings, { port: event.mapped.port, at, made: toldMade }) : sightings };
});

/** What is being called and has not answered makes room for the ports that were foretold. */
const takeAim = enqueueActions(({ context, enqueue }) => {
  const aimed = aimOf(context);
  enqueue.assign({ calls: 'free' });
  if (!aimed) return;
  const { targets, aim } = aimed;
  for (const socket of silentOf(context)) enqueue.sendTo('net', { type: 'close', socket });
  enqueue.assign({ targets, aim, aims: context.aims + 1 });
});

/** No aim follows: a peer that came late is called where it first said that it was. */
const callPlainly = enqueueActions(({ context, enqueue }) => {
  for (const socket of silentOf(context)) enqueue.sendTo('net', { type: 'close', socket });
  enqueue.assign({ calls: 'released', targets: targetsOf(context), aim: undefined });
});

/** Nothing came of telling: what needs no guess is called again. */
const resume = assign(({ context }) => {
  if (context.calls !== 'held') return {};
  const isRow = context.targets.every(({ isFresh }) => isFresh);
  return { calls: 'released' as const, ...(isRow ? { targets: targetsOf(context), aim: undefined } : {}) };
});

export function haveSamplersAnswered({ samplers }: OpenPeerContext): boolean {
  return samplers.every(({ socket }) => !/^s\d/.test(socket));
}

/** The row has been refused as a whole. */
export function isAimOver(context: OpenPeerContext): boolean {
  return context.targets.length > 0 && context.targets.every(({ isFresh, isMapped, socket }) => isFresh && isMapped && socket === undefined);
}

/** As the states name them. */
export const portActions = { observeAlternate, openSamplers, observe, noteSighting, dropSampler, closeSamplers, foretell, rememberForecasts, takeAim, callPlainly, resume };

/** Calls that nobody has answered. */
function silentOf(context: OpenPeerContext): readonly string[] {
  return context.targets.flatMap((target) => (isSilent(context, target) && target.socket !== undefined ? [target.socket] : []));
}

const ALTERNATE = 'alternate';

function tellerLabel({ told }: { readonly told: Told }): string {
  return `f${told.round}`;
}

/** Any port of ours. */
function freshEnd(context: OpenPeerContext) {
  return { host: ownEnd(context).host, port: 0 };
}
