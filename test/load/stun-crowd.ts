/** A thousand STUN clients on sockets of their own, who ask again when nothing comes, and what each was told. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import { attribute, decodeStun, encodeStun, type StunMessage } from '../../effects/wire/stun.ts';

export interface Told {
  /** Of the client's socket. */
  readonly local: Endpoint;
  /** Where the answer came from. */
  readonly from: Endpoint;
  readonly answer: StunMessage;
  /** The request's, as the answer must repeat it. */
  readonly transactionId: Uint8Array;
}

/** The nth client's question. */
export interface Question {
  readonly to: Endpoint;
  readonly changeIp: boolean;
  readonly changePort: boolean;
  readonly classic: boolean;
}

const ASK_AGAIN_MS = 300;
const ASKED_AT_MOST = 30;
/** As many sockets are opened at a time, so that the system's limit of descriptors is never near. */
const AT_ONCE = 250;

export async function askAll(count: number, question: (n: number) => Question): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, n) => first + n);
    told.push(...(await Promise.all(some.map((n) => ask(n, question(n))))));
  }
  return told;
}

/** Whether a client was told what is true: its own address, and that the answer came from where it says. */
export function isTrue({ local, from, answer, transactionId }: Told): boolean {
  const mapped = attribute(answer, 'mapped-address')?.endpoint;
  const xored = attribute(answer, 'xor-mapped-address')?.endpoint;
  const origin = attribute(answer, answer.transactionId.length === 16 ? 'source-address' : 'response-origin')?.endpoint;
  const isOwn = mapped !== undefined && sameEndpoint(mapped, local) && (!xored || sameEndpoint(xored, local));
  return isOwn && origin !== undefined && sameEndpoint(origin, from) && Buffer.compare(answer.transactionId, transactionId) === 0;
}

async function ask(n: number, { to, changeIp, changePort, classic }: Question): Promise<Told> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    const transactionId = new Uint8Array(classic ? 16 : 12);
    new DataView(transactionId.buffer).setUint32(0, n);
    const attributes = changeIp || changePort ? [{ type: 'change-request' as const, changeIp, changePort }] : [];
    const request = encodeStun({ class: 'request', method: 1, transactionId, attributes });
    const { address: host, port } = socket.address();
    const { data, from } = await answered(socket, () => socket.send(request, to.port, to.host));
    return { local: { host, port }, from, answer: decodeStun(data), transactionId };
  } finally {
    socket.close();
  }
}

function answered(socket: Socket, send: () => void): Promise<{ data: Uint8Array; from: Endpoint }> {
  return new Promise((resolve, reject) => {
    let asked = 0;
    const again = (): void => {
      asked += 1;
      if (asked <= ASKED_AT_MOST) return send();
      clearInterval(timer);
      reject(new Error('the server is silent'));
    };
    const timer = setInterval(again, ASK_AGAIN_MS);
    socket.once('message', (data, { address: host, port }) => {
      clearInterval(timer);
      resolve({ data: new Uint8Array(data), from: { host, port } });
    });
    again();
  });
}
