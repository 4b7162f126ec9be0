/** What `pnpm bench attention` computes: one sequence, causal, float32. */
export const attentionShape = { B: 1, H: 4, D: 32 };

/** T and S. */
export const lengths = [128, 256, 512, 1024, 2048, 4096];

/** Multiplications and additions of the two products of the forward pass, over the cells that causality leaves; with the backward pass five more. */
export function gigaflops(length: number, pass: 'forward' | 'both'): number {
  const { B, H, D } = attentionShape;
  const product = B * H * length * length * D; // Two for each cell, of half of the cells.
  return ((pass === 'forward' ? 2 : 7) * product) / 1e9;
}
