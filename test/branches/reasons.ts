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
    before: /[a-z)\]](?:\.at\(-1\)|\[[^\]']+\])(?:\??\.\w+)* \?\? $/,
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
  { because: 'every way to an end concludes something, being told to stop too', text: /^output: \(\{ context \}\) => context\.outcome \?\? INTERRUPTED,$/, ways: FALLBACK, files: /^machines\// },
];

/** By file. */
export const REASONS: Readonly<Record<string, readonly Reason[]>> = {
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
  'machines/pwnat/hole-codec.ts': [{ because: 'a bug: the machine gives what does not travel by ICMP to udp.send, whose codec is another', lines: ['default:'] }],
  'machines/pwnat/link-codec.ts': [
    { because: 'identifiers are made by the machine as hex', lines: ['const out = contents(header(new Writer(HEADER + length), id, typeOf(message), length).bytes(fromHex(pair) ?? NOTHING), message).bytes(body);'] },
  ],
  'machines/nat-check/stun-messages.ts': [{ because: 'identifiers are made by the machine as hex', lines: ['const transactionId = fromHex(message.txid) ?? new Uint8Array(12);'] }],
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
        'if (to === undefined) return;',
        'if (!sweep) return false;',
        'return host === undefined || port === undefined ? undefined : { host, port };',
      ],
    },
  ],
  'machines/udp-punch/session.ts': [{ because: 'a peer is heard on a socket that is open', lines: ['return socket ? localToward(socket, peer) : ANYWHERE;'] }],
};
