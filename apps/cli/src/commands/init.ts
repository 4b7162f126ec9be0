/** `nanscope init`: a config file with every flag of a command as a comment, and the schema for an editor beside it. */
import { existsSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import {
  configSchema,
  configText,
  conformFlags,
  evalFlags,
  type Flag,
  generateFlags,
  type initCommands,
  initFlags,
  matrixFlags,
  readSettings,
  toConfig,
  trainFlags,
} from '@nanscope/settings';
import type { Command } from '../command.ts';

type Target = (typeof initCommands)[number];

const tables: Readonly<Record<Target, readonly Flag[]>> = {
  eval: evalFlags,
  train: trainFlags,
  generate: generateFlags,
  matrix: matrixFlags,
  conform: conformFlags,
};

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    throw new UserError(
      'usage/init',
      `init: expected a file that can be written at ${file}, found ${errorLine(error)}.`,
    );
  }
}

export const initCommand: Command = {
  name: 'init',
  describe: 'write a config file with every setting as a comment, and a schema that lets an editor check it',
  flags: initFlags,
  examples: [
    ['nanscope init', 'write nanscope.yaml with the settings of eval'],
    ['nanscope init --for train --out train.yaml', 'write the settings of train'],
    ['nanscope eval --config nanscope.yaml', 'use it'],
  ],
  docs: 'getting-started.md',
  async run({ flags, config: path }) {
    const config = toConfig<{ readonly for: Target; readonly out: string }>(
      await readSettings(initFlags, flags, path),
    );
    const schema = `${config.out.replace(/\.ya?ml$/, '')}.schema.json`;
    for (const file of [config.out, schema])
      if (existsSync(file))
        throw new UserError(
          'usage/init',
          `init: expected no file at ${file}, found one, which is not overwritten. Name another with --out.`,
        );
    const table = tables[config.for];
    writeNew(config.out, configText(config.for, table, `./${basename(schema)}`, config.out));
    writeNew(schema, `${JSON.stringify(configSchema(config.for, table), undefined, 2)}\n`);
    process.stdout.write(`${config.out}\n${schema}\n`);
    return 0;
  },
};
