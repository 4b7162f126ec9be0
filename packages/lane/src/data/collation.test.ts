import { presetConfig } from '@nanscope/model';
import { expect, it } from 'vitest';
import { type EvalBatch, withLengthNote } from './collation.ts';

it('says once that rows are longer than what rotary positions were made for, and passes every batch on', async () => {
  const lengths = [2048, 2049, 4000];
  const make = async function* (): AsyncGenerator<EvalBatch> {
    for (const [index, length] of lengths.entries()) {
      const values = new Int32Array(length);
      const batch = {
        ...{ inputIds: values, attentionMask: values, labels: values, positionIds: values },
        ...{ batch: 1, length, lengths: [length], truncated: 0 },
      };
      yield { index, batch } as EvalBatch;
    }
  };
  const said: string[] = [];
  const passed: number[] = [];
  for await (const { batch } of withLengthNote(make(), presetConfig('pythia-160m'), (text) =>
    said.push(text),
  ))
    passed.push(batch.length);
  expect(passed).toEqual(lengths);
  expect(said).toEqual([
    'batch 1 has 2049 positions, and the model was made for 2048 (max_position_embeddings): computed as transformers does, beyond what it has seen',
  ]);
});
