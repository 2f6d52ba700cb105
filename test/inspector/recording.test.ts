/** A recording as a trace, as it was written down, without running its machine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refoldTraced } from '../../cli/traced-refolding.ts';
import { traceLog } from '../../cli/inspector/trace/log.ts';
import type { Trace } from '../../cli/inspector/trace/trace.ts';

const LOGS = join(import.meta.dirname, '../traces');

/** What was asked of the network, and heard, but pieces of streams: of the application's only the length is known. */
const told = ({ events }: Trace): unknown[] => events.flatMap((event) => ((event.kind === 'effect' || event.kind === 'heard') && event.payload === undefined && !/^tcp\.(?:send|received)$/.test(event.type) ? [[event.kind, event.type, event.socket, event.fields]] : []));

test.each(readdirSync(LOGS).filter((name) => name.endsWith('.jsonl')))('%s asks and hears as its refolding does, and has no states', (name) => {
  const { trace, log } = refoldTraced(name, readFileSync(join(LOGS, name), 'utf8'));
  const recorded = traceLog(name, log)!;
  expect(told(recorded)).toEqual(told(trace));
  expect(recorded.events.filter(({ kind }) => kind === 'snapshot')).toEqual([]);
});
