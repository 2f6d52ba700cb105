/** How many branches each folder has, and what became of them. Pure. */

export interface Counted {
  readonly file: string;
  readonly branches: number;
  readonly untaken: number;
  readonly unexplained: number;
}

export function table(files: readonly Counted[]): string {
  const folders = [...new Set(files.map(({ file }) => folderOf(file)))].toSorted();
  const rows = folders.map((folder) => rowOf(folder, files.filter(({ file }) => folderOf(file) === folder)));
  return [['folder', 'branches', 'taken', 'with a reason', 'without'], ...rows, rowOf('all', files)].map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(22) : cell.padStart(15))).join('')).join('\n');
}

function rowOf(name: string, files: readonly Counted[]): readonly string[] {
  const sum = (of: (file: Counted) => number): number => files.reduce((all, file) => all + of(file), 0);
  const [branches, untaken, unexplained] = [sum((file) => file.branches), sum((file) => file.untaken), sum((file) => file.unexplained)];
  return [name, ...[branches, branches - untaken, untaken - unexplained, unexplained].map(String)];
}

/** Two levels deep; the page, which is a world of its own, is one more. */
function folderOf(file: string): string {
  const folders = file.split('/').slice(0, -1);
  return folders.slice(0, folders[2] === 'page' ? 3 : 2).join('/') || '.';
}
