/** Names for tensors that come from outside of a trace. */
import type * as tf from '@tensorflow/tfjs';
import type { NameOf } from './recorder.ts';

type Table = Readonly<Record<string, tf.TensorInfo>>;

/**
 * Names weights and inputs by the given tables, later tables first. Variables may be assigned to in between, and what
 * a function gives may change: they are looked up anew whenever an unknown tensor is met.
 *
 * @example
 * ```ts
 * openTrace(session, 'health', { nameOf: namesOf(model.parameters, { input_ids: batch.inputIds }) });
 * ```
 */
export function namesOf(...tables: readonly (Table | (() => Table))[]): NameOf {
  let known = new Map<tf.DataId, string>();
  return (id) => {
    if (!known.has(id)) {
      known = new Map(
        tables.flatMap((table) =>
          Object.entries(typeof table === 'function' ? table() : table).map(
            ([name, tensor]) => [tensor.dataId, name] as const,
          ),
        ),
      );
    }
    return known.get(id);
  };
}
