/** Names for tensors that come from outside of a trace. */
import type * as tf from '@tensorflow/tfjs';
import type { NameOf } from './recorder.ts';

type Table = Readonly<Record<string, tf.TensorInfo>>;

/**
 * Names weights and inputs by the given tables, later tables first. Variables may be assigned to in between, and what
 * a function gives may change: where an unknown tensor is met they are looked through, and all looked up anew if it is there.
 *
 * @example
 * ```ts
 * openTrace(session, 'health', { nameOf: namesOf(model.parameters, { input_ids: batch.inputIds }) });
 * ```
 */
export function namesOf(...tables: readonly (Table | (() => Table))[]): NameOf {
  let known = new Map<tf.DataId, string>();
  const lists = tables.map((table) => (typeof table === 'function' ? table : Object.entries(table)));
  return (id) => {
    const name = known.get(id);
    if (name !== undefined) return name;
    const now = lists.map((list) => (typeof list === 'function' ? Object.entries(list()) : list));
    // Most unknown tensors are in no table.
    if (!now.some((list) => list.some(([, tensor]) => tensor.dataId === id))) return undefined;
    known = new Map(now.flat().map(([name, tensor]) => [tensor.dataId, name]));
    return known.get(id);
  };
}
