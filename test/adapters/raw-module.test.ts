/** Where raw ICMP cannot be had, and what is said of it then. */
import { expect, test } from 'vitest';
import { isTransient, loadRaw, rawFailureOf } from '../../adapters/node/raw-module.ts';

const absent = Object.assign(new Error("Cannot find module 'raw-socket'\nRequire stack:\n- /app/dist/adapters/node/raw-module.js"), { code: 'MODULE_NOT_FOUND' });
const unbuilt = Object.assign(new Error("Cannot find module './build/Release/raw.node'\nRequire stack:\n- /app/node_modules/raw-socket/index.js"), { code: 'MODULE_NOT_FOUND' });
const foreign = Object.assign(new Error('was compiled against a different Node.js version'), { code: 'ERR_DLOPEN_FAILED' });

test.each([
  ['a package that is not there', absent, 'not installed: with a C++ compiler, make and python3 there, run "npm install raw-socket"'],
  ['a package that was not compiled', unbuilt, 'not built: with a C++ compiler, make and python3 there, run "npm rebuild raw-socket"'],
  ['a package of another Node', foreign, 'not built: with a C++ compiler, make and python3 there, run "npm rebuild raw-socket"'],
])('%s is unsupported, with what to do', (_, error, remedy) => {
  const load = (): never => {
    throw error;
  };
  expect(loadRaw({ platform: 'linux', load })).toEqual({ code: 'unsupported', why: `it needs the optional package raw-socket, which is ${remedy}` });
});

test('another system is unsupported, whatever is installed', () => {
  expect(loadRaw({ platform: 'darwin' })).toEqual({ code: 'unsupported', why: 'raw ICMP is built for Linux, and this is darwin' });
});

test.each([
  ['Operation not permitted', 'not-permitted'],
  ['Network is unreachable', 'unreachable'],
  ['Message too long', 'too-large'],
  ['Too many open files', 'exhausted'],
  ['Resource temporarily unavailable', 'exhausted'],
  ['Something else', 'unknown'],
])('what the system calls "%s" is %s', (words, code) => {
  expect(rawFailureOf(new Error(words)).code).toBe(code);
  expect(isTransient(new Error(words))).toBe(words === 'Resource temporarily unavailable');
});
