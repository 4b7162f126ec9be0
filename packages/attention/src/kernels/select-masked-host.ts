/** `SelectMasked` in plain loops, for the backends whose memory JavaScript can see. */
import type { Allocate, HostTensor } from '@nanscope/backend';

/** Strides of `shape`, right-aligned to rank 4, with 0 along broadcast dimensions. */
function stridesFour(shape: readonly number[]): [number, number, number, number] {
  const strides: [number, number, number, number] = [0, 0, 0, 0];
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[4 - shape.length + d] = shape[d] === 1 ? 0 : stride;
    stride *= shape[d]!;
  }
  return strides;
}

function shapeFour(shape: readonly number[]): [number, number, number, number] {
  if (shape.length > 4) throw new Error(`SelectMasked works on rank 4 at most, got rank ${shape.length}.`);
  return [...Array<number>(4 - shape.length).fill(1), ...shape] as [number, number, number, number];
}

export function selectMaskedHost(
  { x, keep, fill }: Record<string, HostTensor>,
  _attrs: object,
  allocate: Allocate,
): HostTensor {
  const output = allocate(x!.shape, 'float32');
  const [B, H, T, S] = shapeFour(x!.shape);
  const keepStride = stridesFour(keep!.shape);
  const fillStride = stridesFour(fill!.shape);
  // Moved as bits, so that a signalling NaN keeps its payload.
  const from = bits(x!.values);
  const other = bits(fill!.values);
  const to = bits(output.values);
  const kept = keep!.values;
  let at = 0;
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let t = 0; t < T; t++) {
        let k = b * keepStride[0] + h * keepStride[1] + t * keepStride[2];
        let f = b * fillStride[0] + h * fillStride[1] + t * fillStride[2];
        for (let s = 0; s < S; s++) {
          to[at] = kept[k] !== 0 ? from[at]! : other[f]!;
          at++;
          k += keepStride[3];
          f += fillStride[3];
        }
      }
    }
  }
  return output;
}

function bits(values: HostTensor['values']): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
