/** Names for tensors that come from outside of a trace. */
import type * as tf from '@tensorflow/tfjs';
import type { NameOf } from './recorder.ts';

/**
 * Names weights and inputs by the given tables, later tables first. Variables may be assigned to in between:
 * they are looked up anew whenever an unknown tensor is met.
 *
 * @example
 * ```ts
 * openTrace(session, 'health', { nameOf: namesOf(model.parameters, { input_ids: batch.inputIds }) });
 * ```
 */
export function namesOf(...tables: readonly Readonly<Record<string, tf.Tensor>>[]): NameOf {
  let known = new Map<tf.DataId, string>();
  return (id) => {
    if (!known.has(id)) {
      known = new Map(
        tables.flatMap((table) =>
          Object.entries(table).map(([name, tensor]) => [tensor.dataId, name] as const),
        ),
      );
    }
    return known.get(id);
  };
}
