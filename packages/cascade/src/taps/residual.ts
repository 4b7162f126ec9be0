/** Which module paths are the residual stream. Both the taps and the picture ask, the picture without tfjs. */

/** Scopes whose outputs get a class per row: the embeddings, the output of each block, the final LayerNorm. */
export function isResidualStream(path: string): boolean {
  return path === 'transformer.embeddings' || path === 'transformer.ln_f' || /(^|\/)output$/.test(path);
}
