/** Whatever a recording says, replay either does exactly that or names the first line where it does not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BadLog } from '../../adapters/replay/log.ts';
import type { Divergence } from '../../adapters/replay/replay.ts';
import { runs } from '../runs.ts';
import { recordSession, replayLines, replayText, withoutSums } from './session.ts';

const recorded = recordSession();
const lines = withoutSums(recorded);
const text = `${lines.join('\n')}\n`;

describe('an untouched log', () => {
  test('replays without a divergence', () => expect(replayLines(recorded)).toBeUndefined());

  test('replays without its sums, as if it were written by hand', () => expect(replayLines(lines)).toBeUndefined());

  test('replays when the network answered while it was being asked', () => {
    const sync = recordSession({ atOnce: true });
    expect(sync.some((line) => line.includes('"sync":true'))).toBe(true);
    expect(replayLines(sync)).toBeUndefined();
  });

  test('of a killed process replays as far as it goes, wherever it was killed between two lines', () => {
    expect(replayLines(recordSession({ killed: true }))).toBeUndefined();
    for (let kept = 1; kept <= recorded.length; kept += 1) expect(replayLines(recorded.slice(0, kept)), `${kept} lines`).toBeUndefined();
  });

  test('of 100,000 lines replays in a few seconds of computing', { timeout: 60_000 }, () => {
    const count = runs(100_000, 5_000);
    const long = recordSession({ lastsMs: 50 * count }).slice(0, count);
    expect(long).toHaveLength(count);
    // Computing time, as other programs may be using the processor.
    const began = process.cpuUsage();
    expect(replayLines(long)).toBeUndefined();
    const { user, system } = process.cpuUsage(began);
    // Where branches are counted (test/cli/build.ts), counting takes longer than what is counted. Half a second is for the first ones.
    expect((user + system) / 1_000).toBeLessThan(500 + (process.env['NATPUNCH_COUNTS'] === undefined ? 0.06 : 0.3) * count);
  });
});

describe('a line that is JSON, but none of a log', () => {
  test.each(['7', 'null', '"effect"', '[]', '{}', '{"t":0,"elsewhere":1}'])('%s is refused, by its number', (line) => {
    expect(replayText(`${withoutSums(recorded).slice(0, 2).join('\n')}\n${line}\n`)).toMatchObject({ kind: 'bad-log', line: 3 });
  });
});

describe('a log with a byte changed after it was written', () => {
  const bytes = Buffer.from(`${recorded.join('\n')}\n`);
  const starts = recorded.map((_, index) => recorded.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0));

  const expectRefused = (index: number, at: number, byte: number): void => {
    const place = (starts[index] ?? 0) + at;
    if (bytes[place] === byte) return;
    const changed = Buffer.from(bytes);
    changed[place] = byte;
    const found = replayText(changed.toString('utf8'));
    // Plain comparisons: an expect() for each of so many would take most of the time.
    if (found?.kind === 'bad-log' && found.line === index + 1) return;
    expect.fail(`line ${index + 1}, byte ${at + 1}, now ${byte}: ${found?.message ?? 'refolds'}`);
  };

  test('is plain ASCII, so that every byte is in a sum', () => expect(bytes.every((byte) => byte < 127)).toBe(true));

  test('is refused with that line, wherever the byte is, its line feed too', { timeout: 60_000 }, () => {
    const step = runs(1, 16);
    const others = [0, 9, 10, 13, 32, 34, 44, 48, 57, 92, 97, 102, 125, 128, 195, 255];
    recorded.forEach((line, index) => {
      for (let at = index % step; at <= line.length; at += step) {
        expectRefused(index, at, others[(at + index) % others.length] ?? 0);
        expectRefused(index, at, (line.charCodeAt(at) || 10) ^ (1 << (at + index) % 8));
      }
    });
  });

  test('is refused with that line, whatever it becomes', { timeout: 60_000 }, () => {
    const step = runs(1, 128);
    for (const index of [0, 1, 4, recorded.findIndex(isPayload)]) {
      for (let at = 0; at <= (recorded[index]?.length ?? 0); at += 1) for (let byte = at % step; byte < 256; byte += step) expectRefused(index, at, byte);
    }
    const last = recorded.length - 1;
    for (let at = 0; at <= (recorded[last]?.length ?? 0); at += 1) for (let byte = at % step; byte < 256; byte += 5 * step) expectRefused(last, at, byte);
  });

  test('says so, and says what is missing of a line without its sum', () => {
    const changed = recorded.with(3, (recorded[3] ?? '').replace('"t":', '"t":1'));
    expect(replayLines(changed)).toMatchObject({ kind: 'bad-log', line: 4, message: 'line 4: changed after it was written' });
    expect(replayLines(recorded.with(3, lines[3] ?? ''))).toMatchObject({ kind: 'bad-log', line: 4, message: expect.stringMatching('lacks the sum') });
  });

  test('is refused at the line that has a sum, even where others have none', () => {
    expect(replayLines(lines.with(3, recorded[3] ?? ''))).toBeUndefined();
    const changed = (recorded[3] ?? '').replace('"t":', '"t":1');
    expect(replayLines(lines.with(3, changed))).toMatchObject({ kind: 'bad-log', line: 4, message: expect.stringMatching('changed after') });
  });
});

describe('a changed log without sums', () => {
  test('is caught at every character of the lines that start, retry, hear, fire and close', { timeout: 60_000 }, () => {
    for (const index of [1, 3, 5, 6, 7, 9, lines.findIndex((line) => line.includes('"told"')), lines.length - 2, lines.length - 1]) {
      const length = lines[index]?.length ?? 0;
      for (let at = 0; at < length; at += runs(1, 12)) {
        for (const character of ['0', 'a', ' ', '"']) expectCaught(index, at, character);
      }
    }
  });

  test('is caught at any character of any line, whatever replaces it', { timeout: 60_000 }, () => {
    const place = fc.integer({ min: 1, max: lines.length - 1 }).chain((index) =>
      fc.tuple(fc.constant(index), fc.nat({ max: (lines[index]?.length ?? 1) - 1 }), fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 })),
    );
    fc.assert(fc.property(place, ([index, at, character]) => expectCaught(index, at, character)), { numRuns: runs(4_000, 250) });
  });

  test('with another input is caught at the first effect that the input decides', () => {
    const header = (lines[0] ?? '').replace('203.0.113.9', '203.0.113.8');
    expect(replayLines([header, ...lines.slice(1)])).toMatchObject({ kind: 'divergence', line: 5 });
  });

  test('whose time goes back is refused at that line', () => {
    const index = lines.length - 2;
    const early = (lines[index] ?? '').replace(/"t":[^,]+/, '"t":1');
    expect(replayLines(lines.with(index, early))).toMatchObject({ kind: 'bad-log', line: index + 1, message: expect.stringMatching('t goes back') });
  });

  test('with a header that is not one is refused at line 1', () => {
    for (const [from, to] of [['log/1', 'log/2'], ['"id"', '"di"'], ['"input"', '"output"'], ['{', '']] as const) {
      expect(replayText(text.replace(from, to)), to).toMatchObject({ kind: 'bad-log', line: 1 });
    }
    expect(replayText('')).toMatchObject({ kind: 'bad-log', line: 1 });
  });

  test('that lacks a line is caught there or at the next', () => {
    meaningful.forEach((index) => expectNamed(replayLines(lines.toSpliced(index, 1)), index, `without line ${index + 1}`));
  });

  test('that has a line twice is caught there or at the next', () => {
    const once = lines.flatMap((line, index) => (index > 0 && !isPayload(line) ? [index] : []));
    once.forEach((index) => expectNamed(replayLines(lines.toSpliced(index, 0, lines[index] ?? '')), index + 1, `line ${index + 1} twice`));
  });

  test('that has two lines swapped is caught at one of them or at the next', () => {
    for (const index of meaningful) {
      const [one = '', other = ''] = lines.slice(index, index + 2);
      if (isPayload(other)) continue;
      expectNamed(replayLines(lines.toSpliced(index, 2, other, one)), index, `lines ${index + 1} and ${index + 2} swapped`);
    }
  });
});

describe('a log cut short', () => {
  test('within a line says so and names the line, wherever the cut is', () => {
    const whole = `${recorded.join('\n')}\n`;
    for (let at = 1; at < whole.length; at += 7) {
      const cut = whole.slice(0, at);
      const last = cut.split('\n').at(-1) ?? '';
      const found = replayText(cut);
      if (last === '' || recorded.includes(last)) expect(found, `cut at ${at}`).toBeUndefined();
      else expect(found, `cut at ${at}`).toMatchObject({ kind: 'bad-log', line: cut.split('\n').length, message: expect.stringMatching('cut short') });
    }
  });

  test('is not how a broken line in the middle is explained', () => {
    const broken = lines.with(4, lines[4]?.slice(0, 30) ?? '');
    expect(replayLines(broken)).toMatchObject({ kind: 'bad-log', line: 5, message: expect.stringMatching('^line 5: not JSON') });
  });
});

describe('a divergence', () => {
  test('shows both sides of an effect that differs, and which fields do', () => {
    const index = lines.findIndex((line) => line.includes('"ttl":3'));
    const found = replayLines(lines.with(index, (lines[index] ?? '').replace('"ttl":3', '"ttl":9')));
    expect(found).toMatchObject({ kind: 'divergence', line: index + 1, message: expect.stringContaining('something else (ttl)') });
    expect(found).toMatchObject({ expected: expect.stringContaining('"ttl":9'), actual: expect.stringContaining('"ttl":3') });
  });

  test('names a timer that was never set, and one that has fired', () => {
    const index = lines.findIndex((line) => line.includes('"timer":'));
    const late = (lines[index] ?? '').replace(/"timer":\d+/, '"timer":99');
    expect(replayLines(lines.with(index, late))).toMatchObject({ line: index + 1, message: expect.stringMatching('never set') });
    const twice = lines.toSpliced(index + 2, 0, lines[index] ?? '');
    expect(replayLines(twice)).toMatchObject({ line: index + 3, message: expect.stringMatching('has fired') });
  });

  test('names a timer that the machine has cancelled', () => {
    const reply = lines.findIndex((line) => line.includes('"timer":1}')) + 2;
    const cancelled = lines.toSpliced(reply + 2, 0, '{"t":202.5,"timer":2}');
    expect(replayLines(cancelled)).toMatchObject({ line: reply + 3, expected: '{"timer":2}', message: expect.stringMatching('was cancelled') });
  });

  test('names an event that the machine could not hear any more', () => {
    const heard = (lines.findLast((line) => line.includes('"udp.received"')) ?? '').replace(/"t":[^,]+/, '"t":1500');
    const late = lines.toSpliced(lines.length - 1, 0, heard);
    expect(replayLines(late)).toMatchObject({ line: lines.length, message: expect.stringMatching('no open network') });
  });

  test('names what the machine asks after all that an ended log has', () => {
    const bye = lines.findIndex((line) => line.includes('"type":"close","socket"'));
    expect(replayLines(lines.toSpliced(bye, 1))).toMatchObject({ line: bye + 1, expected: '{"end":true}', actual: expect.stringContaining('"close"') });
  });

  test('is not seen in an event after the end, which no log may have', () => {
    expect(replayLines([...lines, lines[5] ?? ''])).toMatchObject({ kind: 'bad-log', line: lines.length + 1 });
  });
});

/** Lines whose absence matters: not payload, which replay passes over, and not `end`, without which a log is only unended. */
const meaningful = lines.flatMap((line, index) => (index > 0 && index < lines.length - 1 && !isPayload(line) ? [index] : []));

function isPayload(line: string): boolean {
  return line.includes('"payload":');
}

/** A changed character is caught at its line or at the effect that follows from it, or it stood where nothing depends on it. */
function expectCaught(index: number, at: number, character: string): void {
  const line = lines[index] ?? '';
  const changed = line.slice(0, at) + character + line.slice(at + 1);
  const found = replayLines(lines.with(index, changed));
  const what = `line ${index + 1}, character ${at + 1}: ${changed}`;
  if (changed === line || sameButTime(changed, line) || (isPayload(line) && isPayload(changed))) return;
  expectNamed(found, index, what);
}

function expectNamed(found: Divergence | BadLog | undefined, index: number, what: string): void {
  expect(found, what).toBeDefined();
  if (found === undefined) return;
  expect(found.message, what).toMatch(`line ${found.line}: `);
  expect(found.line, what).toBeGreaterThanOrEqual(index + 1);
  const next = lines.findIndex((line, later) => later > index && !isPayload(line));
  expect(found.line, what).toBeLessThanOrEqual((next === -1 ? index : next) + 2);
}

function sameButTime(one: string, other: string): boolean {
  const [first, second] = [one, other].map((line) => line.replace(/^\{"t":[^,]+,/, '{'));
  return first === second && parses(one);
}

function parses(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
