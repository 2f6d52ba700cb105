/** `natpunch/node`: the port on real sockets. */
export { nodeClock } from './clock.ts';
export { nodeNet } from './net.ts';
export { resolveHost, ResolveError } from './resolve.ts';
export { newSeed } from './seed.ts';
