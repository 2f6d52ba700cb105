/** Who connects to a STUN server while it is still opening its sockets is answered once all are open. */
import { Observable, Subject } from 'rxjs';
import { expect, test } from 'vitest';
import type { Net, NetEffect, NetEvent } from '../../effects/net.ts';
import { run } from '../../effects/run.ts';
import { stunServer, stunServerCodec } from '../../machines/nat-check/stun-server.ts';
import { cutStun } from '../../machines/nat-check/stun-stream.ts';
import { fakeClock } from '../replay/fake-clock.ts';
import { CLIENT, FOUR, modernBytes } from '../wire/stun-server-site.ts';

/** What a server asks for whose first listener is connected to before its second opens; each piece on the connection of its number. */
function asked(pieces: readonly (readonly [connection: number, data: Uint8Array])[]): readonly NetEffect[] {
  const effects: NetEffect[] = [];
  const early = (events: Subject<NetEvent>): void => {
    for (const n of new Set(pieces.map(([connection]) => connection))) {
      events.next({ type: 'tcp.accepted', listener: 'tcp-a1p1', socket: `tcp-a1p1/${n}`, local: FOUR.a1p1, peer: CLIENT, at: 0 });
    }
    for (const [connection, data] of pieces) events.next({ type: 'tcp.received', socket: `tcp-a1p1/${connection}`, data, at: 0 });
  };
  const running = run(stunServer, { net: opening(effects, early), clock: fakeClock(), codec: stunServerCodec(), input: { listen: FOUR.a1p1, alternate: FOUR.a2p2 }, id: 's' });
  running.actor.start();
  expect(running.actor.getSnapshot().value).toEqual({ serving: 'watching' });
  running.stop();
  return effects.filter(({ type }) => type === 'tcp.send' || type === 'close');
}

function opening(asked: NetEffect[], early: (events: Subject<NetEvent>) => void): Net {
  return (effects) =>
    new Observable((observer) => {
      const events = new Subject<NetEvent>();
      const heard = events.subscribe(observer);
      const answered = effects.subscribe((effect) => {
        asked.push(effect);
        if (effect.type !== 'udp.open' && effect.type !== 'tcp.listen') return;
        const local = { host: effect.local?.host ?? '', port: effect.local?.port ?? 0 };
        if (effect.socket === 'tcp-a1p2') early(events);
        events.next(effect.type === 'udp.open' ? { type: 'udp.opened', socket: effect.socket, local, addresses: [local], at: 0 } : { type: 'tcp.listening', socket: effect.socket, local, at: 0 });
      });
      return () => {
        answered.unsubscribe();
        heard.unsubscribe();
      };
    });
}

const answers = (effect: NetEffect | undefined): number => (effect?.type === 'tcp.send' ? (cutStun(effect.data)?.frames.length ?? 0) : 0);

test('the first bytes of a connection are not lost, in one piece or two', () => {
  const request = modernBytes();
  const effects = asked([[1, request], [2, request.subarray(0, 7)], [2, request.subarray(7)]]);
  expect(effects.map(({ socket }) => socket)).toEqual(['tcp-a1p1/1', 'tcp-a1p1/2']);
  expect(effects.map(answers)).toEqual([1, 1]);
});

test('what is no STUN is hung up on', () => {
  expect(asked([[1, new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')]])).toEqual([{ type: 'close', socket: 'tcp-a1p1/1' }]);
});

test('32 pieces are kept; of more, the connections of the oldest are closed', () => {
  const pieces = Array.from({ length: 34 }, (_, n) => [1 + n, modernBytes()] as const);
  const effects = asked(pieces);
  expect(effects.slice(0, 2)).toEqual([1, 2].map((n) => ({ type: 'close', socket: `tcp-a1p1/${n}` })));
  expect(effects.slice(2).map(answers)).toEqual(Array<number>(32).fill(1));
});
