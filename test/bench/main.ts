/**
 * Entry point of `pnpm bench [eval|train|where|scale|trace|torch|probes|attention|product|page|start] [--backends a,b] [--preset gpt2] [--rounds N]
 * [--seconds N] [--write FILE]`: runs the benchmark, prints its table, and with --write puts it into a page in place of the table of the same command.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { laneEnvironment } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import { attentionBench } from './attention-bench.ts';
import { evalBench } from './eval-bench.ts';
import type { BenchOptions } from './measure.ts';
import { withSection } from './page.ts';
import { pageBench } from './page-bench.ts';
import { probeBench } from './probe-bench.ts';
import { productBench } from './product-bench.ts';
import { scaleBench } from './scale-bench.ts';
import { startBench } from './start-bench.ts';
import { torchBench } from './torch-bench.ts';
import { traceBench } from './trace-bench.ts';
import { trainBench } from './train-bench.ts';
import { whereBench } from './where-bench.ts';

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<string>>> = {
  eval: evalBench,
  train: trainBench,
  where: whereBench,
  scale: scaleBench,
  trace: traceBench,
  torch: torchBench,
  probes: probeBench,
  attention: attentionBench,
  product: productBench,
  page: pageBench,
  start: startBench,
};

function refuse(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backends: { type: 'string', default: 'tensorflow,wasm,webgpu' },
    preset: { type: 'string', default: 'gpt2' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    write: { type: 'string' },
  },
});
const [name = 'eval', ...more] = positionals;
const bench = benches[name];
if (!bench || more.length > 0)
  refuse(
    `expected eval, train, where, scale, trace, torch, probes, attention, product, page or start, found ${positionals.join(' ')}.`,
  );
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds: expected 1 or more, found ${values.rounds}.`);

const seconds = Number(values.seconds);
if (!(seconds > 0)) refuse(`--seconds: expected a number above 0, found ${values.seconds}.`);

const table = await bench({
  backends: values.backends.split(','),
  preset: values.preset,
  rounds,
  seconds,
  environment: await laneEnvironment(),
  say: (text) => void process.stderr.write(`${text}\n`),
}).catch((error: unknown) => {
  if (error instanceof UserError) refuse(error.message);
  throw error;
});
const shape = ['eval', 'where', 'page'].includes(name) ? ` --preset ${values.preset}` : '';
const budget = name === 'attention' || name === 'scale' ? ` --seconds ${seconds}` : '';
const devices = ['product', 'start', 'torch'].includes(name) ? '' : ` --backends ${values.backends}`;
const command = `pnpm bench ${name}${devices}${shape} --rounds ${rounds}${budget}`;
process.stdout.write(`${command}\n\n${table}\n`);
if (values.write) {
  writeFileSync(values.write, withSection(readFileSync(values.write, 'utf8'), command, table));
}
process.exit(0);
