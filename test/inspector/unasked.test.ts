/** What nobody asks to inspect is not watched: no listener, no server, no file. */
import { expect, test, vi } from 'vitest';
import { beginInspection } from '../../cli/inspector/inspection.ts';
import * as runs from '../../effects/run.ts';
import * as worlds from '../../adapters/sim/watching.ts';

vi.mock('../../effects/run.ts', { spy: true });
vi.mock('../../adapters/sim/watching.ts', { spy: true });

test('without --inspect, --trace and --stately nothing watches the runs and worlds of a command', async () => {
  expect(await beginInspection({}, 'a run', 'live')).toBeUndefined();
  expect(runs.watchRuns).not.toHaveBeenCalled();
  expect(worlds.watchWorlds).not.toHaveBeenCalled();
});
