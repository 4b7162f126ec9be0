/** `nanscope compare A B`: two run folders, made here or elsewhere, compared as two lanes are. */
import {
  compareFlags,
  compareRuns,
  compareTrainRuns,
  isTrainingRun,
  readConfigFile,
  resolveFlags,
} from '@nanscope/harness';
import { renderJson, renderTerminal, renderTraining, terminalStyle } from '@nanscope/report';
import type { Command } from '../command.ts';

export const compareCommand: Command = {
  name: 'compare',
  describe: 'compare two run folders: B is the reference',
  positionals: ['A', 'B'],
  flags: compareFlags,
  async run({ flags, config, positionals, command }) {
    const file =
      config === undefined ? undefined : { path: config, values: await readConfigFile(config, compareFlags) };
    const values = resolveFlags(compareFlags, flags, file);
    const [target, reference] = positionals as [string, string];
    const tolerance = { rtol: Number(values.rtol), atol: Number(values.atol) };
    const style = terminalStyle(process.env, process.stdout.isTTY === true, process.stdout.columns);
    if (isTrainingRun(target) || isTrainingRun(reference)) {
      const result = await compareTrainRuns(target, reference, tolerance, command);
      process.stdout.write(values.json ? `${renderJson(result)}\n` : renderTraining(result, style));
      return result.verdict.exitCode;
    }
    const result = await compareRuns(target, reference, tolerance, command);
    process.stdout.write(values.json ? `${renderJson(result)}\n` : renderTerminal(result, style));
    return result.verdict.exitCode;
  },
};
