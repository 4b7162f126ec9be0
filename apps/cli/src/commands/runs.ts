/** `nanscope runs`: the runs of a folder, newest first, and what can be done with them. */
import { padEnd, sanitize, wrap } from '@nanscope/record';
import { terminalStyle } from '@nanscope/report';
import { readSettings, runsFlags, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';

interface RunsConfig {
  readonly dir: string;
  readonly limit: number;
  readonly json: boolean;
}

/** Rows as columns of equal width. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => padEnd(cell, widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}

const minutes = (date: string) => date.slice(0, 16).replace('T', ' ');

export const runsCommand: Command = {
  name: 'runs',
  describe: 'list your runs, newest first: command, model, verdict, loss, date',
  flags: runsFlags,
  examples: [
    ['nanscope runs', 'list the newest runs in runs/'],
    ['nanscope runs --dir experiments --limit 50', 'list more runs of another folder'],
    ['nanscope runs --json', 'print them as JSON'],
  ],
  docs: 'run-folders.md',
  async run({ flags, config: path }) {
    const { dir, limit, json } = toConfig<RunsConfig>(await readSettings(runsFlags, flags, path));
    const { runs, older, broken } = (await harness()).listRuns(dir, limit);
    for (const line of broken) process.stderr.write(`nanscope: ${line}\n`);
    const { env, stdout } = process;
    if (json) {
      stdout.write(`${JSON.stringify(runs, undefined, 2)}\n`);
      return 0;
    }
    if (runs.length === 0) {
      stdout.write(`No runs in ${dir}. nanscope eval makes one.\n`);
      return 0;
    }
    const { width, unicode } = terminalStyle(env, stdout.isTTY === true, stdout.columns);
    const rows = runs.map(({ folder, command, model = '', verdict, exitCode, loss, date }) =>
      [
        minutes(date),
        command,
        model,
        typeof loss === 'number' ? loss.toPrecision(5) : (loss ?? ''),
        `${verdict} (exit ${exitCode})`,
        folder,
      ].map((cell) => sanitize(cell, unicode)),
    );
    const told = runs.find(({ command }) => command === 'eval' || command === 'train');
    const other = runs.find((run) => run !== told && run.command === told?.command);
    stdout.write(
      `${[
        ...table([['date (UTC)', 'command', 'model', 'loss', 'verdict', 'folder'], ...rows]),
        ...(older > 0 ? [`${older} older: nanscope runs --limit ${runs.length + older}`] : []),
        '',
        ...wrap(`Open: nanscope report ${runs[0]!.folder}`, width),
        ...(told ? wrap(`In plain words: nanscope explain ${told.folder}`, width) : []),
        ...(told && other ? wrap(`Compare: nanscope compare ${told.folder} ${other.folder}`, width) : []),
      ].join('\n')}\n`,
    );
    return 0;
  },
};
