/**
 * A raw ICMP socket for the programs that stand in for the originals. Needs root and the optional raw-socket; nothing of ours.
 */
import { createRequire } from 'node:module';

export interface RawIcmp {
  /** Sends a message; the kernel writes the IP header. */
  send(data: Buffer, to: string): void;
  close(): void;
}

interface RawSocket {
  on(event: 'message', listener: (packet: Buffer, source: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  send(data: Buffer, offset: number, length: number, to: string, sent: (error: Error | null) => void): void;
  close(): void;
}

interface RawModule {
  readonly Protocol: { readonly ICMP: number };
  createSocket(options: { readonly protocol: number }): RawSocket;
}

/** `heard` gets what came behind the IP header. */
export function rawIcmp(heard: (message: Buffer, source: string) => void): RawIcmp {
  const raw: RawModule = createRequire(import.meta.url)('raw-socket');
  const socket = raw.createSocket({ protocol: raw.Protocol.ICMP });
  socket.on('message', (packet, source) => heard(Buffer.from(packet.subarray(((packet[0] ?? 0) & 15) * 4)), source));
  socket.on('error', () => undefined);
  return {
    send: (data, to) => socket.send(data, 0, data.length, to, () => undefined),
    close: () => socket.close(),
  };
}
