/** Why no test takes a branch of the inspector and its page, file by file: a part of reasons.ts. */
import type { Reason } from './reasons.ts';

export const INSPECTOR: Readonly<Record<string, readonly Reason[]>> = {
  'cli/inspector/build.ts': [
    { because: 'a build step, which nothing but the build runs: its scripts name a folder', lines: ["const [to = 'dist/inspector', ...options] = process.argv.slice(2);"] },
  ],
  'cli/inspector/bundle.ts': [
    { because: 'a bug: the sources of the page would want Node, or a package whose licence is not named', lines: [
        "if (left.length > 0) throw new Error(`the page would need ${left.map(({ path }) => path).join(', ')}, which no browser has`);",
        "if (contained.size > 0) throw new Error(`the page contains ${[...contained].join(', ')}, whose licence it would not carry`);",
      ] },
  ],
  'cli/inspector/page-folder.ts': [
    { because: 'made once for each state of the sources: whether it lies ready is left from runs before', lines: ['if (existsSync(folder)) return folder;'] },
    { because: 'in the package, which test/package installs', lines: ["if (existsSync(join(built, 'index.html'))) return built;"] },
    { because: 'without esbuild, as nobody has it who has the sources', lines: ["const why = error instanceof Error ? (error.message.split('\\n')[0] ?? '') : String(error);"] },
  ],
  'cli/inspector/stately-forward.ts': [
    { because: 'whatever listens at the usual port of the computer that runs the tests would be told of them', lines: [
        'const { adapter } = createWebSocketInspector({ url: address === true ? USUAL : address, maxDeferredEvents: 10_000 });',
      ] },
  ],
  'cli/inspector/page/chart/chart.tsx': [
    { because: 'a bug of elkjs, which lays out every chart that readStatechart makes', lines: [
        '(error: unknown) => isWanted && setFault(error instanceof Error ? error.message : String(error)),',
        'if (fault !== undefined) return <p class="empty">The statechart could not be laid out: {fault}</p>;',
      ] },
  ],
  'cli/inspector/page/export/picture.tsx': [
    { because: 'a browser without the memory for a picture of the size that it is kept to', lines: [
        "canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large for this browser.'))), 'image/png');",
      ] },
  ],
  'cli/inspector/trace/ends.ts': [
    { because: 'what is sent or taken has its bytes, and payload in a log as many zeros: only the type of effects and events is one for all', lines: ['if (content === undefined) return;'] },
  ],
  'cli/inspector/trace/sim.ts': [
    { because: 'every device of a world is named after a host', lines: ['return host === undefined ? INTERNET : sideOf(host, sites);'] },
  ],
  'cli/inspector/trace/tracer.ts': [
    { because: 'xstate tells of every actor before anything that it does', lines: ['if (!actor) return;'] },
  ],
  'cli/inspector/trace/statechart.ts': [
    { because: 'xstate gives every inline actor a name', lines: [
        "invoke: node.invoke.map(({ id: name, src }) => ({ id: name, src: typeof src === 'string' ? src : 'inline' })),",
      ] },
  ],
};
