/**
 * The worker's side of an agent: loads one module and runs its exported functions on request.
 *
 * For: being started inside a namespace by agent.ts. Plain JavaScript, which needs no loader.
 * Never: outlives its parent: when the channel closes, it ends.
 */
import process from 'node:process';

process.on('disconnect', () => process.exit(0));
// What a parent kills half-way through a message must not look like a crash of the module.
const send = (message) => process.connected && process.send(message, () => undefined);

const text = (error) => (error instanceof Error ? (error.stack ?? error.message) : String(error));

const module = await import(process.argv[2]);

process.on('message', async ({ id, name, args }) => {
  try {
    if (typeof module[name] !== 'function') throw new Error(`the module exports no function "${name}"`);
    send({ id, result: await module[name](...args) });
  } catch (error) {
    send({ id, error: text(error) });
  }
});
send({ ready: true });
