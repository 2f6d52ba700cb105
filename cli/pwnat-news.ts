/** What the two ends of pwnat tell while they run, in words. Pure. */
import { type Endpoint, formatEndpoint } from '../effects/endpoint.ts';
import type { ServerReported } from '../effects/scenario.ts';

export function listenerNews({ what, local, from, detail }: ServerReported): string {
  const who = from ? formatEndpoint(from) : '';
  switch (what) {
    case 'listening':
      return `listening on UDP port ${local?.port ?? 0}, and on ICMP for callers…`;
    case 'called':
      return `${who} has found this host`;
    case 'carried':
      return `carrying a TCP connection of ${who}`;
    case 'denied':
      return `${who} asked for a destination that --allow does not name`;
    case 'refused':
      return `the destination that ${who} asked for could not be connected to`;
    case 'mute':
      return `no NAT can be opened, for the system sends no ICMP echo requests${detail ? `: ${detail}` : ''}`;
    default:
      return what;
  }
}

/** `to` is what the listener was asked to connect to. */
export function callerNews(to: Endpoint | undefined): (news: ServerReported) => string {
  return ({ what, local, from }) => {
    const who = from ? formatEndpoint(from) : '';
    switch (what) {
      case 'listening':
        return `listening on ${local ? formatEndpoint(local) : ''} (TCP), which leads to ${to ? `${formatEndpoint(to)} over there` : 'nothing over there, for want of --to'}`;
      case 'called':
        return `${who} has answered`;
      case 'carried':
        return `carrying a TCP connection to ${who}`;
      case 'denied':
        return `${who} does not allow ${to ? formatEndpoint(to) : 'that'}`;
      case 'refused':
        return `${who} could not connect to ${to ? formatEndpoint(to) : 'that'}`;
      case 'unanswered':
        return `${who} did not answer for a TCP connection, which was closed`;
      default:
        return what;
    }
  };
}
