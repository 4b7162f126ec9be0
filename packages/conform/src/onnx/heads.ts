/** The layouts of the operator: 3-D inputs are split into heads, past keys are put in front. Arrays in, arrays out. */

/** `[B, heads, positions, size]`, flat. */
export interface Heads {
  readonly values: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

/** `[B, T, H * D]` to `[B, H, T, D]`. */
export function splitHeads(values: Float32Array, shape: readonly number[], H: number): Heads {
  const [B, T, width] = shape as [number, number, number];
  const D = width / H;
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const [b, t, h, d] = [
      Math.floor(i / (T * width)),
      Math.floor(i / width) % T,
      Math.floor((i % width) / D),
      i % D,
    ];
    out[((b * H + h) * T + t) * D + d] = values[i]!;
  }
  return { values: out, shape: [B, H, T, D] };
}

/** Along the positions. */
export function joinPositions(past: Heads, fresh: Heads): Heads {
  const [B, H, P, D] = past.shape;
  const T = fresh.shape[2];
  const values = new Float32Array(B * H * (P + T) * D);
  for (let row = 0; row < B * H; row++) {
    values.set(past.values.subarray(row * P * D, (row + 1) * P * D), row * (P + T) * D);
    values.set(fresh.values.subarray(row * T * D, (row + 1) * T * D), row * (P + T) * D + P * D);
  }
  return { values, shape: [B, H, P + T, D] };
}
