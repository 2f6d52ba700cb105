/** Why no test takes a branch of the machines that stays: by file and line, as in reasons.ts. */
import type { Reason } from './reasons.ts';

export const MACHINES: Readonly<Record<string, readonly Reason[]>> = {
  'machines/n4/session.ts': [{ because: 'an index that the lines around keep inside its list: only the compiler does not know', lines: ['return strategy === \'adaptive\' ? offset * (TURNS[(round - 1) % TURNS.length] ?? 1) : offset;'] }],
  'machines/nat-check/stun-sites.ts': [{ because: 'an index that the lines around keep inside its list: only the compiler does not know', lines: ['return CORNERS[CORNERS.indexOf(corner) ^ (changeIp ? 2 : 0) ^ (changePort ? 1 : 0)] ?? corner;'] }],
  'machines/nat-check/stun-actions.ts': [{ because: 'asked where a lifetime is wanted, by the guard that leads there', lines: ['export const startSearch = assign(({ context }) => ({ search: newSearch(context.input.lifetimeMs ?? 0) }));'] }],
  'machines/n4/crowd.ts': [{ because: 'who leaves has come', lines: ['const rest = without(getEntry(byNetwork, network) ?? [], socket);'] }],
  'machines/n4/peer-actions.ts': [{ because: 'the path that was chosen is one on which the partner was heard, so its socket is of the pool', lines: ['if (!path || !socket) return;'] }],
  'machines/nat-check/stun-guards.ts': [
    { because: 'a transition of requests asks it', lines: ["if (event.type !== 'ask') return false;"] },
    { because: 'the check goes on only once its socket is open', lines: ["const own = context.opened['map']?.addresses ?? [];"] },
  ],
  'machines/nat-check/stun-messages.ts': [{ because: 'identifiers are made by the machine as hex', lines: ['const transactionId = fromHex(message.txid) ?? new Uint8Array(12);'] }],
  'machines/nat-check/stun-questions.ts': [
    {
      because: 'asked only while a search is on, by the states that lead there, for a socket that was answered before its silence began; and silences are counted of what was asked with a companion',
      lines: [
        'return search ? search.ages.map((_, i) => `age/${search.pass}/${i}`) : [];',
        'return (companion && context.asked[companion.id]?.answered.length) ?? 0;',
        'const socket = agedSockets(context)[search?.turn ?? 0];',
        'const mapped = socket === undefined ? undefined : answerOf(context, `${socket}/plain`)?.mapped;',
        'if (!primary || socket === undefined || !mapped) return [];',
      ],
    },
  ],
  'machines/nat-check/stun-samples.ts': [
    { because: 'the check goes on only once its socket is open', lines: ["const { local, addresses } = opened['map'] ?? { local: ANYWHERE, addresses: [] };"] },
    { because: 'what may be silent leaves together with its companion', lines: ['return companion?.answered.filter((attempt) => attempt <= times).length ?? 0;'] },
  ],
  'machines/nat-check/stun-server.ts': [
    { because: 'those beside it open after the first', lines: ["return { socket, optional: true, announce: true, at: (opened) => [{ host, port: (opened['a1p1'] ?? listen).port }] };"] },
    { because: 'a server connects to nobody', lines: ["const site = connection.type === 'tcp.accepted' ? tcpSite(opened, connection) : undefined;"] },
  ],
  'machines/nat-check/stun-session.ts': [
    {
      because: 'the guard isAnswer has found the question',
      lines: ['if (!before) return context.asked;', "const id = context.sent[txid]?.[0] ?? '';", 'return before ? { ...context.asked, [id]: { ...before, refusal: code } } : context.asked;'],
    },
  ],
  'machines/nat-check/text-check.ts': [
    { because: 'by the states that lead to a conclusion: the report was there, or the last text was', lines: [
        'if (!reflexive || !reported) return noReport(context);',
        "const unknown = { claim: 'by address, or by address and port', because: `The last test came after ${times(heard.portRestricted ?? 0, 'NEXT')}: the server is the original, which sends no test from another port.` };",
      ] },
  ],
  'machines/persistent-map.ts': [{ because: 'map() passes over the holes of a list, and a shard that is there stays one', lines: ['size += after?.size ?? 0;'] }],
  'machines/port-strategy.ts': [
    { because: 'planKind has said plain of all pairs in which nobody counts and nobody is at random', lines: ["if (self.kind !== 'counting') return peer.kind === 'counting' ? comb(peer, target, budget) : { kind: 'plain' };"] },
  ],
  'machines/pwnat/caller-actions.ts': [
    { because: 'the door is opened only where the guard wantsDoor has found one', lines: ["export const openDoor = sendTo('net', ({ context: { input } }) => ({ type: 'tcp.listen', socket: DOOR, local: input.listen ?? { host: '127.0.0.1', port: 0 } }));"] },
    { because: 'only the events that are named are carried: those of the statechart', lines: ['default:'] },
  ],
  'machines/pwnat/codec.ts': [
    { because: 'a bug: the machine gives these to icmp.send, whose codec is another', lines: ["case 'echo':", "case 'exceeded':", "case 'rejected':", "case 'ping':", "case 'pong':"] },
    {
      because: 'identifiers are made by the machine as hex',
      lines: [
        "return encodeStun({ class: 'request', method: stunMethod.binding, transactionId: fromHex(message.txid) ?? NO_TXID, attributes: [] });",
        "return encodeStun({ class: 'success', method: stunMethod.binding, transactionId: fromHex(message.txid) ?? NO_TXID, attributes: [{ type: 'xor-mapped-address', endpoint: message.mapped }] });",
      ],
    },
  ],
  'machines/pwnat/hole-codec.ts': [{ because: 'a bug: the machine gives what does not travel by ICMP to udp.send, whose codec is another', lines: ['default:'] }],
  'machines/pwnat/link-codec.ts': [
    { because: 'identifiers are made by the machine as hex', lines: ['const out = contents(header(new Writer(HEADER + length), id, typeOf(message), length).bytes(fromHex(pair) ?? NOTHING), message).bytes(body);'] },
  ],
  'machines/pwnat/listener-actions.ts': [
    { because: 'the wait has a time out only where it was given one', lines: ['outcome: ({ context }) => failed(\'no-peer\', `No caller came within ${(context.input.waitMs ?? 0) / 1000} s. A caller has to name this host\'s public address, and the same port and variant.`),'] },
    { because: 'only the events that are named are served: those of the statechart', lines: ['default:'] }],
  'machines/rendezvous/bytes.ts': [{ because: 'who is of no room names one', lines: ["return { type: 'unknown', code, value: named === undefined ? (own ?? NOTHING) : hexBytes(named, 32) };"] }],
  'machines/seed-udp/peer.ts': [
    {
      because: 'a peer is silent only after it was named',
      lines: ["failed('no-reply', `Nothing came from ${context.peer ? formatEndpoint(context.peer) : 'the peer'}. A NAT that gives every destination a new port looks like this, and so does a peer that stopped.`),"],
    },
  ],
  'machines/server.ts': [
    {
      because: 'asked only while a socket of the plan is awaited: the guards of these transitions say so',
      lines: [
        'const { socket: { socket, transport, limits = TCP_LIMITS } = NO_SOCKET, at: local = ANYWHERE } = wanted(context) ?? {};',
        'const { optional, announce } = wanted(context)?.socket ?? {};',
      ],
    },
  ],
  'machines/tcp-open/aim.ts': [
    {
      because: 'both forecasts are known where an aim is asked for, and the row of a plan has as many ports as it says',
      lines: [
        "return context.peer ? planKind(ownForecast(context), context.peer.forecast) : 'plain';",
        "if (!peer || !seen || aimKind(context) !== 'aimed') return undefined;",
        "if (plan.kind !== 'aimed') return undefined;",
        "return rows.flatMap((port) => (port === undefined ? [] : [newTarget({ host, port }, { known: 'foretold', ...(sockets > 1 ? { isFresh: true as const } : {}) })]));",
      ],
    },
  ],
  'machines/tcp-open/peer-actions.ts': [
    { because: 'a proof is of a connection that is met: the guard of the transition says so', lines: ['return known ? { met: replaced(context, { ...known, isProved: true }) } : {};'] },
  ],
  'machines/tcp-open/peer.ts': [
    {
      because: 'what leads to another call comes from the network, with its time',
      lines: ["return { sinceStartMs: 'at' in event ? event.at - context.startAt : 0, rttMs: pathOf(context), failure: 'code' in event ? failureOf(event.code) : 'other' };"],
    },
  ],
  'machines/tcp-open/port-actions.ts': [
    { because: 'ports are foretold where a mapping varies, which two sightings have shown: then they count, or are at random', lines: ["if (forecast.kind === 'random') enqueue.sendTo('net', { type: 'tcp.send', socket: SERVER, message: { type: 'foretell', txid: txidOf(context, serial), ...again(attempt), peer: self, rttMs, ...saying } });"] },
    {
      because: 'an answer follows a question: the round trip and the time of asking are known by then, and an event of a sampler names its socket',
      lines: [
        'const tookMs = sampler.askedAt === undefined ? Infinity : event.at - sampler.askedAt;',
        'const rttMs = context.rttMs === undefined ? undefined : Math.min(context.rttMs, tookMs);',
        "samplers: context.samplers.filter(({ socket }) => !('socket' in event) || socket !== event.socket),",
      ],
    },
  ],
  'machines/tcp-open/rendezvous-actions.ts': [
    {
      because: 'the connection by which it registers tells its local end',
      lines: ["enqueue.sendTo('net', { type: 'tcp.send', socket: SERVER, message: { type: 'register', txid, ...again(attempt), peer: self, rttMs, ...(keepsPort(input) ? { keepsPort: true } : {}), candidates: local ? [local] : [] } });"],
    },
  ],
  'machines/tcp-open/rooms.ts': [{ because: 'who has registered is of its room', lines: ['const left = room === undefined ? [] : (getEntry(rooms.rooms, room) ?? []).filter((one) => one.socket !== socket);'] }],
  'machines/udp-punch/codec.ts': [
    { because: 'no registration is as long: it names as many addresses at the most as one of the introductions that its size is of', lines: ['return room < 0 ? bare : plain(kind, txid, [...attributes, { type: \'unknown\', code: FILL, value: new Uint8Array(room) }]);'] },
  ],
  'machines/udp-punch/rendezvous-actions.ts': [
    { because: 'who registers has a socket', lines: ['const candidates: readonly Endpoint[] = context.sockets.at(-1)?.addresses.slice(0, CANDIDATE_LIMIT) ?? [];'] },
  ],
  'machines/udp-punch/sample-actions.ts': [
    { because: 'ports are seen only where a mapping varies, as the second port of the rendezvous has shown', lines: ['const sendings = [input.server, ...(alternate ? [alternate] : [])].map((to) => ({ socket, to }));'] },
  ],
  'machines/udp-punch/session.ts': [{ because: 'a peer is heard on a socket that is open', lines: ['return socket ? localToward(socket, peer) : ANYWHERE;'] }],
  'machines/udp-punch/sweep-actions.ts': [
    {
      because: 'a sweep has a peer with an address, and an aim for each of its packets',
      lines: [
        'const [seen] = peer?.endpoints ?? [];',
        "if (!peer || !seen) return { kind: 'plain' };",
        "return context.peer ? planKind(ownForecast(context), context.peer.forecast) : 'plain';",
        "const sweep = plan.kind === 'aimed' || plan.kind === 'birthday' ? { ...plan, sent: 0 } : undefined;",
        'if (to === undefined) return;',
        'if (!sweep) return false;',
        'return host === undefined || port === undefined ? undefined : { host, port };',
      ],
    },
  ],
};
