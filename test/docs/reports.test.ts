/**
 * The reports in the pages are what the program prints. Each command runs again here, on two CPU backends; devices,
 * speeds and last digits may differ. UPDATE_DOCS=1 runs the commands as they stand and writes what they print.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import { nodeArguments } from '../integration/cli.ts';
import { understood } from './commands.ts';
import { at, pages } from './pages.ts';
import { firstDifference, reportBlocksOf, withReports } from './report-blocks.ts';
import { reportOf, SHOWN_FOLDER, sectionsOf } from './report-of.ts';

const update = Boolean(process.env.UPDATE_DOCS);
const withBlocks = pages.filter((page) => reportBlocksOf(page).length > 0);

/** What the command prints on this machine, less the version of its kernel. */
function printed(command: string): string {
  const env = { ...process.env, NO_COLOR: '1', CI: '', COLUMNS: '100', LC_ALL: 'C.UTF-8' };
  const args = nodeArguments([...command.split(' '), '--out', SHOWN_FOLDER]);
  try {
    // Lanes that differ leave with 1, and their report is what is wanted.
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: at('.'), env, encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return stdout.replaceAll(` ${release()}`, '');
  } finally {
    rmSync(at(SHOWN_FOLDER), { recursive: true, force: true });
  }
}

function write(page: string): void {
  const commands = new Set(reportBlocksOf(page).map(({ command }) => command));
  const reports = new Map([...commands].map((command) => [command, printed(command)]));
  writeFileSync(at(page), withReports(page, reports));
}

async function check(page: string, command: string): Promise<void> {
  const config = await understood(command.split(' '));
  // A backend of one's own runs as it does for the reader: in processes.
  const report = config!.backend ? printed(command) : await reportOf(config!, `nanscope ${command}`);
  const sections = sectionsOf(report);
  for (const { heading, text } of reportBlocksOf(page).filter((block) => block.command === command)) {
    const wanted = sections.get(heading);
    expect(wanted, `a section "${heading}"`).toBeDefined();
    if (heading === 'Devices') continue; // Those of the machine that printed it.
    expect(firstDifference(heading, text, wanted!), 'run it again with UPDATE_DOCS=1').toBeUndefined();
  }
}

describe.each(withBlocks)('%s', (page) => {
  if (update) it('is written from its commands', { timeout: 600_000 }, () => write(page));
  else {
    const commands = [...new Set(reportBlocksOf(page).map(({ command }) => command))];
    it.each(commands)('shows what this prints: %s', (command) => check(page, command));
  }
});

it('a figure, a word or a line too many is seen', () => {
  const report = '  ✓ loss   5.56153   5.56154   1e-8   0\n    time   1 s   2 s';
  const metrics = 'Metrics, side by side';
  expect(
    firstDifference(metrics, report, report.replace('1e-8', '3e-8').replace('1 s', '9 s')),
  ).toBeUndefined();
  expect(firstDifference(metrics, report, report.replaceAll('5.5615', '5.5625'))).toBeDefined();
  expect(firstDifference(metrics, report, report.replace('loss', 'less'))).toBeDefined();
  expect(firstDifference(metrics, report, `${report}\n  ✓ more`)).toBeDefined();
  expect(firstDifference('Cascade', '3,968 NaN', '3,969 NaN')).toBeDefined();
});
