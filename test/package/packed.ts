/** Builds and packs the project once, and installs what only these tests need; all in a folder that is gone at the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import installTools, { TOOLS } from '../tools/install.ts';
import { ROOT, succeed } from './programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file that `npm publish` would send. */
    readonly tarball: string;
    readonly tools: string;
  }
}

export default function pack(project: TestProject): () => void {
  installTools();
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-pack-'));
  succeed('npm', ['run', '-s', 'build'], { cwd: ROOT });
  const [packed] = JSON.parse(succeed('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT })) as { readonly filename: string }[];
  if (!packed) throw new Error('npm pack made nothing');
  project.provide('tarball', join(folder, packed.filename));
  project.provide('tools', TOOLS);
  return () => rmSync(folder, { recursive: true });
}
