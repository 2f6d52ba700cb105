/**
 * Runs once before all lab tests.
 *
 * For: failing the whole run with one clear line where the machine cannot hold a lab.
 * Never: skips a test in silence.
 */
import { preflight } from './lab.ts';

export default function setup(): void {
  const reason = preflight();
  if (reason !== undefined) throw new Error(reason);
}
