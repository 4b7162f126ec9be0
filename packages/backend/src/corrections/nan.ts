/** NaN in host memory, seen by its bits: exponent all ones and a mantissa that is not zero. */
import type { HostTensor } from '../kernel-types.ts';

const magnitude = 0x7fffffff;
const infinity = 0x7f800000;

const bits = ({ values }: HostTensor): Int32Array =>
  new Int32Array(values.buffer, values.byteOffset, values.length);

/** True when a float tensor holds a NaN; a tensor of another dtype never does. */
export function hasNaN(tensor: HostTensor): boolean {
  if (tensor.dtype !== 'float32') return false;
  const view = bits(tensor);
  for (let i = 0; i < view.length; i++) if ((view[i]! & magnitude) > infinity) return true;
  return false;
}

/** Writes every NaN of `input`, bit for bit, to the same place of `output`. */
export function keepNaN(input: HostTensor, output: HostTensor): HostTensor {
  if (input.dtype !== 'float32' || output.dtype !== 'float32') return output;
  const from = bits(input);
  const to = bits(output);
  for (let i = 0; i < from.length; i++) if ((from[i]! & magnitude) > infinity) to[i] = from[i]!;
  return output;
}
