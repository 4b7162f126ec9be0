/**
 * Turns kernel reports into records: keys, inputs by reference, health requested from the counter. It holds
 * one batch at a time and forgets it at `take`.
 */
import type * as tf from '@tensorflow/tfjs';
import type { HealthCounter, Measurement } from '../health/counter.ts';
import type { ExternalRecord, InputRef, OpRecord, Phase } from '../types.ts';
import { callNames } from './calls.ts';
import { isResidualStream } from './residual.ts';

/** Kernels whose output is their first input seen through another shape. */
const aliasing: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'ExpandDims']);

/** The name of a tensor from outside the trace, when the caller knows one. */
export type NameOf = (id: tf.DataId) => string | undefined;

interface Draft {
  readonly fields: Omit<OpRecord, 'health' | 'rows'>;
  /** Of the rows that were asked for; undefined when none were. */
  readonly rowLength: number | undefined;
  readonly measurement: Measurement | undefined;
}

export interface Recorder {
  phase: Phase;
  record(kernel: string, inputs: tf.NamedTensorInfoMap, outputs: readonly tf.TensorInfo[]): void;
  /** The batch so far, once the counter has been flushed; starts the next one. */
  take(): { records: OpRecord[]; externals: Record<string, ExternalRecord> };
}

export function createRecorder(counter: HealthCounter, nameOf: NameOf): Recorder {
  /** Weights are measured once for as long as they live. */
  const measuredExternals = new WeakMap<tf.DataId, Measurement>();
  let drafts: Draft[] = [];
  let producers = new Map<tf.DataId, number>();
  let nameCall = callNames();
  let externals = new Map<tf.DataId, { name: string; tensor: Omit<ExternalRecord, 'health'> }>();
  let externalNames = new Map<string, number>();

  /** Unnamed tensors are numbered in order of first use, which is the same order on every backend. */
  const nameExternal = (tensor: tf.TensorInfo): string => {
    const given = nameOf(tensor.dataId);
    const base = given ?? (tensor.shape.every((size) => size === 1) ? 'constant' : 'external');
    const used = externalNames.get(base) ?? 0;
    externalNames.set(base, used + 1);
    return given !== undefined && used === 0 ? given : `${base}#${used}`;
  };

  const reference = (name: string, tensor: tf.TensorInfo): InputRef => {
    const record = producers.get(tensor.dataId);
    if (record !== undefined) return { name, record };
    const known = externals.get(tensor.dataId);
    if (known) return { name, external: known.name };
    if (tensor.dtype === 'float32' && !measuredExternals.has(tensor.dataId)) {
      measuredExternals.set(tensor.dataId, counter.measure(tensor));
    }
    const external = nameExternal(tensor);
    externals.set(tensor.dataId, {
      name: external,
      tensor: { shape: [...tensor.shape], dtype: tensor.dtype },
    });
    return { name, external };
  };

  /** The measurement of an aliasing kernel's source, or undefined when the output is memory of its own. */
  const aliased = (
    kernel: string,
    inputs: tf.TensorInfo[],
    output: tf.TensorInfo,
    rowLength: number | undefined,
  ): Measurement | undefined => {
    const source =
      inputs.find((input) => input.dataId === output.dataId) ??
      (aliasing.has(kernel) ? inputs[0] : undefined);
    if (!source) return undefined;
    const producer = producers.get(source.dataId);
    const draft = producer === undefined ? undefined : drafts[producer]!;
    // Rows that the source was not asked for have to be counted after all.
    if (rowLength !== undefined && draft?.rowLength !== rowLength) return undefined;
    return draft ? draft.measurement : measuredExternals.get(source.dataId);
  };

  return {
    phase: 'forward',
    record(kernel, inputMap, outputs) {
      const { key, phase, path, call } = nameCall(this.phase, kernel);
      const named = Object.entries(inputMap).flatMap(([name, tensor]) => (tensor ? [{ name, tensor }] : []));
      const inputs = named.map(({ name, tensor }) => reference(name, tensor));
      const sources = named.map(({ tensor }) => tensor);
      outputs.forEach((tensor, output) => {
        const measurable = tensor.dtype === 'float32';
        const rowLength =
          isResidualStream(path) && tensor.shape.length > 1 ? tensor.shape.at(-1)! : undefined;
        const alias = measurable ? aliased(kernel, sources, tensor, rowLength) : undefined;
        const measurement = alias ?? (measurable ? counter.measure(tensor, rowLength) : undefined);
        producers.set(tensor.dataId, drafts.length);
        drafts.push({
          fields: {
            key: `${key}:${output}`,
            phase,
            path,
            kernel,
            call,
            output,
            shape: [...tensor.shape],
            dtype: tensor.dtype,
            inputs,
            ...(alias && { alias: true as const }),
          },
          rowLength,
          measurement,
        });
      });
    },
    take() {
      const records = drafts.map(({ fields, measurement, rowLength }): OpRecord => {
        const { health, rows } = measurement ?? {};
        const wantsRows = rowLength !== undefined && rows !== undefined;
        return { ...fields, ...(health && { health }), ...(wantsRows && { rows }) };
      });
      const named: Record<string, ExternalRecord> = {};
      for (const [id, { name, tensor }] of externals) {
        const health = measuredExternals.get(id)?.health;
        named[name] = { ...tensor, ...(health && { health }) };
      }
      drafts = [];
      producers = new Map();
      nameCall = callNames();
      externals = new Map();
      externalNames = new Map();
      return { records, externals: named };
    },
  };
}
