/**
 * What the judge knows of the batch beside the trace: its letters B and T, and what the mask means. All of it
 * is plain data that the caller has before the batch runs; without it the judge says less, never something else.
 */

/** Facts of the boolean mask that queries and keys see, before any policy turns it into numbers. */
export interface MaskFacts {
  /** Per batch row, the query positions with no allowed key, ascending. */
  readonly fullyMasked: readonly (readonly number[])[];
  /** Cells of [B, T, S] that may not be attended to. */
  readonly blocked: number;
}

export interface BatchContext {
  /** B */
  readonly batch: number;
  /** T */
  readonly positions: number;
  readonly mask?: MaskFacts;
}

/**
 * Derives the facts from the keep mask of a batch and the causal frontier.
 *
 * @param keep [B][T], 1 where a position holds a real token
 * @param causal whether the mask that reaches the kernel is causal as well (false for a policy that drops it)
 */
export function maskFacts(keep: readonly (readonly number[])[], causal: boolean): MaskFacts {
  let blocked = 0;
  const fullyMasked = keep.map((row) => {
    const total = row.reduce((count, kept) => count + (kept ? 1 : 0), 0);
    const queries: number[] = [];
    let before = 0;
    row.forEach((kept, query) => {
      if (kept) before++;
      const allowed = causal ? before : total;
      blocked += row.length - allowed;
      if (allowed === 0) queries.push(query);
    });
    return queries;
  });
  return { fullyMasked, blocked };
}

/** B, T and mask facts of a batch given by its attention mask. */
export function contextOf(keep: readonly (readonly number[])[], causal: boolean): BatchContext {
  return { batch: keep.length, positions: keep[0]?.length ?? 0, mask: maskFacts(keep, causal) };
}
