/** An evaluation in a script: the configuration that flags would make, both lanes in processes of their own, and what became of it. */
import { evaluate } from '@nanscope/harness';
import { evalFlags, resolveFlags, toEvalConfig } from '@nanscope/settings';

const [out = 'runs/example'] = process.argv.slice(2);
const flags = {
  device: 'wasm',
  reference: 'javascript',
  policy: 'torch-mps-2.8',
  limit: 4,
  'batch-size': 4,
  out,
};

const result = await evaluate(
  toEvalConfig(resolveFlags(evalFlags, flags, undefined)),
  'examples/evaluate.ts',
  {
    onStage: () => {},
    onDecision: ({ target, reference }) => console.log(`${target.label} against ${reference?.label}`),
    onLane: () => {}, // progress
  },
);

const { metrics, cascade } = result.target!;
console.log(
  `loss ${metrics?.loss}, first made at ${cascade?.origin?.key} by ${cascade?.origin?.mechanism.name}`,
);
console.log(`${result.verdict.sentence} Exit code ${result.verdict.exitCode}.`);
process.exitCode = result.verdict.exitCode;
