/**
 * Turns kernel reports into records: keys, inputs by reference, health requested from the counter. It holds
 * one batch at a time and forgets it at `take`.
 */

import { isResidualStream } from '@nanscope/record';
import type * as tf from '@tensorflow/tfjs';
import type { HealthCounter, Measurement } from '../health/gate.ts';
import type { ExternalRecord, InputRef, OpRecord, Phase } from '../types.ts';
import { type TapFilter, tapPasses } from './filter.ts';
import { callNames } from './scope.ts';

/** Kernels whose output is their first input seen through another shape. */
const aliasing: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'ExpandDims']);

/**
 * Kernels that give their first input itself where they change nothing of it, on some backends: a result of their own all the
 * same, so that lanes have equal records, of which nothing more has to be counted. Who reads that input later is said to read the result.
 */
const sharing: ReadonlySet<string> = new Set(['SelectMasked']);

/** The name of a tensor from outside the trace, when the caller knows one. */
export type NameOf = (id: tf.DataId) => string | undefined;

interface Draft {
  /** Complete but for what is known at the end of the batch. */
  readonly record: { -readonly [Field in keyof OpRecord]: OpRecord[Field] };
  /** Length of the rows that were asked for; undefined when none were. */
  readonly rowLength: number | undefined;
  measurement: Measurement | undefined;
  /** False where a filter leaves it out. */
  readonly wanted: boolean;
  /** Whether something that is wanted was computed from it. */
  feeds: boolean;
  gradientOf: string | undefined;
}

const aliasMark = { alias: true } as const;

interface Taken {
  records: OpRecord[];
  externals: Record<string, ExternalRecord>;
  /** Present where filters left something out. */
  filtered?: number;
}

export interface Recorder {
  phase: Phase;
  record(kernel: string, inputs: tf.NamedTensorInfoMap, outputs: readonly tf.TensorInfo[]): void;
  /** Says of tensors of this batch that they are the gradients of these parameters. */
  nameGradients(gradients: Readonly<Record<string, tf.TensorInfo>>): void;
  /** The batch so far, once the counter has been flushed; starts the next one. */
  take(): Taken;
}

export function createRecorder(
  counter: HealthCounter,
  nameOf: NameOf,
  filters: readonly TapFilter[] = [],
): Recorder {
  /** A tensor never changes: a weight, or what a step left for the next one, is measured once for as long as it lives. */
  const measured = new WeakMap<tf.DataId, Measurement>();
  let drafts: Draft[] = [];
  let producers = new Map<tf.DataId, number>();
  const names = callNames();
  let externals = new Map<tf.DataId, { name: string; tensor: Omit<ExternalRecord, 'health'> }>();
  let externalNames = new Map<string, number>();

  /** Whether the outputs of a path get a class per row, by path. */
  const residual = new Map<string, boolean>();
  const isResidual = (path: string): boolean => {
    const known = residual.get(path) ?? isResidualStream(path);
    residual.set(path, known);
    return known;
  };

  /** Unnamed tensors are numbered in order of first use, which is the same order on every backend. */
  const nameExternal = (tensor: tf.TensorInfo): string => {
    const given = nameOf(tensor.dataId);
    const base = given ?? (tensor.shape.every((size) => size === 1) ? 'constant' : 'external');
    const used = externalNames.get(base) ?? 0;
    externalNames.set(base, used + 1);
    return given !== undefined && used === 0 ? given : `${base}#${used}`;
  };

  const measure = (tensor: tf.TensorInfo, rowLength?: number): Measurement => {
    const measurement = counter.measure(tensor, rowLength);
    measured.set(tensor.dataId, measurement);
    return measurement;
  };

  /** @param wanted whether the op that reads it is: then its health has to be known, whoever made it */
  const reference = (name: string, tensor: tf.TensorInfo, wanted: boolean): InputRef => {
    const record = producers.get(tensor.dataId);
    const measurable = wanted && tensor.dtype === 'float32';
    if (record !== undefined) {
      const draft = drafts[record]!;
      draft.feeds ||= wanted;
      if (measurable) draft.measurement ??= measured.get(tensor.dataId) ?? measure(tensor);
      return { name, record };
    }
    if (measurable && !measured.has(tensor.dataId)) measure(tensor);
    const known = externals.get(tensor.dataId);
    if (known) return { name, external: known.name };
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
    return draft ? draft.measurement : measured.get(source.dataId);
  };

  return {
    phase: 'forward',
    // Runs after every kernel: on a small model what is made here weighs as much as the kernel.
    record(kernel, inputMap, outputs) {
      const { key, phase, path, call } = names.next(this.phase, kernel);
      const wanted = filters.length === 0 || tapPasses(filters, { phase, path, kernel });
      const inputs: InputRef[] = [];
      const sources: tf.TensorInfo[] = [];
      for (const name in inputMap) {
        const tensor = inputMap[name];
        if (!tensor) continue;
        inputs.push(reference(name, tensor, wanted));
        sources.push(tensor);
      }
      const hasRows = isResidual(path);
      for (let output = 0; output < outputs.length; output++) {
        const tensor = outputs[output]!;
        const { dataId, shape, dtype } = tensor;
        const measurable = dtype === 'float32';
        const rowLength = hasRows && shape.length > 1 ? shape.at(-1)! : undefined;
        const alias = measurable ? aliased(kernel, sources, tensor, rowLength) : undefined;
        const measurement = alias ?? (measurable && wanted ? measure(tensor, rowLength) : undefined);
        producers.set(dataId, drafts.length);
        drafts.push({
          record: {
            key: `${key}:${output}`,
            phase,
            path,
            kernel,
            call,
            output,
            shape: shape.slice(),
            dtype,
            inputs,
            ...(alias && !sharing.has(kernel) && aliasMark),
          },
          rowLength,
          measurement,
          wanted,
          feeds: false,
          gradientOf: undefined,
        });
      }
    },
    nameGradients(gradients) {
      for (const [name, { dataId }] of Object.entries(gradients)) {
        const draft = drafts[producers.get(dataId) ?? -1];
        if (draft) draft.gradientOf = name;
      }
    },
    take() {
      const all = filters.length === 0;
      const kept = all ? drafts : drafts.filter(({ wanted, feeds }) => wanted || feeds);
      const place = all ? undefined : new Map(kept.map((draft, index) => [draft, index]));
      const used = new Set<string>();
      /** The inputs that are still there, at their new places; those of an op outside of the filter are not followed. */
      const inputsOf = ({ record, wanted }: Draft): readonly InputRef[] =>
        (wanted ? record.inputs : []).map((ref) => {
          if ('record' in ref) return { ...ref, record: place!.get(drafts[ref.record]!)! };
          used.add(ref.external);
          return ref;
        });
      for (const draft of kept) {
        const { record, measurement, rowLength, wanted, gradientOf } = draft;
        if (!all) record.inputs = inputsOf(draft);
        if (gradientOf !== undefined) record.gradientOf = gradientOf;
        if (!wanted) record.outside = true;
        if (measurement?.health) record.health = measurement.health;
        if (rowLength !== undefined && measurement?.rows !== undefined) record.rows = measurement.rows;
      }
      const named: Record<string, ExternalRecord> = {};
      for (const [id, { name, tensor }] of externals) {
        if (!all && !used.has(name)) continue;
        const health = measured.get(id)?.health;
        named[name] = { ...tensor, ...(health && { health }) };
      }
      const filtered = drafts.length - kept.length;
      const records = kept.map(({ record }) => record);
      drafts = [];
      producers = new Map();
      names.restart();
      externals = new Map();
      externalNames = new Map();
      return { records, externals: named, ...(filtered > 0 && { filtered }) };
    },
  };
}
