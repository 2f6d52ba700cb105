/** The command line as a value: its commands, of which only the one that is asked for is loaded, and how errors are told. */
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Command, CommanderError, type OutputConfiguration } from 'commander';
import { EXIT, type ExitCode, Stop } from './exit.ts';
import { addWatching, type Watching } from './watching.ts';

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<(command: Command) => void> }>> = {
  sim: {
    summary: 'one run on the simulated internet: the sequence, what each NAT did, the outcome',
    load: async () => (await import('./commands/sim.ts')).defineSim,
  },
  grid: {
    summary: 'the NAT × NAT table, ✓ · or a success rate in each cell',
    load: async () => (await import('./commands/grid.ts')).defineGrid,
  },
  check: {
    summary: 'what the NATs before this host do, by STUN or by three roles',
    load: async () => (await import('./commands/check.ts')).defineCheck,
  },
  udp: {
    summary: 'UDP hole punch; then stdin → peer, peer → stdout',
    load: async () => (await import('./commands/udp.ts')).defineUdp,
  },
  tcp: {
    summary: 'TCP simultaneous open; then stdin/stdout',
    load: async () => (await import('./commands/tcp.ts')).defineTcp,
  },
  n4: {
    summary: 'symmetric NATs by port sweep, with n4.py or with itself; then stdin/stdout',
    load: async () => (await import('./commands/n4.ts')).defineN4,
  },
  pwnat: {
    summary: 'a hole without any server, by forged ICMP; then TCP connections through it',
    load: async () => (await import('./commands/pwnat.ts')).definePwnat,
  },
  serve: {
    summary: 'the servers that protocols need: rendezvous, stun, nat-check, …',
    load: async () => (await import('./commands/serve.ts')).defineServe,
  },
  replay: {
    summary: 'refolds a recorded log; names the first divergence',
    load: async () => (await import('./commands/replay.ts')).defineReplay,
  },
  inspect: {
    summary: 'a page that shows a log, a trace, or two of them side by side',
    load: async () => (await import('./commands/inspect.ts')).defineInspect,
  },
};

export interface Program {
  readonly command: Command;
  /** Of the one command that is asked for; none with a wrong name. */
  readonly watching: Watching | undefined;
}

/** The program for `words`, what stands behind its name. Commander's own words, help and usage errors, go where `output` says. */
export async function programFor(words: readonly string[], output: OutputConfiguration = {}): Promise<Program> {
  const program = new Command('natpunch')
    .description('NAT traversal: punch holes on real sockets, or watch it done on a simulated internet.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('--help', 'say how to use it')
    .helpCommand(false)
    .configureHelp({ helpWidth: 80, showGlobalOptions: false })
    .configureOutput({ ...output, outputError: (text, write) => write(shorten(text)) })
    .exitOverride()
    .addHelpText('after', '\nExample:\n  $ natpunch sim udp --a port-restricted --b restricted');

  let watching: Watching | undefined;
  const [wanted = ''] = words;
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary);
    // Only what is asked for is loaded: a start takes half the time.
    if (name !== wanted) continue;
    (await load())(command);
    watching = addWatching(program, command);
  }
  hintAtHelp(program, 'natpunch');
  return { command: program, watching };
}

/** The exit code for what a command threw, and the line that has not been printed yet. */
export function explained(error: unknown): { readonly code: ExitCode; readonly line?: string } {
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? EXIT.done : EXIT.usage };
  if (error instanceof Stop) return { code: error.code, line: `natpunch: ${error.message}` };
  const what = inspect(error).split('\n').slice(0, 2).join(' ');
  return { code: EXIT.cannot, line: `natpunch: this is a bug, please report it: ${what.replace(/\s+/g, ' ')}` };
}

function hintAtHelp(command: Command, path: string): void {
  command.showHelpAfterError(`See: ${path} --help`);
  for (const sub of command.commands) hintAtHelp(sub, `${path} ${sub.name()}`);
}

/** `error: option '--a <nat>' argument 'x' is invalid. …` says the same thing twice. */
function shorten(text: string): string {
  return text
    .replace(/^error: option '([^' ]+)[^']*' argument '[^']*' is invalid\. /, 'natpunch: $1: ')
    .replace(/^error: command-argument value '[^']*' is invalid for argument '([^']*)'\. /, 'natpunch: $1: ')
    .replace(/^error: /, 'natpunch: ');
}

/** From the nearest package.json above: this file also runs from a build. */
function packageVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { readonly version: string };
      return version;
    } catch {
      if (folder.pathname === '/') return 'unknown';
    }
  }
}
