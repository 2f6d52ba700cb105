/**
 * The optional package raw-socket, as far as it is used here, and its system's words as error codes. Loaded at the first need
 * only: it is native, and where no compiler was it is not there.
 */
import { createRequire } from 'node:module';
import { failureOf, systemCode, type Failure } from './failure.ts';

export interface RawSocket {
  on(event: 'message', listener: (packet: Buffer, source: string) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** `before` is called just before the packet leaves, and may throw what `after` then gets. */
  send(buffer: Buffer, offset: number, length: number, address: string, before: () => void, after: (error: Error | null) => void): unknown;
  setOption(level: number, option: number, value: number): void;
  pauseRecv(): unknown;
  resumeRecv(): unknown;
  close(): unknown;
}

export interface RawModule {
  readonly Protocol: { readonly ICMP: number };
  readonly SocketLevel: { readonly IPPROTO_IP: number };
  readonly SocketOption: { readonly IP_TTL: number };
  createSocket(options: { readonly protocol: number; readonly bufferSize: number }): RawSocket;
}

/** The package, or why it cannot be used and what would help. Of another platform or another way to load it only tests know. */
export function loadRaw({ platform = process.platform, load = requireRaw }: { readonly platform?: string; readonly load?: () => RawModule } = {}): RawModule | Failure {
  if (platform !== 'linux') return { code: 'unsupported', why: `raw ICMP is built for Linux, and this is ${platform}` };
  try {
    return load();
  } catch (error) {
    const isThere = !(error instanceof Error && systemCode(error) === 'MODULE_NOT_FOUND' && error.message.includes("'raw-socket'"));
    const remedy = `npm ${isThere ? 'rebuild' : 'install'} raw-socket`;
    return { code: 'unsupported', why: `it needs the optional package raw-socket, which is not ${isThere ? 'built' : 'installed'}: with a C++ compiler, make and python3 there, run "${remedy}"` };
  }
}

/** What raw-socket threw: it has the system's words only. */
export function rawFailureOf(error: unknown): Failure {
  const words = error instanceof Error ? error.message : '';
  const code = WORDS[words];
  return failureOf(code === undefined ? error : { code });
}

/** Not a failure: there was nothing to read after all. */
export function isTransient(error: unknown): boolean {
  return error instanceof Error && /^(?:Resource temporarily unavailable|Interrupted system call)$/.test(error.message);
}

function requireRaw(): RawModule {
  return createRequire(import.meta.url)('raw-socket') as RawModule;
}

/** Linux's strerror, of musl too where it differs. */
const WORDS: Readonly<Record<string, string>> = {
  'Operation not permitted': 'EPERM',
  'Permission denied': 'EACCES',
  'Network is unreachable': 'ENETUNREACH',
  'Network unreachable': 'ENETUNREACH',
  'No route to host': 'EHOSTUNREACH',
  'Host is unreachable': 'EHOSTUNREACH',
  'Network is down': 'ENETDOWN',
  'Invalid argument': 'EINVAL',
  'Message too long': 'EMSGSIZE',
  'Message too large': 'EMSGSIZE',
  'Too many open files': 'EMFILE',
  'No file descriptors available': 'EMFILE',
  'Too many open files in system': 'ENFILE',
  'No buffer space available': 'ENOBUFS',
  'Cannot allocate memory': 'ENOMEM',
  'Out of memory': 'ENOMEM',
  'Resource temporarily unavailable': 'ENOBUFS',
};
