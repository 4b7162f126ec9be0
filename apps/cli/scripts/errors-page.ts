/** docs/errors.md, made from the table of codes that errors are thrown with. */
import { type ErrorCode, errorCodes, exitCodeOf } from '@nanscope/errors';

/** What the first part of a code stands for. */
const areas: Record<ErrorCode extends `${infer Area}/${string}` ? Area : never, string> = {
  attention: 'Calls of attention',
  backend: 'Backends',
  cascade: 'Recorded traces',
  checkpoint: 'Checkpoints of a training',
  collator: 'Rows and batches',
  compare: 'Comparing two runs',
  conform: 'The conformance suite',
  data: 'Text to evaluate or to train on',
  device: 'Devices',
  experiments: 'Factors of the matrix',
  generate: 'Generating text',
  gpt2: 'Models of the GPT-2 family',
  hub: 'Models of the hub',
  inputs: 'Batches given with --load-inputs',
  matrix: 'The matrix',
  merge: 'Merging parts of a run',
  model: 'The name of a model',
  page: 'The page in a browser',
  policy: 'Attention policies',
  reduce: 'Reducing a failing run',
  report: 'Results that are read again',
  resume: 'Going on with a run',
  'run-folder': 'Run folders',
  safetensors: 'Files of weights',
  tensorboard: 'Events for TensorBoard',
  tokenizer: 'Tokenizers',
  torch: 'PyTorch',
  trainer: 'Training',
  usage: 'Flags and config files',
};

function section([area, title]: [string, string]): string {
  const codes = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => code.startsWith(`${area}/`));
  const rows = codes.map((code) => `| \`${code}\` | ${exitCodeOf(code)} | ${errorCodes[code]} |`);
  return `## ${title}\n\n| code | exit | |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** The whole page. */
export function errorsPage(): string {
  return `# Errors

For everyone who met an error of nanscope, in a terminal, in CI or as a \`UserError\` of a package.
You will be able to look up what it means and what to do.

The command line prints one line: what was expected, what was found, what to do. In code the same line is \`error.message\`, and
\`error.code\` is a code of this page; codes stay what they are from version to version. Exit code 2 is a mistake in what was
asked, 3 something that is not there: a device, a backend, the hub. What else a command can end with is in
[run folders](run-folders.md#exit-codes).

Generated from \`packages/errors/src/codes.ts\` by \`pnpm --filter @nanscope/cli generate\`; a test fails when it is stale.

${Object.entries(areas).map(section).join('\n')}`;
}
