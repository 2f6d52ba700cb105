/** A recorded STUN server answers in a replay as it did: its answers come from plain code beside the machine, and are in the log all the same. */
import { Observable, Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { record } from '../../adapters/replay/record.ts';
import { replay } from '../../adapters/replay/replay.ts';
import { redactor } from '../../effects/codec.ts';
import type { Net, NetEffect, NetEvent } from '../../effects/net.ts';
import { run } from '../../effects/run.ts';
import { utf8 } from '../../effects/wire/bytes.ts';
import { stunServer, stunServerCodec, type StunServerInput } from '../../machines/nat-check/stun-server.ts';
import { change, classicBytes, CLIENT, FOUR, modernBytes } from '../wire/stun-server-site.ts';
import { fakeClock } from './fake-clock.ts';
import { withoutSums } from './session.ts';

const INPUT: StunServerInput = { listen: FOUR.a1p1, alternate: FOUR.a2p2 };
const JUNK = 'junk that is nobody else\'s business';
const CONNECTION = 'tcp-a1p1/1';

test('answers over UDP and TCP, silence and a connection hung up are the same again', () => {
  const { lines, asked } = recorded();
  expect(asked.slice(-8)).toEqual(['udp.send a1p1', 'udp.send a2p2', 'udp.send a1p2', 'udp.send a1p1', 'udp.send a1p1', 'tcp.send tcp-a1p1/1', 'tcp.send tcp-a1p1/1', 'close tcp-a1p1/1']);
  expect(replayed(lines)).toBeUndefined();
});

test('an answer that is not the one of then is noticed', () => {
  const lines = withoutSums(recorded().lines);
  const at = lines.findIndex((line) => line.includes('"udp.send"'));
  const changed = lines.with(at, lines[at]!.replace('"data":"0101', '"data":"0111'));
  expect(replayed(changed)).toMatchObject({ kind: 'divergence', line: at + 1 });
});

test('a log has nothing of a datagram that is not STUN', () => {
  expect(recorded().lines.join('\n')).not.toContain(Buffer.from(JUNK).toString('hex'));
});

function recorded(): { readonly lines: readonly string[]; readonly asked: readonly string[] } {
  const lines: string[] = [];
  const asked: string[] = [];
  const events = new Subject<NetEvent>();
  const clock = fakeClock();
  const codec = stunServerCodec();
  const opens = opening(events, asked);
  const recording = record({ net: opens, clock, write: (line) => lines.push(line), header: { machine: stunServer.id, input: INPUT, id: 's' }, redact: redactor(codec, stunServerCodec()) });
  const { actor } = run(stunServer, { ...recording, codec, input: INPUT, id: 's' });
  actor.start();

  const datagram = (data: Uint8Array): void => events.next({ type: 'udp.received', socket: 'a1p1', from: CLIENT, data, at: clock.now() });
  const stream = (data: Uint8Array): void => events.next({ type: 'tcp.received', socket: CONNECTION, data, at: clock.now() });
  datagram(modernBytes());
  datagram(modernBytes([change(true, true)]));
  datagram(classicBytes(change(false, true)));
  datagram(modernBytes([{ type: 'padding', length: 9 }, { type: 'username', value: 'x' }], { fingerprint: true }));
  datagram(modernBytes([{ type: 'unknown', code: 0x77, value: new Uint8Array(3).fill(7) }]));
  datagram(utf8(JUNK));
  datagram(flippedFingerprint());
  events.next({ type: 'tcp.accepted', listener: 'tcp-a1p1', socket: CONNECTION, local: FOUR.a1p1, peer: CLIENT, at: clock.now() });
  stream(new Uint8Array([...modernBytes(), ...modernBytes().subarray(0, 7)]));
  stream(modernBytes().subarray(7));
  stream(utf8('GET / HTTP/1.1'));
  recording.told({ type: 'close' });
  actor.send({ type: 'close' });
  return { lines, asked };
}

/** Opens whatever is asked, at once, and is otherwise what the test says. */
function opening(events: Subject<NetEvent>, asked: string[]): Net {
  const answer = (effect: NetEffect): void => {
    asked.push(`${effect.type} ${effect.socket}`);
    if (effect.type === 'tcp.listen') events.next({ type: 'tcp.listening', socket: effect.socket, local: effect.local, at: 0 });
    if (effect.type !== 'udp.open') return;
    const local = { host: effect.local?.host ?? '', port: effect.local?.port ?? 0 };
    events.next({ type: 'udp.opened', socket: effect.socket, local, addresses: [local], at: 0 });
  };
  return (effects) =>
    new Observable((observer) => {
      const heard = events.subscribe(observer);
      const answered = effects.subscribe(answer);
      return () => {
        answered.unsubscribe();
        heard.unsubscribe();
      };
    });
}

function replayed(lines: readonly string[]): unknown {
  return replay(`${lines.join('\n')}\n`, ({ net, clock, header }) => {
    const running = run(stunServer, { net, clock, codec: stunServerCodec(), input: header.input as unknown as StunServerInput, id: header.id });
    running.actor.start();
    return { stop: running.stop, tell: (event) => running.actor.send(event as { type: 'close' }) };
  });
}

function flippedFingerprint(): Uint8Array {
  const data = modernBytes([], { fingerprint: true });
  data[data.length - 1]! ^= 1;
  return data;
}
