/** Whether looking changed what was seen: outputs of the same step with and without a trace, bit by bit. */

export type ObserverEffect = 'unchanged' | 'changed' | 'nothing wrapped' | 'unchecked';

/** Whether two float32 arrays hold the same bits. NaN payloads and the sign of zero count. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  if (a.length !== b.length) return false;
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length);
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length);
  return left.every((word, i) => word === right[i]);
}

/**
 * @param untraced the step's outputs (losses, say) without a trace; undefined when it was not run without one
 * @param traced the same outputs under a trace
 */
export function observerEffect(
  untraced: Float32Array | undefined,
  traced: Float32Array | undefined,
): ObserverEffect {
  if (!untraced || !traced) return 'unchecked';
  return sameBits(untraced, traced) ? 'unchanged' : 'changed';
}
