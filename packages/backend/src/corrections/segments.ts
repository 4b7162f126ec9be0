/** Host kernels that move rows by index: the sum over segments (the gradient of an embedding) and batched gather. */
import * as tf from '@tensorflow/tfjs';
import { type Allocate, type HostBackendName, type HostTensor, handles, hostMemory } from '../host-memory.ts';
import { addKernel, wrapHostKernel } from './correction.ts';
import { hasNaN } from './elementwise.ts';

/**
 * out[s, ...] = sum of x[i, ...] over every i with segmentIds[i] = s, in the order of i, in the dtype of x. Ids
 * outside 0..numSegments-1 are skipped, as TensorFlow skips negative ones.
 */
export function unsortedSegmentSum(
  x: HostTensor,
  segmentIds: HostTensor,
  numSegments: number,
  allocate: Allocate,
): HostTensor {
  const inner = x.shape.slice(segmentIds.shape.length);
  const width = tf.util.sizeFromShape(inner);
  const out = allocate([numSegments, ...inner], x.dtype);
  const [from, ids, to] = [x.values, segmentIds.values, out.values];
  for (let i = 0; i < ids.length; i++) {
    const segment = ids[i]!;
    if (segment < 0 || segment >= numSegments) continue;
    for (let j = 0; j < width; j++) to[segment * width + j]! += from[i * width + j]!;
  }
  return out;
}

export function replaceUnsortedSegmentSum(backend: HostBackendName): void {
  wrapHostKernel('UnsortedSegmentSum', backend, ({ inputs, attrs, memory }) =>
    unsortedSegmentSum(inputs.x!, inputs.segmentIds!, attrs.numSegments as number, memory.allocate),
  );
}

export function supplyUnsortedSegmentSum(name: HostBackendName): void {
  addKernel('UnsortedSegmentSum', name, ({ inputs, attrs, backend }) => {
    const { view, allocate } = hostMemory(name, backend);
    const numSegments = (attrs as unknown as { numSegments: number }).numSegments;
    return handles(unsortedSegmentSum(view(inputs.x!), view(inputs.segmentIds!), numSegments, allocate));
  });
}

/** `GatherV2` with batch dimensions; without them the backend's own kernel is right. */
export function replaceBatchedGather(backend: HostBackendName): void {
  wrapHostKernel('GatherV2', backend, ({ inputs, attrs, memory, original }) => {
    const batchDims = (attrs.batchDims as number | undefined) ?? 0;
    if (batchDims === 0) return original();
    const { x, indices } = inputs as { x: HostTensor; indices: HostTensor };
    const axis = tf.util.parseAxisParam(attrs.axis as number, x.shape)[0]!;
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
      tf.backend_util.segment_util.collectGatherOpShapeInfo(
        x.info as never,
        indices.info as never,
        axis,
        batchDims,
      );
    const count = tf.util.sizeFromShape(indices.shape) / batchSize;
    for (const index of indices.values) {
      tf.util.assert(
        index >= 0 && index < dimSize,
        () => `GatherV2: the index value ${index} is not in [0, ${dimSize - 1}]`,
      );
    }
    const out = memory.allocate(outputShape, x.dtype);
    const [from, at, to] = [x.values, indices.values, out.values];
    let next = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = 0; outer < outerSize; outer++) {
        const base = (batch * outerSize + outer) * dimSize;
        for (let i = 0; i < count; i++) {
          const start = (base + at[batch * count + i]!) * sliceSize;
          for (let j = 0; j < sliceSize; j++) to[next++] = from[start + j]!;
        }
      }
    }
    return out;
  });
}

// The k largest of each row with NaN as the largest, as PyTorch orders it, where a backend loses it or misplaces it.

/** Negative when a comes first: larger first, NaN before all. */
function descending(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  if (Number.isNaN(b)) return 1;
  return b > a ? 1 : b < a ? -1 : 0;
}

/** The indices of the k largest of `row`, ties by the lower index. */
function topIndices(row: ArrayLike<number>, k: number): number[] {
  return Array.from({ length: row.length }, (_, i) => i)
    .sort((i, j) => descending(row[i]!, row[j]!) || i - j)
    .slice(0, k);
}

/** The backend's own kernel unless there is a NaN: its selection compares, and a NaN at the end is lost. */
export function replaceTopKWithNaN(backend: HostBackendName): void {
  wrapHostKernel('TopK', backend, ({ inputs, attrs, memory, original }) => {
    const x = inputs.x as HostTensor;
    if (!hasNaN(x)) return original();
    const k = attrs.k as number;
    const width = x.shape.at(-1)!;
    const shape = [...x.shape.slice(0, -1), k];
    const values = memory.allocate(shape, x.dtype);
    const indices = memory.allocate(shape, 'int32');
    const [from, to, at] = [x.values, values.values, indices.values];
    for (let row = 0; row * width < from.length; row++) {
      const picked = topIndices(from.subarray(row * width, (row + 1) * width), k);
      picked.forEach((index, j) => {
        to[row * k + j] = from[row * width + index]!;
        at[row * k + j] = index;
      });
    }
    return [values, indices];
  });
}
