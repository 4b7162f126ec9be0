/** Entry point of `pnpm bench [eval] [--backends a,b] [--preset gpt2] [--rounds N] [--write FILE]`. */
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { laneEnvironment } from '@nanscope/backend';
import { type BackendFigures, measureBackend, measureTorch, type TorchFigures } from './eval-bench.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backends: { type: 'string', default: 'tensorflow,wasm,webgpu' },
    preset: { type: 'string', default: 'gpt2' },
    rounds: { type: 'string', default: '5' },
    write: { type: 'string' },
  },
});
if (positionals.some((name) => name !== 'eval')) {
  process.stderr.write(`bench: expected eval, found ${positionals.join(' ')}.\n`);
  process.exit(2);
}

const times = (value: number) => `${value.toFixed(2)}x`;

function row(figures: BackendFigures, torch: TorchFigures | undefined): string {
  const { backend, tokensPerSecond, ratio, peakMiB, startupSeconds, tensorsGrown } = figures;
  return `| ${[
    backend,
    tokensPerSecond.toFixed(1),
    times(ratio.gate),
    times(ratio.health),
    times(ratio.plain),
    torch ? times(tokensPerSecond / torch.tokensPerSecond) : 'no torch',
    `${peakMiB.off} / ${peakMiB.health} / ${peakMiB.plain}`,
    `+${tensorsGrown}`,
    `${startupSeconds.toFixed(1)} s`,
  ].join(' | ')} |`;
}

const environment = await laneEnvironment();
const options = {
  backends: values.backends.split(','),
  preset: values.preset,
  rounds: Number(values.rounds),
  environment,
};
const lines = [
  `\`pnpm bench --backends ${values.backends} --preset ${values.preset} --rounds ${values.rounds}\``,
  '',
  `${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores, Node ${process.versions.node}, ${process.platform}. Batch 4 x 128, random weights, sdpa, policy safe; medians of ${values.rounds} rounds, modes in turn.`,
  '',
];
const before = await measureTorch(options.rounds);
if (before)
  lines.push(
    `PyTorch ${before.torch} eager, ${before.threads} threads: ${before.tokensPerSecond.toFixed(1)} tokens/s.`,
    '',
  );
lines.push(
  '| backend | tokens/s | gate / off | health / off | plain tfjs / off | of PyTorch | peak MiB off / health / plain | tensors a round | start to first progress |',
  '|---|---|---|---|---|---|---|---|---|',
);
for (const backend of options.backends) {
  process.stderr.write(`measuring ${backend}\n`);
  lines.push(row(await measureBackend(backend, options), before));
}
const text = `${lines.join('\n')}\n`;
process.stdout.write(text);
if (values.write) writeFileSync(values.write, text);
process.exit(0);
