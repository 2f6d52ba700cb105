/** The STUN check's states: every one has a way out in time, sockets may be refused, servers be several. Pure transitions. */
import { describe, expect, test } from 'vitest';
import { stunClient } from '../../machines/nat-check/stun-client.ts';
import { agedSockets, SOCKETS } from '../../machines/nat-check/stun-questions.ts';
import { answer, type Answering, honest, OTHER, portsOf, PUBLIC, SECOND, SERVER, StunCheck } from './stun-check.ts';

const lifetime = { lifetimeMs: 20_000 } as const;

/** No answer comes by another port, so no silence is seen to be survived. */
const quiet: Answering = (sent) => (sent.message.responsePort === undefined ? honest(sent) : undefined);

/** A check in each of its states, by one of the states it is then in. */
const STATES: readonly (readonly [state: string, make: () => StunCheck])[] = [
  ['opening', () => new StunCheck()],
  ['probing.asking', () => new StunCheck().allOpened()],
  ['probing.waitingForOthers', () => new StunCheck({ servers: [SERVER, SECOND] }).allOpened().answered((sent) => (sent.to === SERVER ? honest(sent) : undefined))],
  ['measuring.ports.asking', () => measuring()],
  ['measuring.mapping.asking', () => measuring()],
  ['measuring.filtering.asking', () => measuring()],
  ['measuring.filtering.listening', () => measuring().goOn(honest, /filtering\.listening/)],
  ['measuring.hairpin.meeting', () => measuring()],
  ['measuring.hairpin.asking', () => measuring().goOn(honest, /hairpin\.asking/)],
  ['measuring.hairpin.listening', () => measuring().goOn(honest, /hairpin\.listening/)],
  ['measuring.binding.doubting', () => measuring()],
  ['measuring.binding.asked', () => foreignRefused(measuring())],
  ['ageing.opening', () => aged()],
  ['ageing.waking', () => agedOpen(aged())],
  ['ageing.silent', () => agedOpen(aged()).answered(quiet)],
  ['ageing.asking', () => agedOpen(aged()).goOn(quiet, /ageing\.asking/)],
  ['ageing.listening', () => agedOpen(aged()).goOn(quiet, /ageing\.listening/)],
];

describe('every state', () => {
  interface Node {
    readonly id: string;
    readonly type: string;
    readonly parent?: Node;
    readonly states: Readonly<Record<string, Node>>;
    readonly after: readonly unknown[];
    readonly always?: readonly { readonly guard?: unknown }[];
  }
  const below = (node: Node): Node[] => [node, ...Object.values(node.states).flatMap(below)];
  const above = (node: Node): Node[] => [node, ...(node.parent ? above(node.parent) : [])];
  const root = stunClient.root as unknown as Node;
  const leaves = below(root).filter(({ states, type }) => Object.keys(states).length === 0 && type !== 'final');
  /** It leaves at once, whatever is so. */
  const isPassing = ({ always = [] }: Node): boolean => always.some(({ guard }) => guard === undefined);

  test('has a timer, its own or of a state around it, or is left at once', () => {
    const stuck = leaves.filter((leaf) => !isPassing(leaf) && !above(leaf).some(({ after }) => after.length > 0));
    expect(stuck.map(({ id }) => id)).toEqual([]);
  });

  test('is in the list here, or is left at once', () => {
    const names = leaves.filter((leaf) => !isPassing(leaf)).map(({ id }) => id.replace(/^stun\/client\./, ''));
    expect(names.toSorted()).toEqual(STATES.map(([state]) => state).toSorted());
  });

  test.each(STATES)('%s: told to close it ends at once, as interrupted', (state, make) => {
    const check = make();
    expect(check.states).toContain(state);
    check.send({ type: 'close' });
    expect([check.isActive, check.state, check.timers()]).toEqual([false, 'failed', []]);
    expect(check.outcome).toMatchObject({ kind: 'failed', reason: 'interrupted' });
    expect(check.snapshot.output).toEqual(check.outcome);
    expect(check.emitted).toHaveLength(1);
  });

  test.each(STATES)('%s: hearing nothing more it ends in time, with an outcome', (state, make) => {
    const check = make();
    const [start, before] = [check.now, check.asked().length];
    for (let steps = 0; check.isActive; steps += 1) {
      expect(steps, check.states.join()).toBeLessThan(1_000);
      check.next();
    }
    expect(check.now - start).toBeLessThanOrEqual(state.startsWith('ageing') ? 20_000 + 60_000 : 35_000);
    expect(check.outcome).toBeDefined();
    expect(check.snapshot.output).toEqual(check.outcome);
    expect(check.emitted).toHaveLength(1);
    expect(check.asked().length - before).toBeLessThan(600);
  });

  test.each(STATES)('%s: the tested socket breaking is the end, with the reason', (state, make) => {
    const check = make().notOpened('map', 'not-permitted');
    expect(check.states).toEqual(['failed']);
    expect(check.outcome).toMatchObject({ kind: 'failed', reason: 'not-permitted' });
    expect(state).toBeTruthy();
  });

  test.each(STATES)('%s: answers that are not ours, or on another socket, change nothing', (_, make) => {
    const check = make();
    const [before, said] = [check.context, check.asked().length];
    const at = check.now;
    const strange = { ...answer('ab'.repeat(12), { host: '203.0.113.9', port: 9 }), at };
    for (const socket of SOCKETS) check.send({ ...strange, socket, from: SERVER });
    const [first] = check.asked('map');
    if (first) check.send({ ...strange, txid: first.message.txid, socket: 'hair', from: SERVER });
    check.send({ type: 'refusal', txid: 'cd'.repeat(12), code: 500, socket: 'map', from: SERVER, at });
    check.send({ type: 'ask', txid: 'ef'.repeat(12), socket: 'map', from: SERVER, at });
    check.send({ type: 'net.unreadable', socket: 'map', from: SERVER, at, reason: 'noise' });
    expect([check.context, check.asked().length]).toEqual([before, said]);
  });

  test('takes a bounded number of steps without waiting', () => {
    expect(stunClient.options.maxIterations).toBeLessThan(10_000);
  });
});

describe('the bench', () => {
  test('sees an honest server and a port-restricted NAT: silence of a filter is believed only with a control', () => {
    expect(new StunCheck().allOpened().goOn().outcome).toMatchObject({ kind: 'checked', verdict: null, mapping: 'endpoint-independent', filtering: null, hairpin: false });
    const controlled: Answering = (sent) => {
      const { socket, to, message } = sent;
      if (socket !== 'map' || !message.change) return honest(sent);
      const from = { host: message.change === 'port' ? to.host : OTHER.host, port: message.change === 'address' ? to.port : OTHER.port };
      return { ...answer(message.txid, { host: PUBLIC, port: portsOf('map') }), from };
    };
    expect(new StunCheck().allOpened().goOn(controlled).outcome).toMatchObject({ verdict: 'port-restricted', filtering: 'address-and-port-dependent' });
  });
});

function measuring(): StunCheck {
  const check = new StunCheck().allOpened();
  return check.answered((sent) => (sent.socket === 'map' && sent.to === SERVER && check.state.startsWith('probing') ? honest(sent) : undefined));
}

function aged(): StunCheck {
  return new StunCheck(lifetime).allOpened().goOn(honest, /^ageing/);
}

function agedOpen(check: StunCheck): StunCheck {
  for (const socket of agedSockets(check.context)) check.opened(socket);
  return check;
}

/** This host does not bind what is not its own. */
function foreignRefused(check: StunCheck): StunCheck {
  check.send({ type: 'net.failed', effect: 'udp.open', socket: 'foreign', code: 'address-not-available', detail: 'not its own', at: check.now });
  return check;
}
