/** vitest's setup file, which is run for each file of tests. */
import { afterAll } from 'vitest';
import { clearAll } from './leftovers.ts';

afterAll(clearAll);
