/** One client of `stun-load.ts`: keeps so many requests under way until all are answered. Believes whatever answers. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { stunMethod } from '../../effects/wire/stun.ts';
import { type LoadDone, type LoadOrder, REQUEST_SIZE } from './stun-load.ts';

/** Over loopback nothing takes this long; what is not answered by then was lost. */
const SILENCE_MS = 200;
const COOKIE = [0x21, 0x12, 0xa4, 0x42];

process.on('message', async (order: LoadOrder) => {
  const done = await carryOut(order);
  process.send?.(done);
});
process.on('disconnect', () => process.exit());

async function carryOut({ port, requests, inFlight }: LoadOrder): Promise<LoadDone> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
  // Connected, so that no address is looked up for each datagram.
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const request = new Uint8Array(REQUEST_SIZE);
  request.set([0, stunMethod.binding, 0, 0, ...COOKIE]);

  let answered = 0;
  let asked = 0;
  let lost = 0;
  await new Promise<void>((resolve) => {
    let before = -1;
    const ask = (): void => {
      if (asked >= requests) return;
      asked += 1;
      socket.send(request);
    };
    const watch = setInterval(() => {
      if (answered === before) {
        lost += asked - answered;
        asked = answered;
        for (let n = 0; n < inFlight; n += 1) ask();
      }
      before = answered;
    }, SILENCE_MS);
    socket.on('message', () => {
      answered += 1;
      ask();
      if (answered < requests) return;
      clearInterval(watch);
      resolve();
    });
    for (let n = 0; n < inFlight; n += 1) ask();
  });
  socket.close();
  return { lost };
}
