/**
 * The layer x position picture: which positions of which batch row of the residual stream hold a NaN or an
 * infinity after the embeddings, after each block, and after the final LayerNorm.
 */
import type { BatchContext } from '../judge/context.ts';
import type { TraceData } from '../judge/inputs.ts';
import { isResidualStream, stageOf } from '../module-path.ts';

export interface PositionPicture {
  /** `embeddings`, `h.0`, `h.1`, ..., `ln_f` of GPT-2, `embed_tokens`, `layers.0`, ..., `norm` of most others, in execution order. */
  readonly layers: readonly string[];
  /** `cells[batchRow][layer]`: one character per position, `.` finite, `I` infinity, `N` NaN, `-` not measured. */
  readonly cells: readonly (readonly string[])[];
}

/** @param context gives B and T, which a residual stream of rows [B*T, C] does not show */
export function positionPicture(
  trace: TraceData,
  context: Pick<BatchContext, 'batch' | 'positions'>,
): PositionPicture {
  const { batch, positions } = context;
  const rowsByLayer = new Map<string, string>();
  for (const { path, phase, rows } of trace.records) {
    if (phase !== 'forward' || rows === undefined || !isResidualStream(path)) continue;
    // The last one in the scope is the layer's output.
    if (rows.length === batch * positions)
      rowsByLayer.set(stageOf(path) ?? path.replace(/\/?output$/, ''), rows);
  }
  const layers = [...rowsByLayer.keys()];
  const cells = Array.from({ length: batch }, (_, row) =>
    layers.map((layer) => rowsByLayer.get(layer)!.slice(row * positions, (row + 1) * positions)),
  );
  return { layers, cells };
}
