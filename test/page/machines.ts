/** Every machine that exists, found by itself: whatever of xstate's a protocol's index exports. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyStateMachine, StateMachine } from 'xstate';

const FOLDER = join(import.meta.dirname, '../../machines');

const indexes = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => /^[^/]+\/index\.ts$/.test(name));
const exported = await Promise.all(indexes.map(async (name) => Object.values((await import(join(FOLDER, name))) as Record<string, unknown>)));

export const everyMachine: readonly AnyStateMachine[] = exported.flat().filter((one): one is AnyStateMachine => one instanceof StateMachine);
