/** The parser of mermaid, which brings a hundred packages and so is among the tools: a globalSetup has to install them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TOOLS } from './install.ts';

interface Mermaid {
  /** Rejects where the text is no drawing. */
  parse(text: string): Promise<{ readonly diagramType: string }>;
}

async function load(path: string): Promise<object> {
  const { default: loaded } = (await import(pathToFileURL(join(TOOLS, 'node_modules', path)).href)) as { readonly default: object };
  return loaded;
}

// Where there is no browser the parser finds no purifier; it has nothing to purify in a test.
Object.assign(await load('dompurify/dist/purify.es.mjs'), { addHook: () => undefined, sanitize: (text: string) => text });

export const mermaid = (await load('mermaid/dist/mermaid.core.mjs')) as Mermaid;
