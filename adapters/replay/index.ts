/** `natpunch/replay`: recordings, and the port and clock that play them again. */
export type { LogHeader, Told } from './format.ts';
export { type BadLog, isBadLog, readLog } from './log.ts';
export { record, type Recording, type RecordOptions } from './record.ts';
export { type Divergence, replay, type Replayed } from './replay.ts';
