/**
 * Whether the definitions, the simulator and the kernel are of one mind, as a page. Lab files tell what the kernel did, each of
 * the pairs that it plays anyway; when all is over it is put beside what the other two say.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { cellsOf, type Contest, CONTESTS, MEET, PART } from '../grid/contests.ts';
import { markdownTable } from '../docs/marked.ts';

/** Where the kernel's answers are kept until all is over: a file's name, in the environment of every lab file. */
export const AGREEMENT_FILE = 'NATPUNCH_AGREEMENT_FILE';

/** One line of that file. */
interface Told {
  readonly contest: string;
  readonly a: string;
  readonly b: string;
  readonly answer: string;
}

/** What the kernel did, of a pair or behind one NAT. Pairs that no contest asks for may be told too. */
export function tell(contest: string, a: string, b: string, answer: string): void {
  const file = process.env[AGREEMENT_FILE];
  if (file === undefined) throw new Error(`nobody listens: ${AGREEMENT_FILE} is not set`);
  if (!CONTESTS.some(({ name }) => name === contest)) throw new Error(`there is no contest '${contest}'`);
  appendFileSync(file, `${JSON.stringify({ contest, a, b, answer } satisfies Told)}\n`);
}

/** Of some runs of a pair, so many met; `enough` where not every one has to. */
export function tellRuns(contest: string, a: string, b: string, met: number, runs: number, enough = runs): void {
  tell(contest, a, b, met >= enough ? MEET : met === 0 ? PART : `${met} of ${runs}`);
}

export interface Agreement {
  readonly page: string;
  /** Where the three are not of one mind, in words. */
  readonly differences: readonly string[];
  /** What the kernel was not asked. */
  readonly unasked: readonly string[];
}

/** Asks the other two of whatever the kernel has told. */
export function agreement(file: string): Agreement {
  const told = new Map<string, Set<string>>();
  for (const line of readFileSync(file, 'utf8').split('\n').filter((one) => one !== '')) {
    const { contest, a, b, answer } = JSON.parse(line) as Told;
    const key = keyOf(contest, a, b);
    told.set(key, (told.get(key) ?? new Set()).add(answer));
  }
  const differences: string[] = [];
  const unasked: string[] = [];
  const sections = CONTESTS.map((contest) => {
    const answers = new Map<string, Answers>();
    for (const [a, b] of cellsOf(contest)) {
      const kernel = told.get(keyOf(contest.name, a, b));
      const question = `${contest.name}: ${b === '' ? a : `${a} × ${b}`}`;
      if (!kernel) {
        unasked.push(question);
        continue;
      }
      const three = { definition: contest.byDefinition(a, b), simulator: contest.simulated(a, b), kernel: [...kernel].join(' and ') };
      answers.set(keyOf(contest.name, a, b), three);
      if (new Set(Object.values(three)).size > 1) differences.push(`${question}: by definition ${three.definition}, in the simulator ${three.simulator}, on the kernel ${three.kernel}`);
    }
    return `## ${contest.name}\n\n${contest.words}\n\n${tableOf(contest, answers)}`;
  });
  return { differences, unasked, page: `${HEAD}\n\n${sections.join('\n\n')}\n` };
}

interface Answers {
  readonly definition: string;
  readonly simulator: string;
  readonly kernel: string;
}

const HEAD = `# Definitions, simulator and kernel

Who can meet whom, three times: by the definitions of RFC 4787, RFC 5382 and RFC 5508; on the simulated internet; and through real Linux NATs in network namespaces. In each cell they stand in this order, \`●\` for a pair that meets and \`○\` for one that does not. \`npm run test:lab\` asks the kernel, puts this page together and fails where one of the three is of another mind, or where a cell was not played.

On the kernel a pair meets when every run of the lab does; \`port-restricted × symmetric\` by chance, in 19 runs of 20 at the least. One of n4, seed-udp or pwnat does not where nobody is connected after 8 s, which is many times as long as it takes. By what was seen how fast: [UDP](kernel-lab.md), [TCP](kernel-tcp.md), [told ports](kernel-tcp-ports.md), [the check](kernel-check.md).`;

function tableOf({ name, rows, columns }: Contest, answers: ReadonlyMap<string, Answers>): string {
  if (columns.length === 0) {
    const lines = rows.map((a) => {
      const { definition, simulator, kernel } = answers.get(keyOf(name, a, '')) ?? NOTHING;
      return [a, definition, simulator, kernel];
    });
    return markdownTable(['NAT', 'by definition', 'simulator', 'kernel'], lines);
  }
  const cell = (a: string, b: string): string => {
    const three = answers.get(keyOf(name, a, b));
    return three ? [three.definition, three.simulator, three.kernel].map(markOf).join(' ') : '';
  };
  return markdownTable(['a \\ b', ...columns], rows.map((a) => [a, ...columns.map((b) => cell(a, b))]));
}

const NOTHING: Answers = { definition: '?', simulator: '?', kernel: '?' };

function markOf(answer: string): string {
  return answer === MEET ? '●' : answer === PART ? '○' : '?';
}

function keyOf(contest: string, a: string, b: string): string {
  return `${contest}: ${a} × ${b}`;
}
