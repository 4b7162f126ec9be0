/**
 * Reports in the pages: `<!-- report: HEADING -->` before a text block says that it is that section of the report of the
 * last `pnpm eval` above it. Read and replaced here; `reports.test.ts` compares.
 */
import { textOf } from './pages.ts';
import { sectionsOf } from './report-of.ts';

export interface ReportBlock {
  readonly page: string;
  /** From `eval` on. */
  readonly command: string;
  readonly heading: string;
  readonly text: string;
}

const pattern = /^pnpm (eval .*)$|^<!-- report: (.*) -->\n```text\n([\s\S]*?)\n```$/gm;

export function reportBlocksOf(page: string): ReportBlock[] {
  let command = '';
  const blocks: ReportBlock[] = [];
  for (const [, eval_, heading, text] of textOf(page).matchAll(pattern)) {
    if (eval_ !== undefined) command = eval_;
    else blocks.push({ page, command, heading: heading!, text: text! });
  }
  return blocks;
}

/** The page with its blocks taken from reports by command. */
export function withReports(page: string, reports: ReadonlyMap<string, string>): string {
  let command = '';
  return textOf(page).replace(pattern, (whole, eval_: string | undefined, heading: string) => {
    if (eval_ !== undefined) {
      command = eval_;
      return whole;
    }
    const text = sectionsOf(reports.get(command) ?? '').get(heading);
    if (text === undefined) throw new Error(`${page}: the report of ${command} has no section ${heading}`);
    return `<!-- report: ${heading} -->\n\`\`\`text\n${text}\n\`\`\``;
  });
}

/** Lines that say how fast this machine is. */
const speed = /^ *(tokens per second|time) /;

/** What a line says, word by word; the last columns of a metric say how far two devices are apart. */
function wordsOf(line: string, heading: string): string[] {
  const cells = heading.startsWith('Metrics') ? line.trim().split(/ {2,}/).slice(0, 3).join(' ') : line;
  return cells.split(/\s+/).filter((word) => word !== '');
}

const isDecimal = (word: string) => /^-?\d[\d,]*\.\d+$/.test(word);

/** Two devices agree on a number to its last digits, on everything else exactly. */
function sameWord(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [a, b].map((word) => (isDecimal(word) ? Number(word.replaceAll(',', '')) : Number.NaN));
  return Math.abs(x! - y!) <= 1e-4 * Math.abs(y!);
}

/** The first pair of lines that do not say the same, apart from speeds and last digits. */
export function firstDifference(
  heading: string,
  found: string,
  wanted: string,
): { readonly found: string | undefined; readonly wanted: string | undefined } | undefined {
  const [a, b] = [found, wanted].map((text) => text.split('\n').filter((line) => !speed.test(line)));
  for (let i = 0; i < Math.max(a!.length, b!.length); i++) {
    const [left, right] = [wordsOf(a![i] ?? '', heading), wordsOf(b![i] ?? '', heading)];
    const same = left.length === right.length && left.every((word, k) => sameWord(word, right[k]!));
    if (!same) return { found: a![i], wanted: b![i] };
  }
  return undefined;
}
