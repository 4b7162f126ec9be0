/** `nanscope claims`: the claims of the report that this project began with, decided on this machine's devices. */
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { errorLine, programPrefix, UserError } from '@nanscope/errors';
import type { ClaimsConfig } from '@nanscope/harness';
import { claimsMarkdown } from '@nanscope/report';
import { claimsFlags, readSettings, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { reportsOf } from '../reports/index.ts';
import { watchedCells } from '../watched.ts';

/** Found out before anything is run, and without a trace. */
function checkWritable(path: string): void {
  const isNew = !existsSync(path);
  if (!isNew && statSync(path).isFile() && statSync(path).size > 0)
    unlessUnwritable(path, () => {
      if (!readFileSync(path, 'utf8').startsWith('# Findings\n'))
        throw new Error('a file that is no list of findings, which would be lost');
    });
  unlessUnwritable(path, () => appendFileSync(path, ''));
  if (isNew) rmSync(path);
}

function unlessUnwritable(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new UserError(
      'usage/markdown',
      `--markdown ${path}: expected a file that can be written, found ${errorLine(error)}.`,
    );
  }
}

export const claimsCommand: Command = {
  name: 'claims',
  describe: "decide the fourteen claims about NaN, SDPA and left padding on this machine's devices",
  flags: claimsFlags,
  examples: [
    ['nanscope claims', 'decide them on WebAssembly, and on the GPU if there is one'],
    ['nanscope claims --device wasm', 'decide them on one device'],
    ['nanscope claims --markdown findings.md', 'also write the findings as a page'],
  ],
  docs: 'findings.md',
  async run({ flags, config: path, command }) {
    const config = toConfig<ClaimsConfig>(await readSettings(claimsFlags, flags, path));
    const report = await reportsOf(config, false);
    if (config.markdown !== undefined) checkWritable(config.markdown);
    const { status, failures, record } = await watchedCells('cells', async (hooks) =>
      (await harness()).runClaims(config, command, hooks),
    );
    for (const failure of failures) process.stderr.write(`nanscope: ${failure}\n`);
    if (status === 'interrupted') return 130;
    if (!record) return 1;
    const { markdown } = config;
    if (markdown !== undefined && status === 'complete')
      unlessUnwritable(markdown, () =>
        writeFileSync(markdown, claimsMarkdown(record, `${programPrefix} ${command}`)),
      );
    await report(record);
    return status === 'complete' ? 0 : 1;
  },
};
