/** Datagrams through nodeNet on loopback, beside bare node:dgram: one process, two sockets, a window of datagrams in flight. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Subject } from 'rxjs';
import { nodeNet } from '../../adapters/node/net.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect } from '../../effects/net.ts';
import { amount } from './amount.ts';
import { median, processorMs } from './measure.ts';
import { perSecond, type Row } from './table.ts';

const TURNS = 5;
const WINDOW = 64;
const DATAGRAMS = WINDOW + amount(20_000);
const DATA = new Uint8Array(100).fill(3);
/** A deadline, not a claim: a busy machine takes many times as long. */
const DEADLINE_MS = 120_000;

export async function datagramRows(): Promise<readonly Row[]> {
  await throughNodeNet();
  await bare();
  const turns: { one: number; other: number }[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) turns.push({ one: await throughNodeNet(), other: await bare() });
  return [
    {
      what: 'nodeNet: datagrams sent and received',
      figure: perSecond(median(turns.map(({ one }) => one))),
      baseline: { name: 'bare node:dgram', figure: perSecond(median(turns.map(({ other }) => other))), ratio: median(turns.map(({ one, other }) => one / other)) },
      note: `per core, both ends; ${DATA.length} bytes`,
    },
  ];
}

async function throughNodeNet(): Promise<number> {
  const effects = new Subject<NetEffect>();
  let taken = (): void => undefined;
  const ports: Endpoint[] = [];
  let bothOpen = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    bothOpen = resolve;
  });
  const heard = nodeNet()(effects).subscribe((event) => {
    if (event.type === 'udp.received') taken();
    else if (event.type === 'udp.opened' && ports.push(event.local) === 2) bothOpen();
  });
  for (const socket of ['one', 'other']) effects.next({ type: 'udp.open', socket, local: { host: '127.0.0.1' } });
  await opened;
  const to = ports[1]!;
  const rate = await stream(
    () => effects.next({ type: 'udp.send', socket: 'one', to, data: DATA }),
    (listener) => {
      taken = listener;
    },
  );
  heard.unsubscribe();
  return rate;
}

async function bare(): Promise<number> {
  const [one, other] = [createSocket('udp4'), createSocket('udp4')];
  for (const socket of [one, other]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setRecvBufferSize(4 * 1024 * 1024);
  }
  const { port } = other.address();
  const rate = await stream(
    () => one.send(DATA, port, '127.0.0.1'),
    (listener) => void other.on('message', listener),
  );
  one.close();
  other.close();
  return rate;
}

/** Datagrams by the second of processor. Loopback loses none of a window that fits the buffer; if it should, this rejects. */
async function stream(send: () => void, onTaken: (listener: () => void) => void): Promise<number> {
  const from = processorMs();
  await new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`${taken} of ${DATAGRAMS} datagrams arrived`)), DEADLINE_MS);
    let sent = 0;
    let taken = 0;
    onTaken(() => {
      taken += 1;
      if (sent < DATAGRAMS) {
        sent += 1;
        send();
      }
      if (taken < DATAGRAMS) return;
      clearTimeout(deadline);
      resolve();
    });
    for (; sent < WINDOW; sent += 1) send();
  });
  return (DATAGRAMS / (processorMs() - from)) * 1000;
}
