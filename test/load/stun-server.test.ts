/**
 * One STUN server on two addresses and two ports of loopback, a thousand clients of every kind, and fifty thousand datagrams
 * that it should not have been sent. The server is a process of its own, so that its memory can be told.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import { CORNERS, type Corner } from '../../machines/nat-check/stun-sites.ts';
import { storm, type Storm } from './stranger.ts';
import { type StunChild, type StunFigures, startStunServer } from './stun-child.ts';
import { askAll, isTrue, type Question, type Told } from './stun-crowd.ts';
import { plainRequest, stunJunk } from './stun-junk.ts';

const CLIENTS = 1_000;
const JUNK = 50_000;
const STRANGERS = 16;
const SEED = 11;
/** Several times what was measured. */
const HEAP_GROWTH_LIMIT_MIB = 4;

let server: StunChild;
let strangers: Storm;
let told: readonly Told[];
let before: StunFigures;
let after: StunFigures;

beforeAll(async () => {
  server = await startStunServer();
  strangers = await storm(place('a1p1').port, STRANGERS, plainRequest);
  await strangers.send(STRANGERS, (n) => stunJunk(SEED, n));
  before = await server.collectedFigures();
  const flood = strangers.send(JUNK, (n) => stunJunk(SEED, n));
  told = await askAll(CLIENTS, question);
  await flood;
  after = await server.collectedFigures();
  const mib = ({ heapBytes, rssBytes }: StunFigures): string => `heap ${(heapBytes / 1_048_576).toFixed(1)} resident ${(rssBytes / 1_048_576).toFixed(0)} MiB`;
  console.info(`${CLIENTS} clients under ${JUNK} junk datagrams: ${mib(before)} > ${mib(after)}, ${((after.cpuMs - before.cpuMs) / 1000).toFixed(1)} s of processor`);
}, 60_000);

afterAll(async () => {
  strangers?.close();
  await server?.stop();
}, 10_000);

test('every one of a thousand clients is told its own address, under a flood', () => {
  expect(told).toHaveLength(CLIENTS);
  expect(told.filter((one) => !isTrue(one))).toEqual([]);
});

test('each is answered by the socket that it wanted to be answered by', () => {
  const strays = told.filter(({ from }, n) => !sameEndpoint(from, place(wanted(n))));
  expect(strays).toEqual([]);
});

test('junk is not answered', () => {
  expect(strangers.sources.filter(({ heard }) => heard > 0)).toEqual([]);
});

test('a flood leaves nothing behind in the heap', () => {
  expect((after.heapBytes - before.heapBytes) / 1_048_576).toBeLessThan(HEAP_GROWTH_LIMIT_MIB);
});

test('over TCP the same addresses and ports answer, and hang up on what is not STUN', async () => {
  for (const corner of CORNERS) {
    const to = place(corner);
    const [answer, local] = await overTcp(to, plainRequest('0'.repeat(24)));
    const port = local.port.toString(16).padStart(4, '0');
    expect(toHex(answer.subarray(32, 44))).toBe(`000100080001${port}7f000001`);
    expect(await overTcp(to, new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'))).toEqual([new Uint8Array(0), expect.anything()]);
  }
});

/** Every kind of client to every socket: plain, each CHANGE-REQUEST, modern and classic. */
function question(n: number): Question {
  return { to: place(CORNERS[n % 4]!), changeIp: (n & 4) !== 0, changePort: (n & 8) !== 0, classic: (n & 16) !== 0 };
}

function wanted(n: number): Corner {
  return CORNERS[(n % 4) ^ ((n & 4) !== 0 ? 2 : 0) ^ ((n & 8) !== 0 ? 1 : 0)]!;
}

function place(corner: Corner): Endpoint {
  return server.opened[corner]!;
}

/** The first bytes that come back, none when the server hangs up; and the client's end. */
function overTcp({ host, port }: Endpoint, data: Uint8Array): Promise<readonly [Uint8Array, Endpoint]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, localAddress: '127.0.0.1' }, () => {
      const local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 };
      const settle = (bytes: Uint8Array): void => {
        socket.destroy();
        resolve([bytes, local]);
      };
      socket.once('data', (bytes) => settle(new Uint8Array(bytes)));
      socket.once('close', () => settle(new Uint8Array(0)));
      socket.once('error', () => settle(new Uint8Array(0)));
      socket.write(data);
    });
    socket.once('error', reject);
  });
}
