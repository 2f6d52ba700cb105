/** A recording as a trace, as it was written down: what was asked, heard and waited for. Runs no machine, so there are no states. */
import { hexToBytes } from '@noble/hashes/utils.js';
import type { LoggedEffect } from '../../../adapters/replay/format.ts';
import type { Log } from '../../../adapters/replay/log.ts';
import { type Endpoint, parseEndpoint } from '../../../effects/endpoint.ts';
import type { NetEffect } from '../../../effects/net.ts';
import { recordable } from '../../machines.ts';
import type { Noted, Run } from './sightings.ts';
import { Teller } from './telling.ts';
import { type Trace, TRACE_FORMAT } from './trace.ts';

/** Undefined when the log is of no machine that is known here. */
export function traceLog(title: string, { header, lines }: Log): Trace | undefined {
  const known = recordable(header.machine);
  if (!known) return undefined;
  const run: Run = { name: header.id, machine: known.machine, codec: known.publicCodec(header.input), input: header.input, redact: (data) => data, isSimulated: false };
  const teller = new Teller('log', Infinity);
  const noted = lines.flatMap((line): Noted[] => {
    const { t: at } = line;
    switch (line.kind) {
      case 'effect':
        return [{ kind: 'effect', at, run, effect: effectOf(line.effect), message: undefined }];
      case 'event':
        return line.event ? [{ kind: 'heard', at, run, event: line.event }] : [];
      case 'timer':
        return [{ kind: 'timer', at, run, what: 'fired', timer: line.timer }];
      case 'told':
      case 'end':
        return [];
    }
  });
  teller.introduce(lines[0]?.t ?? 0, run);
  return { header: { format: TRACE_FORMAT, title, origin: 'log' }, events: teller.tell(noted) };
}

function effectOf(logged: LoggedEffect): NetEffect {
  const { type, socket } = logged;
  switch (type) {
    case 'udp.open':
      return { type, socket, ...(logged.local === undefined ? {} : { local: half(logged.local) }) };
    case 'udp.send':
      return { type, socket, to: whole(logged.to), ...bytesOf(logged), ttl: logged.ttl };
    case 'tcp.listen':
      return { ...logged, local: whole(logged.local) };
    case 'tcp.connect':
      return { type, socket, to: whole(logged.to), ...(logged.local === undefined ? {} : { local: whole(logged.local) }) };
    case 'tcp.send':
      return { type, socket, ...bytesOf(logged) };
    case 'icmp.send':
      return { type, socket, to: logged.to, ...bytesOf(logged), ...(logged.ttl === undefined ? {} : { ttl: logged.ttl }) };
    case 'tcp.pause':
    case 'tcp.resume':
    case 'tcp.release':
    case 'icmp.open':
    case 'close':
      return { type, socket };
  }
}

/** Of payload the length is all that there is. */
function bytesOf({ data, payload }: { readonly data?: string | undefined; readonly payload?: number | undefined }): { readonly data: Uint8Array; readonly payload?: true } {
  return data === undefined ? { data: new Uint8Array(payload ?? 0), payload: true } : { data: hexToBytes(data) };
}

/** Even text that names no endpoint stands for something that was asked. */
function whole(text: string): Endpoint {
  return parseEndpoint(text) ?? { host: text, port: 0 };
}

/** `*` for what is left open. */
function half(text: string): Partial<Endpoint> {
  const match = /^(.*):([^:]*)$/.exec(text);
  const [host = '*', port = '*'] = [match?.[1]?.replace(/^\[(.*)\]$/, '$1'), match?.[2]];
  return { ...(host === '*' ? {} : { host }), ...(port === '*' ? {} : { port: Number(port) }) };
}
