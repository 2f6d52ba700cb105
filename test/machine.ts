/** On what figures were made, for the pages that tell them. */
import { cpus, release, type } from 'node:os';

/** `Linux 6.18, Node v20.20.2, 2 × AMD EPYC`. */
export function machineWords(): string {
  const kernel = /^\d+\.\d+/.exec(release())?.[0] ?? release();
  return `${type()} ${kernel}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
}
