import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STAGES_FILE } from '@nanscope/lane';
import { float32Tensor, float64Tensor, integerTensor, writeSafetensors } from '@nanscope/safetensors';
import { expect, it } from 'vitest';
import { readStages } from './read-stages.ts';

it('a stage is read in the type in which its lane computed it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-'));
  const classes = integerTensor([3], [0, 0, 1]);
  await writeSafetensors(join(folder, STAGES_FILE), {
    ...{ wide: float64Tensor([1], Float64Array.of(1 / 3)), 'classes/wide': classes },
    ...{ single: float32Tensor([1], Float32Array.of(1 / 3)), 'classes/single': classes },
  });
  const stages = (await readStages(folder))!;
  expect(stages.get('wide')?.values).toEqual(Float64Array.of(1 / 3));
  expect(stages.get('single')?.values).toEqual(Float32Array.of(1 / 3));
});
