/** `nanscope train` the way a user runs it: a run and what it leaves, lanes side by side, a step that is not finite. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinBackend } from '@nanscope/backend';
import {
  stepLineSchema,
  type TrainResultRecord,
  trainLaneSchema,
  trainResultSchema,
  validationLineSchema,
} from '@nanscope/record';
import { readEvents } from '@nanscope/trainer';
import { describe, expect, it } from 'vitest';
import { type Ended, expectLines, fixture, run, workspace } from './cli.ts';
import { lines, small } from './train-files.ts';

const { at } = workspace();
const tensorflow = await builtinBackend('tensorflow')!.probe();

async function train(...args: string[]): Promise<Ended & { readonly result: TrainResultRecord }> {
  const ended = await run(['train', '--json', ...args]);
  if (ended.stdout === '') throw new Error(`train ${args.join(' ')} left ${ended.code}: ${ended.stderr}`);
  return { ...ended, result: trainResultSchema.parse(JSON.parse(ended.stdout)) };
}

describe('a run', () => {
  it('learns, and leaves metrics, events, checkpoints and a model that eval takes', async () => {
    const [out, model] = [at('run'), at('model')];
    const { code, result } = await train(
      ...[
        '--device',
        'wasm',
        '--steps',
        '12',
        '--eval-every',
        '6',
        '--save-every',
        '5',
        '--learning-rate',
        '3e-3',
      ],
      ...['--out', out, '--save', model, ...small],
    );
    expect(code).toBe(0);
    expect(result.verdict.code).toBe('trained');
    const written = lines(out);
    expect(written.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(Number(written.at(-1)!.loss)).toBeLessThan(Number(written[0]!.loss) - 0.5);
    expect(lines(out, 'validation.jsonl').map(({ step }) => step)).toEqual([6, 12]);
    expectLines(`${out}/target/metrics.jsonl`, stepLineSchema);
    expectLines(`${out}/target/validation.jsonl`, validationLineSchema);
    const lane = trainLaneSchema.parse(JSON.parse(readFileSync(`${out}/target/run.json`, 'utf8')));
    expect(lane).toMatchObject({ status: 'complete', training: { steps: 12, end: 'steps', saved: model } });
    expect(lane.memory!.tensorsGrown).toBe(0);
    const events = readdirSync(`${out}/target`).find((name) => name.startsWith('events.out.tfevents'))!;
    const losses = readEvents(`${out}/target/${events}`).flatMap(
      ({ scalars }) => scalars['train/loss'] ?? [],
    );
    expect(losses).toEqual(written.map(({ loss }) => Math.fround(Number(loss))));
    expect(readFileSync(`${model}/README.md`, 'utf8')).toContain('| command | `nanscope train ');
    const evaluated = await run([
      'eval',
      '--model',
      model,
      '--limit',
      '2',
      '--device',
      'wasm',
      '--reference',
      'none',
      '--json',
    ]);
    expect(evaluated.code).toBe(0);
  });

  it.each([
    [['--steps', '0'], /--steps: expected a whole number of at least 1, found "0"/],
    [['--corpus', 'markov', '--data', 'x.txt'], /expected one text to train on, found two/],
    [['--max-length', '100000'], /training text has \d+ tokens, expected at least one block of 100000/],
    [['--resume', '/nowhere'], /expected the folder of a training run/],
    [['--save', at('.')], /expected a folder of its own, found --out .* in it/],
    [['--save', fixture('.')], /expected a new or empty folder, or one that holds a model/],
  ])('%j is refused in one line, before anything is written', async (flags, message) => {
    const { code, stderr } = await run(['train', ...flags, '--device', 'wasm', '--out', at('refused')]);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n').at(-1)).toMatch(message);
    expect(existsSync(at('refused'))).toBe(false);
  });
});

describe('a step that is not finite', () => {
  it('at health is taken once more with magnitudes, where counts do not tell how the first value came about', async () => {
    const { result } = await train(
      ...['--device', 'wasm', '--reference', 'none', '--trace', 'health', '--learning-rate', '1e25'],
      ...['--steps', '3', '--out', at('measured'), ...small],
    );
    const { origin } = result.target!.cascade!;
    // All NaN and no infinity: it is the size of what went in that says so.
    expect(origin!.mechanism.name).toBe('matmul overflow');
    expect(origin!.mechanism.evidence).toMatch(/largest magnitude in: \d.*\) gave \d+ NaN$/);
  });

  const left = ['--rows', 'line', '--policy', 'torch-2.4', '--ignore-first-token', '--steps', '40'];

  it('with a finite loss and gradients of NaN stops before the update and names the origin', async () => {
    const out = at('nan');
    const { code, result } = await train('--device', 'wasm', ...small, ...left, '--out', out);
    expect(code).toBe(1);
    expect(result.verdict.code).toBe('stopped-non-finite');
    const { training, cascade } = result.target!;
    expect(training.nonFinite).toHaveLength(1);
    expect(training.nonFinite[0]).toMatchObject({
      gradNorm: 'NaN',
      action: 'stop',
      weightsFinite: true,
      replayed: true,
    });
    expect(training.nonFinite[0]!.loss).toBeTypeOf('number');
    expect(cascade!.origin!.key).toMatch(/^forward\/transformer\.h\.0\/attn\//);
    expect(cascade!.origin!.mechanism.name).toBe('fully masked row');
    const phases = new Set(cascade!.events.map(({ phase }) => phase));
    expect([...phases]).toEqual(expect.arrayContaining(['forward', 'loss', 'backward']));
    // The state before it is kept: the step before the bad one is the last that was made.
    const last = training.nonFinite[0]!.step - 1;
    expect(training.steps).toBe(last);
    if (last > 0) expect(training.checkpoints.at(-1)!.step).toBe(last);
  });

  it('under skip goes to the end; an update that breaks the weights is named as their origin', async () => {
    const skipped = await train(
      '--device',
      'wasm',
      ...small,
      ...left,
      '--steps',
      '8',
      '--on-nonfinite',
      'skip',
      '--out',
      at('skip'),
    );
    expect(skipped.code).toBe(0);
    expect(skipped.result.target!.training.skipped).toBeGreaterThan(0);
    const broken = await train(
      '--device',
      'wasm',
      ...small,
      '--steps',
      '4',
      '--epsilon',
      '0',
      '--out',
      at('broken'),
    );
    expect(broken.code).toBe(1);
    expect(broken.result.target!.training.nonFinite[0]).toMatchObject({ step: 2, weightsFinite: false });
    expect(broken.result.target!.cascade!.origin!.key).toMatch(/^optimizer\/.*AdamWStep/);
  });
});

const noTensorflow = tensorflow.available ? '' : ` (skipped: ${tensorflow.reason})`;
describe.skipIf(!tensorflow.available)(`two lanes${noTensorflow}`, () => {
  it('wasm and tensorflow take the same 20 steps to 1e-4', async () => {
    const { code, result } = await train(
      ...[
        '--device',
        'wasm',
        '--reference',
        'tensorflow',
        '--steps',
        '20',
        '--dropout',
        '0.1',
        '--atol',
        '0',
      ],
      ...['--out', at('two'), ...small],
    );
    expect(result.verdict.sentence).toMatch(/^Trained 20 steps.*Both devices agree in all 20 steps/);
    expect(code).toBe(0);
    const [loss, gradNorm, validation] = result.comparison!.quantities;
    expect(loss).toMatchObject({ name: 'loss', compared: 20 });
    expect(Number(loss!.requiredRtol)).toBeLessThan(1e-4);
    expect(Number(gradNorm!.requiredRtol)).toBeLessThan(1e-4);
    expect(validation).toMatchObject({ name: 'validation loss', compared: 1 });
  });

  it('and stop at the same step with the same origin', async () => {
    const { result } = await train(
      ...[
        '--device',
        'wasm',
        '--reference',
        'tensorflow',
        '--steps',
        '20',
        '--rows',
        'line',
        '--policy',
        'torch-2.4',
      ],
      ...['--out', at('two-nan'), ...small],
    );
    expect(result.verdict.code).toBe('agree-non-finite');
    expect(result.comparison!.ops).toMatchObject({ divergent: 0, sameOrigin: true });
  });
});
