/** What the tcp-open peer says to the rendezvous before it knows its peer, and remembers of the answers. The states: `peer.ts`. */
import { assertEvent } from 'xstate';
import { reachable } from '../rendezvous/mapping.ts';
import { again, keepsPort } from './attempts.ts';
import type { PeerDescription } from './messages.ts';
import { peerSetup } from './peer-setup.ts';
import { ownEnd, SERVER, startDelay, txidOf } from './session.ts';

const { assign, enqueueActions } = peerSetup;

export const connectServer = enqueueActions(({ context, enqueue }) => {
  enqueue.sendTo('net', { type: 'tcp.connect', socket: SERVER, to: context.input.server, local: ownEnd(context) });
});

export const rememberLocal = assign(({ context, event }) => {
  assertEvent(event, 'tcp.connected');
  return { local: event.local, upAt: event.at, startedAt: context.startedAt ?? event.at };
});

/** Its `at` is the answer's before it, or that of the connection: nothing else tells the time. */
export const register = enqueueActions(({ context, event, enqueue }) => {
  const { self, serial, attempt, rttMs, local, input } = context;
  const txid = txidOf(context, serial);
  const at = 'at' in event ? event.at : undefined;
  enqueue.assign({ serial: serial + 1, asked: { txid, at } });
  enqueue.sendTo('net', { type: 'tcp.send', socket: SERVER, message: { type: 'register', txid, ...again(attempt), peer: self, rttMs, ...(keepsPort(input) ? { keepsPort: true } : {}), candidates: local ? [local] : [] } });
});

export const rememberAnswer = assign(({ context, event }) => {
  assertEvent(event, 'mapped');
  const { asked, rttMs, input, sightings, upAt = event.at } = context;
  const measured = asked?.at === undefined ? undefined : event.at - asked.at;
  const seen = { port: event.mapped.port, at: upAt, made: 1 };
  return {
    mapped: event.mapped,
    alternate: event.alternate && reachable(event.alternate, input.server),
    sightings: sightings.length === 0 ? [seen] : sightings,
    asked: undefined,
    rttMs: measured === undefined ? rttMs : Math.min(rttMs ?? measured, measured),
  };
});

export const rememberPeer = assign(({ context, event }) => {
  assertEvent(event, 'introduced');
  const { mapped, at } = event;
  const peer = sameHosts(event.peer, context.peer);
  return { mapped, peer, startAt: at + startDelay({ ...context, peer }) };
});

/** Later attempts go to no other hosts than the first, whatever the rendezvous says; ports are new. */
function sameHosts(peer: PeerDescription, before: PeerDescription | undefined): PeerDescription {
  if (!before) return peer;
  const hosts = new Set(before.endpoints.map(({ host }) => host));
  return { ...peer, endpoints: peer.endpoints.filter(({ host }) => hosts.has(host)) };
}
