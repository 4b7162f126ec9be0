/** Sparse cross entropy in JavaScript memory: the readable reference, with float64 sums. */
import type { Allocate, HostTensor } from '@nanscope/backend';

/** logits [N,V], labels int32 [N] -> [N] */
export function sparseCrossEntropyHost(
  inputs: Record<string, HostTensor>,
  _attrs: object,
  allocate: Allocate,
): HostTensor {
  const [N, V] = inputs.logits!.shape as [number, number];
  const output = allocate([N], 'float32');
  const logits = inputs.logits!.values;
  const labels = inputs.labels!.values;
  const loss = output.values;
  for (let n = 0; n < N; n++) {
    const label = labels[n]!;
    if (label < 0) continue;
    const start = n * V;
    let max = Number.NEGATIVE_INFINITY;
    for (let v = 0; v < V; v++) max = Math.max(max, logits[start + v]!);
    let sum = 0;
    // With a NaN or infinite maximum (x - max) is NaN for some x, and so is the sum.
    for (let v = 0; v < V; v++) sum += Math.exp(logits[start + v]! - max);
    loss[n] = Math.log(sum) + (max - logits[start + label]!);
  }
  return output;
}
