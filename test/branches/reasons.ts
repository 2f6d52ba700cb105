/**
 * Why no test takes a branch that stays: by what every such line says, or by file and line. Code that can be tested or that nothing
 * reaches has no place here; a reason whose line is gone fails the count, one whose line has come to be taken does not.
 */
import { INSPECTOR } from './reasons-inspector.ts';
import { MACHINES } from './reasons-machines.ts';

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
    before: /[a-z)\]](?:\.at\(-1\)|\[[^\]']+\])(?:\??\.\w+)* \?\? $/,
    ways: FALLBACK,
    files: /./,
  },
  {
    because: 'a context has one type for all states: where this is asked the peer, the path, the time or the outcome is known, by the states that lead there',
    before: /(?:peer\?\.[\w.(), ]+|path\?\.\w+|socket\?*\.\w+|local\?\.\w+|startedAt|askedAt|rttMs|ident) \?\? $/,
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
  { because: 'what is thrown, by Node, its system or this project, is an Error; whatever else would be is still told in words', before: /\w+ instanceof Error \? .+ : $/, ways: /^cond-expr 2$/, files: /./ },
  { because: 'errors of the system have a code; another has none, and is told in its own words', before: /'code' in error \? [^:]+ : $/, ways: /^cond-expr 2$/, files: /./ },
  { because: 'every way to an end concludes something, being told to stop too', text: /^output: \(\{ context \}\) => context\.outcome \?\? (?:INTERRUPTED|UNCHECKED),$/, ways: FALLBACK, files: /^machines\// },
];

/** By file. */
export const REASONS: Readonly<Record<string, readonly Reason[]>> = {
  ...MACHINES,
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
    { because: 'a bug of whoever writes a codec; it throws, since no run can go on', lines: ["if (!codec.icmp) throw new Error('This protocol speaks no ICMP: its codec has no `icmp`.');"] },
  ],
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
  'cli/commands/pwnat.ts': [
    { because: 'a name that has an IPv6 address only, which no machine of tests knows; an address is refused before', lines: ['if (isIPv6(address)) return failed(\'no-path\', `${host} has an IPv6 address only, and pwnat knows IPv4 only`);'] },
    { because: 'raw ICMP is for the privileged: pwnat-endings.lab and pwnat-programs.lab of test/lab play what comes after it', lines: [
        '...(port === undefined ? {} : { listen: { port } }),',
        'server: { host: address, port: port ?? VARIANTS[variant].port },',
        "to: { host: to?.host ?? 'nowhere', port: String(to?.port ?? 1) },",
        "...(stun ? { stun: { host: await resolveHost(stun.host).catch(unresolved('--stun')), port: stun.port } } : {}),",
        '...(timeout === undefined ? {} : { waitMs: timeout * 1000 }),',
        "warnings: allow.length === 0 ? ['without --allow callers are heard, but reach nothing'] : [],",
        "...(door && !once ? { listen: { host: door.host ?? '127.0.0.1', port: door.port ?? 0 } } : {}),",
        "untried: input.authenticated || variant === 'pypwnat' ? 'only the hole was tried, not whether the listener allows a destination' : undefined,",
      ] },
  ],
  'cli/tunnelling.ts': [
    { because: 'a name that has an IPv6 address only, which no machine of tests knows; an address is refused before', lines: ['if (\'kind\' in prepared) return reportFailure(prepared, \'\', { tell, json }, { elapsedMs: 0, packetsSent: 0 });'] },
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
    { because: 'Ctrl-C in the moment between being connected and having said so', lines: ['if (!interrupted) process.stdout.write(`${json ? JSON.stringify(result) : message}\\n`);', 'return interrupted ? EXIT.interrupted : EXIT.done;'] },
    { because: 'a bug: whatever a connection fails with is a ConnectionFailed', lines: ['if (!(error instanceof ConnectionFailed)) throw error;'] },
    { because: 'a bug: whatever a resolver fails with is a ResolveError', lines: ["if (error instanceof ResolveError) return failed('no-rendezvous', `${error.message}. Check ${option}`);"] },
  ],
  'cli/serving.ts': [
    { because: 'a signal in the moment before a server is begun', lines: ['if (isStopping) return undefined;'] },
    { because: 'of a host with several addresses, which not every machine is; test/cli/wildcard.test.ts asks for the words', lines: ['const warnings = [...(warning === undefined ? [] : [warning]), ...notes];'] },
    { because: 'of tunnels, which no server here has', lines: ['default:'] },
  ],
  'cli/check-advice.ts': [{ because: 'a result names its local end as an endpoint', lines: ['const own = parseEndpoint(local)?.host ?? local;'] }],
  'cli/commands/check.ts': [{ because: 'a bug: whatever a resolver fails with is a ResolveError', lines: ['if (error instanceof ResolveError) return { trouble: error.message };'] }],
  'cli/commands/serve.ts': [
    { because: 'a reason is of the second address: there is one', lines: ["if (reason !== undefined) stun.error(`error: option '--alternate <addr:port>' argument '${formatEndpoint(second ?? listen)}' is invalid. ${reason}`);"] },
    { because: 'how many addresses this host has is not for a test to choose', lines: [
        "...(beside.length > 0 ? ['listening on each address of this host, so that every answer leaves from where it was asked; start again when they change'] : []),",
        'const input = (own: Endpoint): StunServerInput => ({ listen: own, ...(second ? { alternate: second } : {}), ...(beside.length > 0 ? { beside } : {}) });',
      ] },
  ],
  'cli/commands/sim.ts': [
    { because: 'both hosts have a meter from their start', lines: ["return { host, at, outcome, result: resultOf(outcome, { protocol: protocol.name, elapsedMs: at, packetsSent: meters.get(host)?.packetsSent ?? 0 }) };"] },
    { because: 'asked where both are connected', lines: ["const reached = sides.map(({ host, outcome }) => (outcome.kind === 'connected' ? `${host} reaches the other at ${formatEndpoint(outcome.peer)}` : ''));"] },
  ],
  'cli/commands/udp.ts': [{ because: 'asked of whoever speaks of rooms: the options without one were refused before', lines: ["return options.wire === 'seed' ? seedUdpWire(given) : udpPunchWire(given, roomOf(options) ?? '', options.seed);"] }],
  'cli/recorder.ts': [
    { because: 'a bug: every machine of the command line is in cli/machines.ts', lines: ["if (!known) throw new Error(`no codec for recordings of '${machine.id}'`);"] },
  ],
  'cli/sequence.ts': [
    { because: 'what a router says of a packet that has died goes to a listener of pwnat alone, late in a run that no drawing reaches', lines: ['const from = isDevice ? (owners.get(src.host) ?? journey.host) : journey.host;', 'const known = world.sites.has(host) ? codecOf(world, protocol, host).icmp?.decode(data) : undefined;'] },
    { because: 'a bug: every host of a run has a part in it', lines: ["if (!part) throw new Error(`host '${host}' has no part in '${scenario.name}'`);"] },
  ],
  'cli/refolding.ts': [
    { because: 'the log was read before: as a replay reads it', lines: ["if (outcome?.kind === 'bad-log') throw new Stop(EXIT.no, `${file}, ${outcome.message}`);"] },
    { because: 'a bug of a machine, which breaks on a log', lines: ["if (failure && !outcome) throw new Stop(EXIT.no, `${file}: the machine broke on it: ${failure.error instanceof Error ? failure.error.message : String(failure.error)}`);"] },
  ],
  'cli/world-options.ts': [{ because: 'a bug: what is wrong with a name is an UnknownNat', lines: ['if (error instanceof UnknownNat) throw new InvalidArgumentError(error.message);'] }],
  'cli/commands/inspect.ts': [
    { because: 'a log of a machine that nobody knows was refused before', lines: ['return [...(recorded ? [shown(recorded, recorded.header.title)] : []), shown(trace, `${file}, refolded`)];'] },
    { because: 'no terminal is there when tests run', lines: ["if (wanted === 'pcapng' && process.stdout.isTTY) throw new Stop(EXIT.usage, 'packets are nothing for a terminal. Send them to a file: > run.pcapng');"] },
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
    { because: 'every pair has its cell', lines: ["return cell ? paint(colourOf(cell), centred(rate(cell), widths[index] ?? 0)) : '';"] },
    { because: 'the simulator and the oracle would differ, which test/grid rules out', lines: ["if (expected !== connected > 0) return 'red';"] },
  ],
  'cli/program.ts': [
    { because: 'a package without its package.json', lines: ["if (folder.pathname === '/') return 'unknown';"] },
  ],
  'cli/check-result.ts': [{ because: 'a check that has a verdict was answered by its server, which said where it saw it', lines: ['reflexive: reflexive ? formatEndpoint(reflexive) : null,'] }],
  'cli/pipe.ts': [{ because: '64 MiB that wait for a reader of stdout who reads nothing: loopback loses datagrams sooner', lines: ['if (stdout.writableLength < WAITING_LIMIT) stdout.write(data);'] }],
  'cli/words.ts': [{ because: 'an index that the lines around keep inside its list: only the compiler does not know', lines: ['return STRICTNESS[strictest] ?? \'endpoint-independent\';'] }],
  ...INSPECTOR,
};
