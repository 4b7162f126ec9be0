/** The k largest of each row with NaN as the largest, as PyTorch orders it, where a backend loses it or misplaces it. */
import type { HostBackendName } from '../host-memory.ts';
import type { HostTensor } from '../kernel-types.ts';
import { hasNaN } from './nan.ts';
import { wrapHostKernel } from './wrap.ts';

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
