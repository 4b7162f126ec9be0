/** `nanscope explain RUN`: a run in three paragraphs, for someone who does not know the tool. */
import { sanitize, wrap } from '@nanscope/record';
import { terminalStyle } from '@nanscope/report';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';

export const explainCommand: Command = {
  name: 'explain',
  describe: 'say in plain words what went wrong in a run, how it spread, and what to do',
  positionals: ['RUN'],
  flags: [],
  examples: [
    ['nanscope explain runs/mine', 'explain a run of eval, train or generate'],
    ['nanscope runs', 'list the runs there are'],
    ['nanscope report runs/mine', 'print the whole report instead'],
  ],
  docs: 'why-nan.md',
  async run({ positionals: [path] }) {
    const { readRecord, storyOf } = await harness();
    const { record, folder } = readRecord(path!);
    const { paragraphs, command } = storyOf(record, folder);
    const { env, stdout } = process;
    const { width, unicode } = terminalStyle(env, stdout.isTTY === true, stdout.columns);
    const shown = paragraphs.map(([heading, text]) =>
      [heading, ...wrap(sanitize(text, unicode), Math.min(width, 100))].join('\n'),
    );
    const pasted = command === undefined ? '' : `\n${sanitize(command, unicode)}\n`;
    stdout.write(`${shown.join('\n\n')}\n${pasted}`);
    return 0;
  },
};
