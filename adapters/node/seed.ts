/** The one place where real chance comes in. */
import { randomBytes } from 'node:crypto';

/** 128 bits that nobody can guess, as 32 hex digits. */
export function newSeed(): string {
  return randomBytes(16).toString('hex');
}
