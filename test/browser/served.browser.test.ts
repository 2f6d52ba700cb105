/** What a server has to show, or fails to, and what files hold: the page on a web server that answers anything. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { DONE_LINE, writeTrace } from '../../cli/inspector/trace/format.ts';
import { TRACE_FORMAT, type TraceHeader } from '../../cli/inspector/trace/trace.ts';
import { eventsOf, type Untold } from '../page/pictures.ts';
import { manyEvents } from './many-events.ts';
import { playgroundVisits } from './stand.ts';

const stand = playgroundVisits({ mayComplain: true });

const HOST: Untold = { kind: 'place', name: 'me', type: 'host', side: 'me', depth: 1, addresses: ['192.0.2.7'] };
const headerOf = (title: string): TraceHeader => ({ format: TRACE_FORMAT, title, origin: 'log' });
const traceOf = (title: string, ...untold: readonly Untold[]): string => writeTrace({ header: headerOf(title), events: eventsOf(HOST, ...untold) });

/** What the server says when it is asked for its runs. */
async function serveRuns(page: Page, runs: unknown, status = 200): Promise<void> {
  await page.route('**/runs', (route) => route.fulfill({ status, json: runs }));
}

const listed = (id: string, title: string, isDone: boolean): object => ({ id, title, isDone });
const file = (name: string, text: string) => ({ name, mimeType: 'application/x-ndjson', buffer: Buffer.from(text) });

async function open(page: Page, label: string, ...files: readonly ReturnType<typeof file>[]): Promise<void> {
  if ((await page.getByLabel(label, { exact: true }).count()) === 0) await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByLabel(label, { exact: true }).setInputFiles([...files]);
  await page.keyboard.press('Escape');
}

test('a server that does not answer is said not to', async () => {
  const { page } = stand.visited;
  await serveRuns(page, [], 500);
  await page.goto(stand.url);
  await page.getByText('The server does not answer: 500').waitFor();
});

test('a server that says nothing of runs has none, and the playground plays', async () => {
  const { page } = stand.visited;
  await serveRuns(page, { id: '1' });
  await page.goto(stand.url);
  await page.getByText('udp-punch: port-restricted × restricted').first().waitFor();
});

test('two runs that are over are shown beside each other, and what is no run is refused', async () => {
  const { page } = stand.visited;
  await serveRuns(page, [listed('1', 'one', true), listed('2', 'other', true)]);
  await page.route('**/runs/1', (route) => route.fulfill({ body: traceOf('one') }));
  await page.route('**/runs/2', (route) => route.fulfill({ body: traceOf('other', { kind: 'note', actor: 'me', type: 'said', fields: {} }) }));
  await page.goto(stand.url);
  await page.locator('.two .stage').nth(1).waitFor();
  expect(await page.locator('.two .caption').allInnerTexts()).toEqual(['one', 'other']);

  const other = await stand.visited.context.newPage();
  await serveRuns(other, [listed('1', 'one', true), listed('2', 'other', true)]);
  await other.route('**/runs/*', (route) => route.fulfill({ body: 'nonsense\n' }));
  await other.goto(stand.url);
  await other.getByText('This is not a trace (line 1').waitFor();
});

test('of three runs the first is shown, and others of its name have their number beside it', async () => {
  const { page } = stand.visited;
  await serveRuns(page, [listed('1', 'a run', true), listed('2', 'a run', true), listed('3', 'another', false)]);
  await page.routeWebSocket('**/live', (socket) => {
    socket.send(traceOf(socket.url().includes('/1/') ? 'the first' : 'the second').trim());
  });
  await page.goto(stand.url);
  await page.getByText('the first').first().waitFor();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect.poll(() => page.locator('.menu .item span').allInnerTexts()).toEqual(expect.arrayContaining([expect.stringMatching(/^a run \(1\)/), expect.stringMatching(/^a run \(2\)/), expect.stringMatching(/^another\s+goes on/)]));
  await page.getByText('a run (2)').click();
  await page.getByText('the second').first().waitFor();
});

test.each([
  ['before it has said anything', [], '', 'The program that has this run does not answer.'],
  ['in the middle of it', [JSON.stringify(headerOf('cut off'))], 'it is gone', 'The program has ended, or cannot be reached (it is gone). What was seen stays here.'],
])('a program that goes away %s leaves words', async (_, lines, reason, words) => {
  const { page } = stand.visited;
  await serveRuns(page, [listed('1', 'a run', false)]);
  await page.routeWebSocket('**/live', async (socket) => {
    for (const line of lines) socket.send(line);
    await socket.close({ code: 1000, reason });
  });
  await page.goto(stand.url);
  await page.getByText(words).waitFor();
});

test('a program that says what is no event is listened to no longer', async () => {
  const { page } = stand.visited;
  await serveRuns(page, [listed('1', 'a run', false)]);
  await page.routeWebSocket('**/live', (socket) => {
    socket.send(`${JSON.stringify(headerOf('a mixed run'))}\n\n${JSON.stringify(eventsOf(HOST)[0])}\nnonsense\n${DONE_LINE}`);
  });
  await page.goto(stand.url);
  await page.getByText('a mixed run').first().waitFor();
  await page.getByText('cannot be reached (line 4: not a JSON object)').waitFor();
});

test('files are shown as far as they go, and what is none is named', async () => {
  const { page } = stand.visited;
  await page.goto(stand.url);
  await page.waitForSelector('.app[data-ready=yes]');
  await open(page, 'A trace', file('story.txt', 'once upon a time\n'));
  await page.getByText('story.txt: This is not a trace (line 1').waitFor();
  // Whoever thinks better of it.
  await open(page, 'A trace');
  await open(page, 'A trace', file('cut.jsonl', traceOf('a cut run').replace(`${DONE_LINE}\n`, '')));
  await page.getByText('The file of “a cut run” stops after line 2').waitFor();
  await open(page, 'A trace beside this one', file('whole.jsonl', traceOf('a whole run')));
  await page.getByText('The two runs are the same, to the byte.').waitFor();
  await page.getByRole('button', { name: 'Only the left one' }).click();
  await open(page, 'A trace beside this one', file('cut.jsonl', traceOf('another cut run').replace(`${DONE_LINE}\n`, '')));
  await page.getByText('The file of “another cut run” stops after line 2').waitFor();
  await page.getByRole('button', { name: 'Only the left one' }).click();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('button', { name: 'The playground' }).click();
  await page.getByText('udp-punch: port-restricted × restricted').first().waitFor();
});

test('a run without statecharts has none to show or to save, and one whose name is signs alone is saved as a run', async () => {
  const { page } = stand.visited;
  await page.goto(stand.url);
  await page.waitForSelector('.app[data-ready=yes]');
  const bytes = Array.from({ length: 2_100 }, (_, index) => (index % 256).toString(16).padStart(2, '0')).join('');
  const packet: Untold = { kind: 'packet', what: 'sent', packet: 0, place: 'me', src: '192.0.2.7:1', dst: '203.0.113.5:2', content: { protocol: 'udp', label: 'long', length: 2_100, bytes } };
  const heard: Untold = { kind: 'heard', actor: 'me', type: 'udp.received', socket: 's', fields: {}, bytes: '0800' };
  await open(page, 'A trace', file('plain.jsonl', traceOf('…', { kind: 'actor', actor: 'me', place: 'me' }, packet, { kind: 'place', name: '203.0.113.5', type: 'remote', side: 'internet', depth: 0, addresses: ['203.0.113.5'] }, { ...packet, packet: 1 }, heard, { ...packet, packet: 2 })));
  await page.getByText('No statechart yet').waitFor();
  await page.getByRole('tab', { name: 'Context' }).click();
  await page.getByText('No actor is chosen.').waitFor();
  await page.getByRole('tab', { name: 'Details' }).click();
  await page.locator('.head-of', { hasText: '203.0.113.5' }).locator('.name').click();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.locator('.hex', { hasText: '52 bytes more' }).waitFor();
  const track = (await page.locator('.track').boundingBox())!;
  await page.mouse.click(track.x + track.width * 0.9, track.y + 5);
  await page.locator('[data-sheet=heard] .hex', { hasText: '08 00' }).waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  for (const [what, why] of [['Statechart SVG', 'There is no statechart on the page now.'], ['Mermaid statechart', 'This actor has no states to draw.']] as const) {
    await page.getByRole('button', { name: what }).click();
    await page.getByRole('alert').filter({ hasText: why }).waitFor();
  }
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^Packets/ }).click()]);
  expect(download.suggestedFilename()).toBe('run.pcapng');
});

test('an actor whose machine has no states is said to have none to draw', async () => {
  const { page } = stand.visited;
  await page.goto(stand.url);
  await page.waitForSelector('.app[data-ready=yes]');
  await open(page, 'A trace', file('odd.jsonl', traceOf('odd', { kind: 'machine', machine: 'odd', definition: 7 }, { kind: 'actor', actor: 'me', machine: 'odd', place: 'me' })));
  await page.getByText('This actor has no states to draw.').waitFor();
});

test('two long runs beside each other are drawn anew while the ones before are still seen', async () => {
  const { page } = stand.visited;
  await page.goto(stand.url);
  await page.waitForSelector('.app[data-ready=yes]');
  const { header, events } = manyEvents(8_000);
  const long = (title: string): string => writeTrace({ header: { ...header, title }, events });
  await open(page, 'A trace', file('one.jsonl', long('one')));
  await open(page, 'A trace beside this one', file('other.jsonl', long('other')));
  const left = page.locator('.two .sequence').first();
  const height = (): Promise<number> => left.evaluate((element) => element.scrollHeight);
  const low = await height();
  await left.hover();
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expect.poll(height).toBeGreaterThan(low);
});
