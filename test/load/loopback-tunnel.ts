/**
 * pwnat's two ends on this computer's own sockets, without privileges: raw ICMP is not needed where no NAT is, so its effects stop
 * short of the system.
 */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { Observable } from 'rxjs';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import type { Net, NetEffect } from '../../effects/net.ts';
import { run } from '../../effects/run.ts';
import { chance } from '../../effects/seed.ts';
import { pwnatCaller, pwnatCodec, pwnatListener } from '../../machines/index.ts';
import type { Tunnel } from '../../machines/pwnat/tunnel.ts';

const LOOPBACK = '127.0.0.1';

export interface TunnelOptions {
  /** The share of datagrams that are lost, each way. */
  readonly loss?: number;
  readonly secret?: string;
}

export interface LoopbackTunnel {
  /** The port of the door that leads to `web`. */
  readonly door: number;
  readonly ends: readonly [listener: () => Tunnel, caller: () => Tunnel];
  stop(): void;
}

/** Has `web` listen, and resolves when the door does. */
export async function loopbackTunnel(web: Server, { loss = 0, secret }: TunnelOptions = {}): Promise<LoopbackTunnel> {
  web.listen(0, LOOPBACK);
  await once(web, 'listening');
  const codec = pwnatCodec({ secret });
  const [clock, authenticated] = [nodeClock(), secret === undefined ? undefined : (true as const)];
  const at = { host: LOOPBACK, port: (web.address() as AddressInfo).port };
  const listener = run(pwnatListener, { net: lossy(nodeNet(), loss, 1), codec, clock, id: 'a', input: { seed: 'a', listen: { host: LOOPBACK, port: 0 }, allow: [{ host: 'web', port: '80', at }], authenticated } });
  const server = await new Promise<{ host: string; port: number }>((resolve) => {
    listener.actor.on('server', (event) => 'local' in event && event.local && resolve(event.local));
    listener.actor.start();
  });
  const input = { seed: 'b', server, local: { host: LOOPBACK, port: 0 }, to: { host: 'web', port: '80' }, listen: { host: LOOPBACK, port: 0 }, authenticated };
  const caller = run(pwnatCaller, { net: lossy(nodeNet(), loss, 2), codec, clock, id: 'b', input });
  const door = await new Promise<number>((resolve) => {
    caller.actor.on('server', (event) => 'local' in event && event.local && resolve(event.local.port));
    caller.actor.start();
  });
  return {
    door,
    ends: [() => listener.actor.getSnapshot().context.callee.tunnel, () => caller.actor.getSnapshot().context.calls.tunnel],
    stop() {
      for (const stop of [listener.stop, caller.stop]) stop();
      web.close();
    },
  };
}

/** ICMP effects are carried out by nobody, and some datagrams are lost. */
function lossy(net: Net, loss: number, seed: number): Net {
  return (effects) =>
    new Observable((events) => {
      let sent = 0;
      const kept = new Observable<NetEffect>((inner) =>
        effects.subscribe((effect) => {
          if (effect.type === 'icmp.open') return queueMicrotask(() => events.next({ type: 'icmp.opened', socket: effect.socket, at: nodeClock().now() }));
          if (effect.type === 'icmp.send' || (effect.type === 'udp.send' && chance(seed, (sent += 1)) < loss)) return;
          inner.next(effect);
        }),
      );
      return net(kept).subscribe(events);
    });
}
