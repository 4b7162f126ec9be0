/**
 * `pnpm bench start`: what the command line costs before it computes, in a checkout and installed from the packed packages, in processor
 * time of all its processes together: beside an empty Node process, and beside the import of TensorFlow.js; and how soon it says
 * something. The commands run in turn, so that a busy machine is busy for all of them. Needs built packages (`pnpm build`), pnpm on the
 * PATH, and a POSIX shell, whose `times` counts children.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installConsumer, packAll } from '../packaging/consumer.ts';
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

interface Spent {
  /** Processor time of all processes of the command. */
  readonly seconds: number;
  /** Until its first output, in seconds by the clock; NaN for a command that has none. */
  readonly first: number;
  readonly code: number | null;
}

/** Whatever its exit code, since a refusal has one. */
function measured(args: readonly string[], cwd: string): Promise<Spent> {
  const words = ['-c', '"$0" "$@" >&2; code=$?; times; exit $code', process.execPath, ...args];
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn('sh', words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let first = Number.NaN;
    child.stdout.on('data', (data) => {
      printed += data;
    });
    child.stderr.once('data', () => {
      first = (performance.now() - began) / 1000;
    });
    child.stderr.resume();
    child.on('error', reject);
    child.on('close', (code) => resolve({ seconds: secondsOf(printed), first, code }));
  });
}

/** What is measured, with and without an installed package. */
const lines: Readonly<Record<string, string>> = {
  'nanscope --version': '--version',
  'nanscope eval --help': 'eval --help',
  'a mistyped flag, refused': 'eval --devcie cpu',
  [`nanscope eval ${pair} --limit 4`]: `eval ${pair} --limit 4`,
  'the same with --model tiny --trace off': `eval ${pair} --limit 4 --model tiny --tokenizer bytes --trace off`,
};

export async function startBench({ rounds, say }: BenchOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-start-'));
  say('packing and installing ...');
  const consumer = await installConsumer(packAll);
  const installed = join(consumer.folder, 'node_modules', 'nanscope', 'bin', 'nanscope.mjs');
  const commands: Record<string, string[]> = {
    'node, empty': ['--eval', '0'],
    "import '@tensorflow/tfjs'": ['--input-type=module', '--eval', `await import('${tensorflow}')`],
  };
  for (const [place, program] of Object.entries({ checkout: launcher, installed }))
    for (const [name, line] of Object.entries(lines))
      commands[`${name} | ${place}`] = [program, ...line.split(' ')];
  const spent = new Map<string, Spent[]>();
  try {
    // The first is not counted: it may have to bundle.
    await measured([launcher, '--version'], folder);
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds} ...`);
      for (const [name, args] of Object.entries(commands)) {
        const each = await measured(args, folder);
        // What fails early costs little.
        if (each.code !== (name.includes('refused') ? 2 : 0)) throw new Error(`${name} left ${each.code}`);
        spent.set(name, [...(spent.get(name) ?? []), each]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await consumer.remove();
  }
  const secondsFor = (all: readonly Spent[]) => median(all.map(({ seconds }) => seconds));
  const [empty, imported] = [...spent.values()].map(secondsFor) as [number, number];
  return [
    `${machine()}. Processor time of all processes, median of ${rounds} rounds; by the clock: until the first output.`,
    '',
    '| command | in | s | empty Node processes | imports of TensorFlow.js | first output, s by the clock |',
    '|---|---|---|---|---|---|',
    ...[...spent].map(([name, all]) => {
      const [command = '', place = ''] = name.split(' | ');
      const seconds = secondsFor(all);
      const ratios = [times(seconds / empty), times(seconds / imported)];
      const first = median(all.map((each) => each.first));
      const shown = Number.isNaN(first) ? '' : first.toFixed(2);
      return tableRow([`\`${command}\``, place, seconds.toFixed(2), ...ratios, shown]);
    }),
  ].join('\n');
}
