/** `natpunch/effects`: the port, and what every machine and adapter is written against. */
export type { Clock } from './clock.ts';
export { type Codec, type Decoded, redactor } from './codec.ts';
export { type Endpoint, formatEndpoint, parseEndpoint, sameEndpoint } from './endpoint.ts';
export { type NetCommand, type NetHeard, netPort } from './net-actor.ts';
export type { Net, NetEffect, NetEvent, NetFailed, NetFailure } from './net.ts';
export { run, type Running, type RunOptions } from './run.ts';
export type { OutcomeReported, Part, Scenario, ServerReported, Stage } from './scenario.ts';
export { derive } from './seed.ts';
