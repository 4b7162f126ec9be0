/**
 * `pnpm bench start`: what the command line costs before it computes, in processor time of all its processes together: beside
 * an empty Node process, and beside the import of TensorFlow.js. The commands run in turn, so that a busy machine is
 * busy for all of them. Needs a POSIX shell, whose `times` counts children.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchOptions, machine, median, tableRow, times } from './measure.ts';

const launcher = fileURLToPath(new URL('../../apps/cli/bin/nanscope.mjs', import.meta.url));
const tensorflow = import.meta.resolve('@tensorflow/tfjs');
const pair = '--device wasm --reference javascript';

/** Seconds of user and system time in the last line that `times` prints: those of ended children. */
function secondsOf(printed: string): number {
  const spent = [
    ...printed
      .trim()
      .split('\n')
      .at(-1)!
      .matchAll(/(\d+)m([\d.]+)s/g),
  ];
  if (spent.length !== 2) throw new Error(`expected two times from the shell, found: ${printed}`);
  return spent.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** Whatever its exit code, since a refusal has one. */
function processorSeconds(args: readonly string[], cwd: string): Promise<number> {
  const words = ['-c', '"$0" "$@" >/dev/null 2>&1; times', process.execPath, ...args];
  return new Promise((resolve, reject) => {
    execFile('sh', words, { cwd }, (error, stdout) => (error ? reject(error) : resolve(secondsOf(stdout))));
  });
}

export async function startBench({ rounds, say }: BenchOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-start-'));
  const nanscope = (line: string) => [launcher, ...line.split(' ')];
  const commands: Record<string, string[]> = {
    'node, empty': ['--eval', '0'],
    "import '@tensorflow/tfjs'": ['--input-type=module', '--eval', `await import('${tensorflow}')`],
    'nanscope --version': nanscope('--version'),
    'nanscope eval --help': nanscope('eval --help'),
    'a mistyped flag, refused': nanscope('eval --devcie cpu'),
    [`nanscope eval ${pair} --limit 4`]: nanscope(`eval ${pair} --limit 4`),
    'the same with --model tiny --trace off': nanscope(
      `eval ${pair} --limit 4 --model tiny --tokenizer bytes --trace off`,
    ),
  };
  const spent = new Map<string, number[]>();
  try {
    // The first is not counted: it may have to bundle.
    await processorSeconds(nanscope('--version'), folder);
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds} ...`);
      for (const [name, args] of Object.entries(commands)) {
        spent.set(name, [...(spent.get(name) ?? []), await processorSeconds(args, folder)]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const [empty, imported] = [...spent.values()].map(median) as [number, number];
  return [
    `${machine()}. Processor time of all processes, median of ${rounds} rounds.`,
    '',
    '| command | s | empty Node processes | imports of TensorFlow.js |',
    '|---|---|---|---|',
    ...[...spent].map(([name, seconds]) => {
      const middle = median(seconds);
      return tableRow([`\`${name}\``, middle.toFixed(2), times(middle / empty), times(middle / imported)]);
    }),
  ].join('\n');
}
