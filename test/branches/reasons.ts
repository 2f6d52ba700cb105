/** Why no test takes a branch that stays: by what every such line says, or by file and line. Tested or unreachable code has no place here. */

/** Of many files alike. */
export interface Routine {
  readonly because: string;
  readonly text?: RegExp;
  /** What stands before the way in its line: for one of several in it. */
  readonly before?: RegExp;
  /** Only of these, as the list names them. */
  readonly ways: RegExp;
  readonly files: RegExp;
}

export interface Reason {
  readonly because: string;
  /** Whole lines without their indentation; all ways of theirs. */
  readonly lines: readonly string[];
}

/** What is on the right of a `??`. */
const FALLBACK = /^binary-expr [^1]$/;
/** Actions and what they ask of a context: guards and states have chosen before. */
const DECIDED = /^machines\/(?:[\w-]+\/)?(?:[\w-]*-actions|session|aim|endings|peer)\.ts$/;

export const ROUTINE: readonly Routine[] = [
  { because: 'makes a switch complete: to reach it would be a type error', text: /^default:$|\bassertNever\(/, ways: /./, files: /^machines\/(?:udp-punch\/codec|tcp-open\/codec|rendezvous\/explain)\.ts$|^adapters\/sim\/host-net\.ts$/ },
  {
    because: 'an index that the lines around keep inside its list, or bytes whose number was looked at before: only the compiler does not know',
    before: /[A-Za-z)\]](?:\.at\(-1\)|\[[^\]']+\])(?:\??\.\w+)* \?\? $/,
    ways: FALLBACK,
    files: /./,
  },
  {
    because: 'a context has one type for all states: where this is asked the peer, the path, the time or the outcome is known, by the states that lead there',
    before: /(?:peer\?\.[\w.(), ]+|path\?\.\w+|socket\?*\.\w+|local\?\.\w+|startedAt|askedAt|rttMs|waitMs|lifetimeMs|ident) \?\? $/,
    ways: FALLBACK,
    files: /^machines\/[\w-]+\//,
  },
  {
    because: 'an action narrows what its guard has found already: the event and the context have one type for all states',
    text: /^if \(!(?:known|peer|path|sweep|sampler|aimed|\('socket' in event\)|event\.to)(?: \|\| !\w+)*\) return\b/,
    ways: /^if$/,
    files: DECIDED,
  },
  {
    because: 'an action narrows what its guard has found already: the event and the context have one type for all states',
    text: /^if \((?:'socket' in event|context\.(?:path|peer|door|local|nominated !== undefined)|outcome|path|to)\) enqueue\./,
    ways: /^else$/,
    files: DECIDED,
  },
  { because: 'raw sockets are for the privileged: test/lab/icmp-contract.lab.test.ts plays these in namespaces of its own', ways: /./, files: /^adapters\/node\/icmp\.ts$/ },
  { because: 'what is thrown, by Node, its system or this project, is an Error; whatever else would be is still told in words', before: /\w+ instanceof Error \? .+ : $/, ways: /^cond-expr 2$/, files: /./ },
  { because: 'errors of the system have a code; another has none, and is told in its own words', before: /'code' in error \? [^:]+ : $/, ways: /^cond-expr 2$/, files: /./ },
  { because: 'every way to an end concludes something, being told to stop too', text: /^output: \(\{ context \}\) => context\.outcome \?\? (?:INTERRUPTED|UNCHECKED),$/, ways: FALLBACK, files: /^machines\// },
];

/** By file. */
export const REASONS: Readonly<Record<string, readonly Reason[]>> = {
  'index.ts': [
    { because: 'a bug: the network gives a stream away before the machine says that it has opened', lines: ["if (!stream) throw new Error('a connection was agreed on, but never given away');"] },
  ],
  'adapters/node/ttl.ts': [
    { because: 'of another operating system', lines: ["const usual = process.platform === 'win32' ? 128 : 64;", "if (process.platform !== 'linux') return usual;"] },
    { because: 'the kernel lets nobody set another', lines: ['return Number.isInteger(ttl) && ttl >= 1 && ttl <= 255 ? ttl : usual;'] },
  ],
  'adapters/node/failure.ts': [
    { because: 'what is thrown by the system is an Error with a code; another is still told in words', lines: ["return typeof error.code === 'string' ? error.code : '';"] },
  ],
  'effects/net-actor.ts': [
    {
      because: 'a bug of whoever starts a machine or writes its codec; it throws, since no run can go on',
      lines: [
        "if (!environment) throw new Error('This machine has no network: start it with run() of effects/run.ts.');",
        "if (!codec.icmp) throw new Error('This protocol speaks no ICMP: its codec has no `icmp`.');",
      ],
    },
  ],
  'machines/persistent-map.ts': [{ because: 'map() passes over the holes of a list, and a shard that is there stays one', lines: ['size += after?.size ?? 0;'] }],
  'machines/port-strategy.ts': [
    { because: 'planKind has said plain of all pairs in which nobody counts and nobody is at random', lines: ["if (self.kind !== 'counting') return peer.kind === 'counting' ? comb(peer, target, budget) : { kind: 'plain' };"] },
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
  'machines/pwnat/caller-actions.ts': [
    { because: 'the door is opened only where the guard wantsDoor has found one', lines: ["export const openDoor = sendTo('net', ({ context: { input } }) => ({ type: 'tcp.listen', socket: DOOR, local: input.listen ?? { host: '127.0.0.1', port: 0 } }));"] },
    { because: 'only the events that are named are carried: those of the statechart', lines: ['default:'] },
  ],
  'machines/pwnat/listener-actions.ts': [{ because: 'only the events that are named are served: those of the statechart', lines: ['default:'] }],
  'machines/pwnat/hole-codec.ts': [{ because: 'a bug: the machine gives what does not travel by ICMP to udp.send, whose codec is another', lines: ['default:'] }],
  'machines/pwnat/link-codec.ts': [
    { because: 'identifiers are made by the machine as hex', lines: ['const out = contents(header(new Writer(HEADER + length), id, typeOf(message), length).bytes(fromHex(pair) ?? NOTHING), message).bytes(body);'] },
  ],
  'machines/nat-check/stun-guards.ts': [
    { because: 'a transition of requests asks it', lines: ["if (event.type !== 'ask') return false;"] },
    { because: 'the check goes on only once its socket is open', lines: ["const own = context.opened['map']?.addresses ?? [];"] },
  ],
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
  'machines/nat-check/stun-messages.ts': [{ because: 'identifiers are made by the machine as hex', lines: ['const transactionId = fromHex(message.txid) ?? new Uint8Array(12);'] }],
  'machines/n4/crowd.ts': [{ because: 'who leaves has come', lines: ['const rest = without(getEntry(byNetwork, network) ?? [], socket);'] }],
  'machines/rendezvous/bytes.ts': [{ because: 'who is of no room names one', lines: ["return { type: 'unknown', code, value: named === undefined ? (own ?? NOTHING) : hexBytes(named, 32) };"] }],
  'machines/seed-udp/peer.ts': [
    {
      because: 'a peer is silent only after it was named',
      lines: ["failed('no-reply', `Nothing came from ${context.peer ? formatEndpoint(context.peer) : 'the peer'}. A NAT that gives every destination a new port looks like this, and so does a peer that stopped.`),"],
    },
  ],
  'machines/tcp-open/peer.ts': [
    {
      because: 'what leads to another call comes from the network, with its time',
      lines: ["return { sinceStartMs: 'at' in event ? event.at - context.startAt : 0, rttMs: pathOf(context), failure: 'code' in event ? failureOf(event.code) : 'other' };"],
    },
  ],
  'machines/tcp-open/rendezvous-actions.ts': [
    {
      because: 'the connection by which it registers tells its local end',
      lines: ["enqueue.sendTo('net', { type: 'tcp.send', socket: SERVER, message: { type: 'register', txid, ...again(attempt), peer: self, rttMs, ...(keepsPort(input) ? { keepsPort: true } : {}), candidates: local ? [local] : [] } });"],
    },
  ],
  'machines/tcp-open/rooms.ts': [{ because: 'who has registered is of its room', lines: ['const left = room === undefined ? [] : (getEntry(rooms.rooms, room) ?? []).filter((one) => one.socket !== socket);'] }],
  'machines/n4/peer-actions.ts': [{ because: 'the path that was chosen is one on which the partner was heard, so its socket is of the pool', lines: ['if (!path || !socket) return;'] }],
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
  'machines/tcp-open/port-actions.ts': [
    {
      because: 'an answer follows a question: the round trip and the time of asking are known by then, and an event of a sampler names its socket',
      lines: [
        'const tookMs = sampler.askedAt === undefined ? Infinity : event.at - sampler.askedAt;',
        'const rttMs = context.rttMs === undefined ? undefined : Math.min(context.rttMs, tookMs);',
        "samplers: context.samplers.filter(({ socket }) => !('socket' in event) || socket !== event.socket),",
      ],
    },
  ],
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
  'machines/udp-punch/rendezvous-actions.ts': [
    { because: 'who registers has a socket', lines: ['const candidates: readonly Endpoint[] = context.sockets.at(-1)?.addresses.slice(0, CANDIDATE_LIMIT) ?? [];'] },
  ],
  'machines/udp-punch/sample-actions.ts': [
    { because: 'ports are seen only where a mapping varies, as the second port of the rendezvous has shown', lines: ['const sendings = [input.server, ...(alternate ? [alternate] : [])].map((to) => ({ socket, to }));'] },
  ],
  'machines/udp-punch/session.ts': [{ because: 'a peer is heard on a socket that is open', lines: ['return socket ? localToward(socket, peer) : ANYWHERE;'] }],
  'adapters/node/addresses.ts': [
    { because: 'how many addresses this host has, of which families and by which interfaces, is not for a test to choose', lines: [
        'return (outside.length === 0 ? loopback : bestFirst(family, outside)).slice(0, ADDRESS_LIMIT);',
        'for (const { family: its, address, internal } of infos ?? []) {',
        '(internal ? loopback : VIRTUAL.test(name) ? virtual : plain).push(address);',
        'const routed = addresses.length > 1 ? routedAddress(family) : undefined;',
        "const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', lookup: literalLookup });",
        'return refused ? undefined : socket.address().address;',
      ] },
  ],
  'adapters/node/net.ts': [
    { because: 'raw sockets are for the privileged: test/lab/icmp-contract.lab.test.ts', lines: ["case 'icmp.send':"] },
  ],
  'adapters/node/resolve.ts': [
    { because: 'what a resolver says has a code; another is still told in words', lines: [
        "return new ResolveError('unknown', `could not look up ${host}: ${system || String(error)}`);",
      ] },
  ],
  'adapters/node/tcp-listener.ts': [
    { because: 'only of a pipe or a closed server', lines: [
        "if (bound !== null && typeof bound !== 'string') events.listening({ host: bound.address, port: bound.port });",
      ] },
  ],
  'adapters/node/tcp-stream.ts': [
    { because: '28,000 connections to one address would have to stand', lines: [": { code: 'exhausted', why: 'no local port is left for that destination' };"] },
  ],
  'adapters/node/tcp.ts': [
    { because: 'closed between what the system says and when Node tells it, which only chance brings', lines: [
        "if (isCurrent()) report({ type: 'tcp.listening', socket: label, local: bound, at: now() });",
        'if (!isCurrent()) return;',
        "if (labels.isOpen(connection)) report({ type: 'tcp.connected', socket: label, local: ownEnd(socket), peer: to, at: now() });",
        'if (!labels.forget(connection)) return;',
      ] },
    { because: 'a process without descriptors, which test/adapters/tcp-process.test.ts has, counts nothing', lines: [
        "if (isCurrent()) failed('tcp.listen', label, code, `cannot accept TCP connections on ${formatEndpoint(local)} for now: ${why}`);",
      ] },
  ],
  'adapters/node/udp.ts': [
    { because: 'no error of a bound socket that is not that of a datagram can be had on loopback', lines: ['if (!isOpen(bound)) return;'] },
    { because: 'loopback takes each datagram at once, so that nothing waits', lines: [
        'if (socket.held.length === 0 && canLeave(socket, effect)) return transmit(socket, effect);',
        "if (socket.held.length >= HELD_LIMIT) return refuseSend(effect, 'exhausted', 'the send buffer is full');",
        'for (let next = socket.held[0]; next && canLeave(socket, next); next = socket.held[0]) {',
      ] },
  ],
  'adapters/replay/log.ts': [
    { because: 'zod names an issue of whatever it refuses', lines: ["if (!issue) return 'not a line of a log';"] },
  ],
  'adapters/replay/replay.ts': [
    { because: 'nobody has payload to send in a replay', lines: ["if (!('payload' in entry)) asked.push(entry);"] },
    { because: 'a machine has one network', lines: ['if (listener === events) listener = undefined;'] },
    { because: 'a bug of whoever replays a log that was told something', lines: [
        "if (!running.tell) return { expected, actual: 'nothing', why: 'this replay cannot tell the machine anything' };",
      ] },
  ],
  'adapters/sim/allocation.ts': [
    { because: 'a NAT that leaves addresses as they are has no mapping to give a port to', lines: ["case 'none':"] },
  ],
  'adapters/sim/dgram.ts': [
    { because: 'every code that a simulated host gives is there', lines: ["const systemCode = SYSTEM_CODES[code] ?? 'EIO';"] },
  ],
  'adapters/sim/packet.ts': [
    { because: 'more than 4,096 addresses in one process', lines: ['if (privacy.size > 4096) privacy.clear();'] },
  ],
  'cli/commands/pwnat.ts': [
    { because: 'raw ICMP is for the privileged: pwnat-endings.lab and pwnat-programs.lab of test/lab play what comes after it', lines: [
        '...(port === undefined ? {} : { listen: { port } }),',
        '...(timeout === undefined ? {} : { waitMs: timeout * 1000 }),',
        "warnings: allow.length === 0 ? ['without --allow callers are heard, but reach nothing'] : [],",
        "...(door && !once ? { listen: { host: door.host ?? '127.0.0.1', port: door.port ?? 0 } } : {}),",
        "untried: input.authenticated || variant === 'pypwnat' ? 'only the hole was tried, not whether the listener allows a destination' : undefined,",
      ] },
  ],
  'cli/tunnelling.ts': [
    { because: 'raw ICMP is for the privileged: pwnat-endings.lab and pwnat-programs.lab of test/lab play what comes after it', lines: [
        'tell({ status: what, message: say(news), ...(local ? { local: formatEndpoint(local) } : {}), ...(transport ? { transport } : {}), ...(from ? { from: formatEndpoint(from) } : {}) });',
        'if (once) {',
        "if (untried !== undefined && !interrupted) tell({ status: 'warning', message: `natpunch: ${untried}` });",
        'if (!interrupted) process.stdout.write(`${json ? JSON.stringify(result) : message}\\n`);',
        'return interrupted ? EXIT.interrupted : EXIT.done;',
        "if (ending.by === 'failure') return reportFailure(ending.failure, portOptions, { ...report, json: false }, effort());",
        "tell({ status: 'closed', message: ending.by === 'peer' ? 'the other end has closed the tunnel' : interrupted ? 'closed' : 'the hole stands, but the other end carries no TCP through it' });",
      ] },
    { because: 'a bug: whatever a connection fails with is a ConnectionFailed', lines: ['if (!(error instanceof ConnectionFailed)) throw error;'] },
  ],
  'cli/punching.ts': [
    { because: 'a bug: whatever a connection fails with is a ConnectionFailed', lines: ['if (!(error instanceof ConnectionFailed)) throw error;'] },
  ],
  'cli/serving.ts': [
    { because: 'of tunnels, which no server here has', lines: ['default:'] },
  ],
  'cli/recorder.ts': [
    { because: 'a bug: every machine of the command line is in cli/machines.ts', lines: ["if (!known) throw new Error(`no codec for recordings of '${machine.id}'`);"] },
  ],
  'cli/sequence.ts': [
    { because: 'a bug: every host of a run has a part in it', lines: ["if (!part) throw new Error(`host '${host}' has no part in '${scenario.name}'`);"] },
  ],
  'cli/colour.ts': [
    { because: 'no terminal is there when tests run', lines: [
        "const isWanted = stream.isTTY === true && !process.env['NO_COLOR'];",
        'return isWanted ? (style, text) => styleText(style, text) : (_style, text) => text;',
      ] },
  ],
  'cli/stream-pipe.ts': [
    { because: 'no terminal is there when tests run', lines: [
        'if (stdin.isTTY) stream.end();',
        'if (process.stdin.isTTY || stream.writableFinished) stream.destroy();',
      ] },
  ],
  'cli/commands/grid.ts': [
    { because: 'no terminal is there when tests run', lines: [
        'if (!process.stderr.isTTY) return;',
        "process.stderr.write(done < all ? `\\r${done} of ${all} cells` : '\\r\\u001b[K');",
      ] },
  ],
  'cli/main.ts': [
    { because: 'a bug of this program, told in one line', lines: [
        'if (error instanceof Stop) {',
        "const what = error instanceof Error ? (error.stack ?? error.message).split('\\n').slice(0, 2).join(' ') : String(error);",
      ] },
    { because: 'a package without its package.json', lines: ["if (folder.pathname === '/') return 'unknown';"] },
  ],
  'cli/inspector/build.ts': [
    { because: 'a build step, which nothing but the build runs: its scripts name a folder', lines: ["const [to = 'dist/inspector', ...options] = process.argv.slice(2);"] },
  ],
  'cli/inspector/bundle.ts': [
    { because: 'a bug: the sources of the page would want Node, or a package whose licence is not named', lines: [
        "if (left.length > 0) throw new Error(`the page would need ${left.map(({ path }) => path).join(', ')}, which no browser has`);",
        "if (contained.size > 0) throw new Error(`the page contains ${[...contained].join(', ')}, whose licence it would not carry`);",
      ] },
  ],
  'cli/inspector/page-folder.ts': [
    { because: 'in the package, which test/package installs', lines: ["if (existsSync(join(built, 'index.html'))) return built;"] },
    { because: 'without esbuild, as nobody has it who has the sources', lines: ["const why = error instanceof Error ? (error.message.split('\\n')[0] ?? '') : String(error);"] },
  ],
  'cli/inspector/trace/statechart.ts': [
    { because: 'xstate gives every inline actor a name', lines: [
        "invoke: node.invoke.map(({ id: name, src }) => ({ id: name, src: typeof src === 'string' ? src : 'inline' })),",
      ] },
  ],
};
