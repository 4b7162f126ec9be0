/**
 * Makes the pictures of docs/images: runs each command and draws what it prints. Sections that a picture leaves out
 * to stay short are named in its last line. The devices are those of the machine that draws,
 * without the version of its kernel.
 *
 *     pnpm docs:pictures [NAME]
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { terminalSvg } from './terminal-svg.mjs';

const lines = '--data docs/examples/lines.txt --batch-size 4';
/** @type {Readonly<Record<string, { command: string, without: readonly string[] }>>} */
const pictures = {
  safe: { command: `eval --device gpu ${lines} --out runs/safe`, without: [] },
  'torch-mps-2.8': {
    command: `eval --device gpu --policy torch-mps-2.8 ${lines} --out runs/torch-mps-2.8`,
    without: ['Devices', 'Metrics, side by side', 'Does a position see its future?', 'Policy against safe'],
  },
};

/**
 * The report without the sections of these headings, and a line that says so.
 *
 * @param {string} report
 * @param {readonly string[]} headings
 */
function leaveOut(report, headings) {
  if (headings.length === 0) return report;
  /** @param {string} section */
  const headingOf = (section) => stripVTControlCharacters(section).split(/ ─|\n/)[0] ?? '';
  const kept = report.split('\n\n').filter((section) => !headings.includes(headingOf(section)));
  return `${kept.join('\n\n').trimEnd()}\n\u001b[2mnot in this picture: ${headings.join(' · ')}\u001b[22m\n`;
}

const root = new URL('../', import.meta.url);
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(pictures);
for (const name of names) {
  const picture = pictures[name];
  if (!picture) throw new Error(`no picture ${name}: one of ${Object.keys(pictures).join(', ')}`);
  const { command, without } = picture;
  const args = ['--conditions=@nanscope/source', 'apps/cli/src/main.ts', ...command.split(' ')];
  const run = spawnSync(process.execPath, ['--import', 'tsx', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CI: '', FORCE_COLOR: '1', COLUMNS: '110', LC_ALL: 'C.UTF-8' },
  });
  if (run.status !== 0)
    throw new Error(`nanscope ${command}: exit ${run.status}\n${run.stderr}${run.stdout}`);
  const report = leaveOut(run.stdout.replaceAll(` ${release()}`, ''), without);
  writeFileSync(new URL(`docs/images/${name}.svg`, root), terminalSvg(report, `nanscope ${command}`));
  process.stdout.write(`docs/images/${name}.svg: ${report.trimEnd().split('\n').length} lines\n`);
}
