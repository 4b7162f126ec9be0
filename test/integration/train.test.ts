/**
 * `nanscope train` the way a user runs it: a run and what it leaves, lanes side by side, a step that is not finite,
 * and runs that are stopped, killed, out of room - and go on as if nothing had been.
 */
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
import { childrenOf, type Ended, expectLines, fixture, run, start, until, workspace } from './cli.ts';

const { at } = workspace();
const windows = process.platform === 'win32';
const tensorflow = await builtinBackend('tensorflow')!.probe();

const small = ['--layers', '1', '--batch-size', '4', '--max-length', '32'];

async function train(...args: string[]): Promise<Ended & { readonly result: TrainResultRecord }> {
  const ended = await run(['train', '--json', ...args]);
  if (ended.stdout === '') throw new Error(`train ${args.join(' ')} left ${ended.code}: ${ended.stderr}`);
  return { ...ended, result: trainResultSchema.parse(JSON.parse(ended.stdout)) };
}

interface Line {
  readonly step: number;
  readonly loss: number | string;
  readonly gradNorm?: number | string;
}

const lines = (folder: string, name = 'metrics.jsonl'): Line[] => {
  const path = `${folder}/target/${name}`;
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
};
const numbers = (folder: string) => lines(folder).map(({ step, loss, gradNorm }) => [step, loss, gradNorm]);
const weights = (folder: string, step: number) =>
  readFileSync(`${folder}/target/checkpoints/step-${String(step).padStart(8, '0')}/model.safetensors`);

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

describe.skipIf(windows)(
  `runs that are stopped${windows ? ' (skipped: Windows has no signals)' : ''}`,
  () => {
    const flags = [
      '--device',
      'wasm',
      '--steps',
      '18',
      '--save-every',
      '4',
      '--eval-every',
      '8',
      '--dropout',
      '0.1',
      ...small,
    ];

    it('Ctrl-C saves and leaves 130; kill -9 at a random step leaves what was saved; both go on to the same end', async () => {
      const whole = at('whole');
      expect((await run(['train', ...flags, '--out', whole])).code).toBe(0);
      const broken = at('stopped');
      const first = start(['train', ...flags, '--out', broken]);
      await until(() => lines(broken).length >= 3, 'three steps');
      first.child.kill('SIGINT');
      const { code, stdout } = await first.ended;
      expect(code).toBe(130);
      expect(stdout).toMatch(/Interrupted after step (\d+); the checkpoint of step \1 is saved/);
      const second = start(['train', '--resume', broken]);
      const random = lines(broken).length + 2 + Math.floor(Math.random() * 6);
      await until(() => lines(broken).length >= random, `step ${random}`);
      for (const lane of childrenOf(second.child.pid!)) process.kill(lane, 'SIGKILL');
      expect((await second.ended).code).toBe(1);
      const last = await run(['train', '--resume', broken]);
      expect(last.stderr).toMatch(/continues after step \d+ from/);
      expect(last.code).toBe(0);
      expect(numbers(broken)).toEqual(numbers(whole));
      expect(lines(broken, 'validation.jsonl')).toEqual(lines(whole, 'validation.jsonl'));
      expect(weights(broken, 18).equals(weights(whole, 18))).toBe(true);
    });

    it('Ctrl-C is heard at the next step, also when no checkpoint is due; a run killed before its first one begins anew', async () => {
      const out = at('early');
      const rare = ['--device', 'wasm', '--steps', '400', '--save-every', '0', '--eval-every', '0', ...small];
      const first = start(['train', ...rare, '--out', out]);
      await until(() => lines(out).length >= 2, 'two steps');
      for (const lane of childrenOf(first.child.pid!)) process.kill(lane, 'SIGKILL');
      await first.ended;
      const second = start(['train', '--resume', out]);
      let said = '';
      second.child.stderr!.on('data', (text: string) => {
        said += text;
      });
      await until(() => said.includes('begins anew'), 'the lines to be dropped');
      await until(() => lines(out).length >= 3, 'three steps');
      second.child.kill('SIGINT');
      const { code, stdout, stderr } = await second.ended;
      expect(code).toBe(130);
      expect(stderr).toMatch(/no checkpoint in .*: begins anew/);
      const stopped = Number(/Interrupted after step (\d+)/.exec(stdout)![1]);
      expect(stopped).toBeLessThan(100);
      expect(lines(out).map(({ step }) => step)).toEqual(Array.from({ length: stopped }, (_, i) => i + 1));
    });

    it('no room for a checkpoint: one clear line, exit 1, and the one before is intact', async () => {
      const out = at('full');
      const short = ['--device', 'wasm', '--save-every', '2', '--eval-every', '0', ...small];
      expect((await run(['train', ...short, '--steps', '2', '--out', out])).code).toBe(0);
      const before = weights(out, 2);
      const { code, stdout } = await run(['train', '--resume', out, '--steps', '4'], { fileBlocks: 800 });
      expect(code).toBe(1);
      expect(stdout.replace(/[│\s]+/g, ' ')).toMatch(
        /The target failed \(.*the checkpoint of step 4 cannot be written \(.*step-00000002 is intact/,
      );
      expect(weights(out, 2).equals(before)).toBe(true);
      expect((await run(['train', '--resume', out, '--steps', '4'])).code).toBe(0);
      expect(lines(out).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    });

    it('a checkpoint that is not of this run is refused with what differs', async () => {
      const out = at('other');
      expect((await run(['train', '--device', 'wasm', '--steps', '2', '--out', out, ...small])).code).toBe(0);
      const { code, stderr } = await run(['train', '--resume', out, '--batch-size', '5', '--steps', '4']);
      expect(code).toBe(2);
      expect(stderr).toMatch(/data differs in batchSize: expected 5, found 4/);
      const layers = await run(['train', '--resume', out, '--layers', '2', '--steps', '4']);
      expect(layers.stderr).toMatch(/architecture differs in n_layer: expected 2, found 1/);
    });
  },
);
