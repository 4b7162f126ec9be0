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
  return (id) => {
    const name = known.get(id);
    if (name !== undefined) return name;
    const now = tables.map((table) => (typeof table === 'function' ? table() : table));
    if (!now.some((table) => holds(table, id))) return undefined;
    known = new Map(
      now.flatMap((table) => Object.entries(table).map(([name, tensor]) => [tensor.dataId, name] as const)),
    );
    return known.get(id);
  };
}

/** Without a list of the names: most unknown tensors are in no table. */
function holds(table: Table, id: tf.DataId): boolean {
  for (const name in table) if (table[name]!.dataId === id) return true;
  return false;
}
