/** What happened at the cursor: a packet with its way, what it says and its bytes; or what an actor did. */
import type { VNode } from 'preact';
import type { EffectSeen, HeardSeen, Plain, TraceEvent } from '../../trace/trace.ts';
import type { Told } from '../model/moment.ts';
import type { Flow, Lane, Packet, Stop } from '../model/picture.ts';
import { eventWords, timeWords, valueWords } from '../model/words.ts';
import { Hex } from './hex.tsx';
import { Tree } from './tree.tsx';

export interface DetailsProps {
  readonly told: Told;
  readonly cursor: number;
  readonly packet: Packet | undefined;
  readonly lanes: readonly Lane[];
  /** How many are alike, when the packet stands in a bundle; and whether that is open. */
  readonly bundle: { readonly count: number; readonly isOpen: boolean; readonly toggle: () => void } | undefined;
}

export function Details({ told, cursor, packet, lanes, bundle }: DetailsProps): VNode {
  if (packet) return <PacketSheet key={packet.id} told={told} packet={packet} lanes={lanes} bundle={bundle} />;
  const event = told.event(cursor);
  return event ? <EventSheet event={event} /> : <p class="empty">Choose an arrow or a state to see what it is.</p>;
}

function PacketSheet({ told, packet, lanes, bundle }: Pick<DetailsProps, 'told' | 'lanes' | 'bundle'> & { readonly packet: Packet }): VNode {
  const { stops, label, protocol, fate, reason, bytes } = packet;
  const first = stops[0]!;
  const last = stops.at(-1)!;
  const seen = packet.id < 0 ? [] : told.packet(packet.id);
  const content = seen.find((one) => one.content !== undefined)?.content;
  const said = messageAt(told, packet.saidAt) ?? messageAt(told, packet.heardAt);
  const own = packet.id < 0 ? told.event(first.n) : undefined;
  const [from, to] = [packet.from, packet.to].map((lane) => lanes[Math.round(lane)]!.label);
  return (
    <div class="sheet" data-sheet="packet">
      <h2>
        {label}
        <span class={`chip ${fate === 'delivered' ? 'good' : fate === 'dropped' ? 'bad' : ''}`}>{fate === 'unknown' ? 'fate not seen' : fate}</span>
        <span class="chip">{protocol.toUpperCase()}</span>
      </h2>
      <p class="lead">
        {from} → {to}, {timeWords(first.at)}
        {last.at > first.at ? ` to ${timeWords(last.at)}` : ''}
        {bytes === undefined ? '' : `, ${bytes} bytes`}
        {content?.ttl === undefined ? '' : `, TTL ${content.ttl}`}
      </p>
      {bundle && (
        <p class="lead">
          One of {bundle.count} that are alike. <button class="button" onClick={bundle.toggle}>{bundle.isOpen ? 'Fold them' : 'Show each'} <kbd>e</kbd></button>
        </p>
      )}
      <h3>Way</h3>
      <ol class="hops">
        {stops.map((stop, index) => <Hop key={index} stop={stop} isFirst={index === 0} lanes={lanes} reason={reason} />)}
      </ol>
      {said && (
        <>
          <h3>Says</h3>
          <Tree value={said} />
        </>
      )}
      {own?.kind === 'event' && Object.keys(own.fields).length > 0 && (
        <>
          <h3>Event</h3>
          <Tree value={own.fields} />
        </>
      )}
      {content?.segment && (
        <>
          <h3>Segment</h3>
          <Tree value={content.segment} />
        </>
      )}
      {content?.bytes !== undefined && content.bytes !== '' && (
        <>
          <h3>Bytes</h3>
          <Hex hex={content.bytes} />
        </>
      )}
    </div>
  );
}

function Hop({ stop, isFirst, lanes, reason }: { readonly stop: Stop; readonly isFirst: boolean; readonly lanes: readonly Lane[]; readonly reason: string | undefined }): VNode {
  const { kind, device, at, before, after, words } = stop;
  const where = device || lanes[Math.round(stop.lane)]!.label;
  const what = { sent: 'sends', translated: 'translates', dropped: 'drops', delivered: 'takes it', unknown: 'is as far as is known' }[kind];
  // Of what others send nothing is seen before it is there.
  const isFromAfar = isFirst && kind === 'unknown' && after !== undefined;
  return (
    <li class={kind}>
      <time>{timeWords(at)}</time>
      {isFromAfar ? <>from <b>{after.src}</b></> : <><b>{where}</b> {what}</>}
      {kind === 'dropped' && <span class="why">: {words ?? reason}{words !== undefined && words !== reason ? ` (${reason})` : ''}</span>}
      {kind === 'translated' && before && after ? <Change before={before} after={after} /> : null}
      {!isFromAfar && (kind === 'sent' || kind === 'unknown' || kind === 'delivered') && after && <span class="change">{after.src} → {after.dst}</span>}
    </li>
  );
}

function Change({ before, after }: { readonly before: Flow; readonly after: Flow }): VNode {
  const row = (name: string, one: string, other: string): VNode | null =>
    one === other ? null : (
      <span class="change">
        {name} <del>{one}</del> → <ins>{other}</ins>
      </span>
    );
  return (
    <>
      {row('from', before.src, after.src)}
      {row('to', before.dst, after.dst)}
      {before.src === after.src && before.dst === after.dst && <span class="change">lets it pass as it is</span>}
    </>
  );
}

function EventSheet({ event }: { readonly event: TraceEvent }): VNode {
  const { title, lead, parts, bytes } = sheetOf(event);
  return (
    <div class="sheet" data-sheet={event.kind}>
      <h2>{title}</h2>
      <p class="lead">{[lead, timeWords(event.at)].filter((one) => one !== '').join(', ')}</p>
      {parts.map(([name, value]) => (
        <>
          <h3>{name}</h3>
          {typeof value === 'string' ? <p class="lead">{value}</p> : <Tree value={value} />}
        </>
      ))}
      {bytes !== undefined && bytes !== '' && (
        <>
          <h3>Bytes</h3>
          <Hex hex={bytes} />
        </>
      )}
    </div>
  );
}

interface Sheet {
  readonly title: string;
  readonly lead: string;
  readonly parts: readonly (readonly [string, Plain])[];
  readonly bytes?: string | undefined;
}

function sheetOf(event: TraceEvent): Sheet {
  switch (event.kind) {
    case 'snapshot': {
      const steps = event.steps.map(({ event, guard, source, targets }) => `${eventWords(event)}${guard === undefined ? '' : ` [${guard}]`}: ${source || 'any state'} ${targets.length === 0 ? 'stays' : `→ ${targets.join(' + ')}`}`);
      return { title: event.value === null ? event.status : valueWords(event.value), lead: `${event.actor} is ${event.status}`, parts: [...listed('Transition', steps), ...listed('Actions', event.actions ?? []), ...listed('Tags', event.tags ?? []), ...part('Output', event.output), ...part('Error', event.error)] };
    }
    case 'outcome':
      return { title: event.verdict, lead: event.actor, parts: [['In words', event.words], ['Outcome', event.outcome]] };
    case 'effect':
    case 'heard':
      return { title: event.type, lead: `${event.actor} ${event.kind === 'effect' ? 'asks' : 'hears'}, socket ${event.socket}`, parts: [['Fields', event.fields], ...part('Says', event.message), ...part('Payload', event.payload === undefined ? undefined : `${event.payload} bytes, not kept`)], bytes: event.bytes };
    case 'event':
      return { title: eventWords(event.type), lead: `${event.from === undefined || event.from === event.actor ? '' : `${event.from} → `}${event.actor}`, parts: filled('Fields', event.fields) };
    case 'timer':
      return { title: event.type === undefined ? `timer ${event.timer}` : eventWords(event.type), lead: `${event.actor}: timer ${event.what}${event.delayMs === undefined ? '' : ` for ${timeWords(event.delayMs)}`}`, parts: [] };
    case 'row':
      return { title: `${event.what} row`, lead: event.place, parts: [['Row', { inside: event.inside, outside: event.external, 'may answer': event.remote, until: timeWords(event.expiresAt) }]] };
    case 'packet':
      return { title: `${event.what} at ${event.place}`, lead: `${event.src} → ${event.dst}`, parts: part('Why', event.words ?? event.reason) };
    case 'place':
      return { title: event.name, lead: `${event.type}${event.words === undefined ? '' : `, ${event.words}`}`, parts: [['Addresses', event.addresses.join(', ') || 'none of its own'], ...part('Behaviour', event.behaviour)] };
    case 'actor':
      return { title: event.actor, lead: event.machine ?? 'an actor', parts: part('Input', event.input) };
    case 'machine':
      return { title: event.machine, lead: 'a statechart', parts: [] };
    case 'note':
      return { title: event.type, lead: event.actor, parts: filled('Fields', event.fields) };
  }
}

function part(name: string, value: Plain | undefined): (readonly [string, Plain])[] {
  return value === undefined || value === null ? [] : [[name, value]];
}

function filled(name: string, fields: { readonly [key: string]: Plain }): (readonly [string, Plain])[] {
  return Object.keys(fields).length === 0 ? [] : [[name, fields]];
}

function listed(name: string, values: readonly string[]): (readonly [string, Plain])[] {
  return values.length === 0 ? [] : [[name, values.join('\n')]];
}

function messageAt(told: Told, n: number | undefined): Plain | undefined {
  const event = n === undefined ? undefined : told.event(n);
  const isSaid = (one: TraceEvent | undefined): one is EffectSeen | HeardSeen => one?.kind === 'effect' || one?.kind === 'heard';
  return isSaid(event) ? event.message : undefined;
}
