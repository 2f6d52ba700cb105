/**
 * How often chance is asked. `npm test` asks a share of what the project claims, so that it ends in a minute; `npm run test:slow`
 * runs every test file that imports this again, and asks all of it.
 */
import { IS_FULL } from './lab/full.ts';

export function runs(all: number, share: number): number {
  return IS_FULL ? all : share;
}
