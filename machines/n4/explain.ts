/** Why an n4 peer failed, in plain words: what was observed, and what would help. */
import { formatEndpoint } from '../../effects/endpoint.ts';
import { type Failed, failed, hostSaid } from '../outcome.ts';
import type { N4PeerContext } from './session.ts';

export function explainNoServer({ input, trouble }: Pick<N4PeerContext, 'input' | 'trouble'>): Failed {
  const why = trouble === undefined ? `The n4 server at ${formatEndpoint(input.server)} does not answer` : sentence(trouble);
  return failed('no-rendezvous', `${why}. It may not be running, or a firewall may keep TCP from it.`);
}

/** It let us in, and ended it. */
export function explainTurnedAway({ input, greetings, retries, trouble }: N4PeerContext): Failed {
  if (greetings === 0) return explainNoServer({ input, trouble });
  const server = formatEndpoint(input.server);
  return failed(
    'no-rendezvous',
    `The n4 server at ${server} named no peer in ${retries + 1} connections. It may serve another ident than '${input.ident}', or not see the UDP of this side or the other: ${server} must be reachable by UDP too.`,
  );
}

export function explainNoPeer({ input, round, peerPorts }: N4PeerContext): Failed {
  const ident = `ident '${input.ident}'`;
  if (round === 1) return failed('no-peer', `Nobody else came to the n4 server at ${formatEndpoint(input.server)} with the ${ident}.`);
  return failed('no-peer', `The peer did not come back for round ${round}: it has given up, or thinks that it is connected. Its ports so far: ${peerPorts.join(', ')}.`);
}

export function explainLose({ input, round, peer, peerPorts, outcome, trouble }: N4PeerContext): Failed {
  const rounds = `${round} round${round === 1 ? '' : 's'} of ${input.count} ports`;
  const at = peer?.host ?? 'the peer';
  const seen = peerPorts.length > 1 ? ` Its ports were ${peerPorts.join(', ')}.` : '';
  const local = hostSaid(trouble);
  if (outcome?.kind === 'connected') {
    return failed('no-reply', `${at} was heard at ${formatEndpoint(outcome.peer)}, but never showed that it hears this side, in ${rounds}.${seen}${local}`);
  }
  return failed(
    'no-reply',
    `Nothing came from ${at} in ${rounds}.${seen} A sweep finds a NAT that gives every new connection the next port, or keeps ports. It does not find one that gives random ports; there a relay helps. If ports count down, or others use many, try another --offset on both sides.${local}`,
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
