/** A long run as a trace, made without playing one: two hosts behind NATs that send each other packets of three kinds. */
import { TRACE_FORMAT, type Trace, type TraceEvent } from '../../cli/inspector/trace/trace.ts';

type Told = TraceEvent extends infer E ? (E extends TraceEvent ? Omit<E, 'n' | 'at'> : never) : never;

/** At least so many events. */
export function manyEvents(count: number): Trace {
  const events: TraceEvent[] = [];
  const tell = (at: number, told: Told): void => void events.push({ n: events.length, at, ...told } as TraceEvent);
  tell(0, { kind: 'place', name: 'core', type: 'core', side: 'internet', depth: 0, addresses: [] });
  for (const [host, net] of [['a', 1], ['b', 2]] as const) {
    tell(0, { kind: 'place', name: `nat-${host}`, type: 'nat', side: host, depth: 1, addresses: [`198.18.${net}.2`], words: 'port-restricted' });
    tell(0, { kind: 'place', name: host, type: 'host', side: host, depth: 2, addresses: [`192.168.${net}.2`] });
    tell(0, { kind: 'actor', actor: host, place: host });
  }
  for (let packet = 0; events.length < count; packet += 1) {
    // Slow enough that nothing is folded: every packet is an arrow.
    const at = packet * 200;
    const [from, to, own, peer] = packet % 2 === 0 ? (['a', 'b', 1, 2] as const) : (['b', 'a', 2, 1] as const);
    const inside = `192.168.${own}.2:40000`;
    const outside = `198.18.${own}.2:40000`;
    const dst = `198.18.${peer}.2:40000`;
    const label = ['probe', 'confirm', 'payload'][packet % 3]!;
    tell(at, { kind: 'packet', what: 'sent', packet, place: from, src: inside, dst, content: { protocol: 'udp', label, length: 64, bytes: '00'.repeat(64) } });
    tell(at, { kind: 'packet', what: 'translated', packet, place: `nat-${from}`, src: outside, dst, before: { src: inside, dst } });
    if (packet % 7 === 0) tell(at + 2, { kind: 'packet', what: 'dropped', packet, place: `nat-${to}`, src: outside, dst, reason: 'filtering', words: 'nothing was sent to that sender before' });
    else {
      const target = `192.168.${peer}.2:40000`;
      tell(at + 2, { kind: 'packet', what: 'translated', packet, place: `nat-${to}`, src: outside, dst: target, before: { src: outside, dst } });
      tell(at + 2, { kind: 'packet', what: 'delivered', packet, place: to, src: outside, dst: target });
    }
    if (packet % 5 === 0) tell(at + 2, { kind: 'snapshot', actor: from, status: 'active', value: packet % 2 === 0 ? 'probing' : 'waiting', context: { packet }, steps: [] });
  }
  return { header: { format: TRACE_FORMAT, title: `a long run of ${events.length} events`, origin: 'sim' }, events };
}
