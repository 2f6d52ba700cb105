/** As much as is used of a package without types. */
declare module '@bcoe/v8-coverage' {
  import type { Profiler } from 'node:inspector';

  interface ProcessCoverage {
    readonly result: Profiler.ScriptCoverage[];
  }
  export function mergeProcessCovs(coverages: readonly ProcessCoverage[]): ProcessCoverage;
}
