/**
 * A program that builds a lab, starts a process in it, and then ends badly on request.
 *
 * For: the tests that ask what a lab leaves behind.
 * Never: disposes of its lab.
 *
 * usage: crash-fixture.ts exit|throw|wait
 */
import { buildLab } from './lab.ts';

const lab = await buildLab({ a: 'port-restricted', delayMs: 10 });
lab.exec('a', ['sleep', '1000']);
process.stdout.write(`${lab.hosts.a.ns}\n`);
const how = process.argv[2];
if (how === 'exit') process.exit(3);
if (how === 'throw') throw new Error('a crash on purpose');
setInterval(() => undefined, 1_000);
