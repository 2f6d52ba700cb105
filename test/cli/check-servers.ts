/** The servers of `natpunch check` on 127.0.0.1 and 127.0.0.2, as processes that a file's tests share; and one that answers late. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { decodeStun, encodeStun } from '../../effects/wire/stun.ts';
import { leave } from '../leftovers.ts';
import { type Command, natpunch } from './command.ts';

export interface Served extends Command {
  readonly address: string;
}

/** `natpunch serve …args`; its address is the first that it announces. */
export async function serving(...args: string[]): Promise<Served> {
  const server = natpunch(['serve', ...args]);
  const [, address = ''] = await server.seen(args.includes('--json') ? 'stdout' : 'stderr', /((?:\d+\.\d+\.\d+\.\d+|\[[\da-f:]+\]):\d+)/);
  return { ...server, address };
}

/** Resolves once all four sockets of a server with an alternate, and their TCP sides, are announced. */
export async function stunServing(...args: string[]): Promise<Served> {
  const server = await serving('stun', '--listen', '127.0.0.1:0', '--alternate', '127.0.0.2:0', ...args);
  await server.seen(args.includes('--json') ? 'stdout' : 'stderr', /(?:^.*127\..*\n){8}/m);
  return server;
}

/** With a folder: as JSON, recorded there in `server.jsonl` and `assist.jsonl`. */
export async function rolesServing(folder?: string): Promise<{ readonly server: Served; readonly assist: Served }> {
  const recorded = (file: string): string[] => (folder === undefined ? [] : ['--json', '--record', join(folder, file)]);
  const server = await serving('nat-check', '--listen', '127.0.0.1:0', ...recorded('server.jsonl'));
  const assist = await serving('assist', '--listen', '127.0.0.2:0', '--server', server.address, ...recorded('assist.jsonl'));
  return { server, assist };
}

/**
 * A STUN server that answers the first request at the fifth, names another address and says no more: whoever asks it takes
 * the line for a slow one, and waits for long.
 */
export async function slowStun(): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  leave(() => void socket.close());
  await once(socket, 'listening');
  const requests: { readonly data: Uint8Array; readonly from: RemoteInfo }[] = [];
  socket.on('message', (data, from) => {
    requests.push({ data, from });
    const [first] = requests;
    if (requests.length !== 5 || !first) return;
    const { address: host, port } = first.from;
    const attributes = [{ type: 'xor-mapped-address', endpoint: { host, port } }, { type: 'other-address', endpoint: { host: '127.0.0.2', port: 9 } }] as const;
    const { method, transactionId } = decodeStun(first.data);
    socket.send(encodeStun({ class: 'success', method, transactionId, attributes }), port, host);
  });
  return `127.0.0.1:${socket.address().port}`;
}
