import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRunFolder } from '@nanscope/record';
import { type Flag, resolveFlags, toTrainConfig, trainFlags } from '@nanscope/settings';
import { afterAll, describe, expect, it } from 'vitest';
import { checkTrain, isInPlace } from './check-train.ts';
import { resumedValues } from './resumed-run.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-check-'));
afterAll(() => rmSync(base, { recursive: true }));

const config = (given: Record<string, string> = {}) =>
  toTrainConfig(resolveFlags(trainFlags, given, undefined));

describe('the flags of train', () => {
  it('do not change by accident: their names and defaults', () => {
    const flags: readonly Flag[] = trainFlags;
    const table = flags.map(({ name, default: preset }) =>
      preset === undefined ? name : `${name}=${preset}`,
    );
    expect(table.join(' ')).toMatchInlineSnapshot(
      `"model=tiny layers heads width tokenizer data text-field corpus corpus-lines=20000 validation=0.1 split=tail seed=0 device=auto reference=none backend mps-rule=probe lane-timeout=600 attn=auto sdpa-kernel=auto policy=safe like fill compose row-guard compute-dtype rows=pack batch-size=8 accumulate=1 max-length padding-side=left position-ids=mask ignore-first-token=false steps epochs=1 optimizer=adamw learning-rate=0.001 schedule=cosine warmup=0 minimum=0 weight-decay=0.01 decay=linear beta1=0.9 beta2=0.999 epsilon=1e-8 momentum=0.9 clip=1 dropout=0 label-smoothing=0 z-loss=0 eval-every=100 save-every=100 keep=2 patience on-nonfinite=stop save overwrite=false resume checkpoint trace=gate trace-filter trace-keep=3 rtol=0.0001 atol=0.00001 out json=false reporter fail-on"`,
    );
    expect(new Set(trainFlags.map(({ name }) => name)).size).toBe(trainFlags.length);
  });
});

describe('what is wrong is found before anything is written', () => {
  it('counts the steps of a run that is right', async () => {
    const { steps } = await checkTrain(config({ epochs: '2', 'batch-size': '4', 'max-length': '64' }));
    // 134 blocks of 64 of the built-in text, 34 steps an epoch.
    expect(steps).toBe(68);
    expect((await checkTrain(config({ steps: '7' }))).steps).toBe(7);
  });

  it.each([
    [{ dropout: '1' }, /--dropout 1: expected a number from 0 to less than 1/],
    [{ beta2: '1' }, /--beta2 1/],
    [{ epsilon: '1e-50' }, /--epsilon 1e-50: expected 0, or at least 3\.7\d+e-37 with --beta2 0\.999/],
    [{ 'learning-rate': '1e39' }, /--learning-rate 1e\+39: expected at most 3\.4\d+e\+38/],
    [{ minimum: '2' }, /--minimum 2: expected a fraction/],
    [{ patience: '2', validation: '0' }, /expected validation rows/],
    [{ validation: '1' }, /--validation 1: expected a fraction from 0 to less than 1/],
    [{ heads: '3' }, /n_head 3 does not divide n_embd 64/],
    [{ data: '-' }, /expected a file or a folder/],
    [{ corpus: 'markov', data: 'x.txt' }, /found two/],
    [{ model: 'tinny' }, /Did you mean tiny\?/],
    [{ data: join(tmpdir(), 'nothing-here.txt') }, /No such file/],
    [{ policy: 'safe', fill: 'nonsense' }, /fill/],
  ])('%j', async (given, message) => {
    await expect(checkTrain(config(given as unknown as Record<string, string>))).rejects.toThrow(message);
  });
});

describe('a run to be continued', () => {
  it('brings its configuration, stays in its folder, and may go on in another', () => {
    makeRunFolder(base, 'train');
    writeFileSync(
      join(base, 'config.json'),
      '{"model":"tiny","steps":9,"json":true,"resume":"x","out":"old"}',
    );
    expect(resumedValues(base)).toEqual({ model: 'tiny', steps: 9 });
    expect(isInPlace({ ...config({ resume: base }) })).toBe(true);
    expect(isInPlace({ ...config({ resume: base, out: `${base}/` }) })).toBe(true);
    expect(isInPlace({ ...config({ resume: base, out: 'elsewhere' }) })).toBe(false);
    expect(isInPlace({ ...config({ out: base }) })).toBe(false);
  });

  it('that is none, or broken, is refused', () => {
    expect(() => resumedValues(join(base, 'nowhere'))).toThrow(/expected the folder of a training run/);
    const broken = join(base, 'broken');
    makeRunFolder(broken, 'train');
    writeFileSync(join(broken, 'config.json'), '{');
    expect(() => resumedValues(broken)).toThrow(/expected JSON/);
  });
});
