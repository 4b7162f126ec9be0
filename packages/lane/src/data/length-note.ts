/** Rows that are longer than a model's rotary positions were made for: computed as transformers does, and said once. */
import type { ModelConfig } from '@nanscope/model';
import type { EvalBatch } from './collation.ts';

/** The same batches; `say` hears of the first one that is too long. */
export async function* withLengthNote(
  batches: AsyncIterable<EvalBatch>,
  { maxPositions, positionsKey }: ModelConfig,
  say: (text: string) => void,
): AsyncGenerator<EvalBatch> {
  let said = false;
  for await (const each of batches) {
    const { length } = each.batch;
    if (!said && length > maxPositions) {
      said = true;
      say(
        `batch ${each.index} has ${length} positions, and the model was made for ${maxPositions} (${positionsKey}): computed as transformers does, beyond what it has seen`,
      );
    }
    yield each;
  }
}
