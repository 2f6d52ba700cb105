/** Protocols whose payload are datagrams beside the machine: each says who it is, and whatever else comes is to the wrong one. */
import type { World } from '../../../adapters/sim/index.ts';
import { type Company, partnerOf, type Standing } from '../cast.ts';
import type { Host } from '../spec.ts';

type See = (context: unknown) => Pick<Standing, 'self' | 'peer' | 'isBlind'>;

/** `see` is what the machine's memory tells; its state is looked at here. */
export function channelCompany(w: World, see: See = () => ({}), { mayMeetItself = false }: { readonly mayMeetItself?: boolean } = {}): Company {
  const complaints: string[] = [];
  const heard = new Map<Host, number>();
  const withThemselves = new Set<Host>();
  let said = 0;
  return {
    standing: (host) => standingOf(w, host, (context) => ({ ...see(context), ...(withThemselves.has(host) ? { isBlind: true } : {}) })),
    began: (host) => {
      withThemselves.delete(host);
      w.running(host).messages.subscribe((data) => {
        const text = new TextDecoder().decode(data);
        if (mayMeetItself && text.startsWith(`from ${host} `)) return void withThemselves.add(host);
        heard.set(host, (heard.get(host) ?? 0) + 1);
        if (!text.startsWith(`from ${partnerOf(host)} `)) complaints.push(`${host} was given '${text.slice(0, 40)}', which ${partnerOf(host)} has not sent`);
      });
    },
    speak: (host) => w.running(host).send(new TextEncoder().encode(`from ${host} ${(said += 1)}`)),
    heard: (host) => heard.get(host) ?? 0,
    complaints: () => complaints,
  };
}

export function standingOf(w: World, host: Host, see: See): Standing {
  const snapshot = w.running(host).actor.getSnapshot() as { readonly status: string; readonly context: unknown; hasTag(tag: string): boolean };
  const isOver = snapshot.status !== 'active';
  return { isUp: !isOver && snapshot.hasTag('confirmed'), isOver, ...see(snapshot.context) };
}
