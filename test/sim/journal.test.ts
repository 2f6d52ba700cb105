/** What is told of packets by whoever begins to look in their midst, and of runs by all who look. */
import { expect, test } from 'vitest';
import { Internet, LINUX_NAT, world } from '../../adapters/sim/index.ts';
import { Journal } from '../../adapters/sim/journal.ts';
import { watchRuns } from '../../effects/run.ts';
import { knock } from './knock.ts';
import { Port } from './port.ts';

test('packets that were under way before are told of as they come by, without a beginning', () => {
  const w = world({ a: 'open' }, { latencyMs: 20, duplicate: 1, keep: false });
  const [a, s] = [new Port(w.host('a')).open('main', { port: 5000 }), new Port(w.host('s')).open('main', { port: 9 })];
  w.advance(1);
  const sent = { bare: new Journal(), whole: new Journal() };
  w.internet.observe(sent.whole.note);
  a.send('main', '198.18.0.2:9', 'x');
  w.internet.observe(sent.bare.note);
  w.advance(100);
  expect(s.received()).toHaveLength(4);
  const [own, others] = [sent.bare, sent.whole].map((journal) => journal.trace(() => 'x'));
  expect(own).toEqual(others?.slice(-own!.length).map((line) => line.replace(/ x$/, ' payload')));
  expect([sent.bare.journeys(), sent.whole.journeys().length]).toEqual([[], 4]);
});

test('a run is heard by everybody who looks: the world\'s inspector, a function or an observer, and a watcher of all runs', () => {
  const heard = new Set<string>();
  const unwatch = watchRuns(({ net, clock, id }) => ({ net, clock, inspect: () => void heard.add(`watcher of ${id}`) }));
  const w = world({ a: 'open', b: 'open' }, { inspect: (host) => (host === 'a' ? () => void heard.add('function of a') : { next: () => void heard.add(`observer of ${host}`) }) }).run(knock);
  unwatch();
  expect([...heard].toSorted()).toEqual(['function of a', 'observer of b', 'observer of s', 'watcher of a', 'watcher of b', 'watcher of s']);
  expect(w.outcome('a')).toBeDefined();
});

test('a router without a NAT answers nobody who speaks to itself', () => {
  const internet = new Internet({ seed: '1' });
  const journal = new Journal();
  internet.observe(journal.note);
  const above = internet.router({ name: 'r', addresses: ['198.18.1.1'] });
  new Port(internet.host({ name: 'h', addresses: ['198.18.1.2'], above })).open('main', { port: 1 }).send('main', '198.18.1.1:9', 'x');
  internet.clock.runUntil(10);
  expect(journal.drops()).toMatchObject([{ by: 'r', reason: 'no-socket', from: '198.18.1.2:1', to: '198.18.1.1:9' }]);
});

test('an order to lose packets holds for those, too, that a NAT turns back to its own inside', () => {
  const w = world({ a: { ...LINUX_NAT, hairpin: true }, b: 'behind a' });
  const [a, b] = ['a', 'b'].map((host) => new Port(w.host(host)).open('main', { port: 5000 }));
  for (const port of [a, b]) port!.send('main', '198.18.0.2:9', 'x');
  w.advance(10);
  const [external] = w.internet.routers.get('nat-a')!.nat!.rows(w.clock.now()).filter(({ inside }) => inside.host === w.host('b').addresses[0]).map(({ mapping }) => mapping.external);
  w.lose('a -> b', 1);
  for (const text of ['lost', 'come']) a!.send('main', `${external!.host}:${external!.port}`, text);
  w.advance(10);
  expect(b!.received().map((line) => line.split(' ')[1])).toEqual(['come']);
  w.lose('a -> b', 1);
  for (const text of ['lost', 'near']) a!.send('main', `${w.host('b').addresses[0]}:5000`, text);
  w.advance(10);
  expect(b!.received().map((line) => line.split(' ')[1])).toEqual(['come', 'near']);
});

test('who is behind another by a NAT of its own may say so in one word or as an object', () => {
  const device = (places: Parameters<typeof world>[0]): string[] => [...world(places).internet.routers.keys()];
  expect(device({ a: 'restricted', b: { behind: 'a', nats: 'symmetric' } })).toEqual(device({ a: 'restricted', b: 'symmetric behind a' }));
  expect(device({ a: 'restricted', b: { behind: 'a' } })).toEqual(device({ a: 'restricted', b: 'behind a' }));
});
