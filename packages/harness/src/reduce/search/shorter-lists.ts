/** The candidates of delta debugging over a list (Zeller and Hildebrandt 2002, ddmin): chunks, then complements, ever finer. Pure. */

/**
 * Lists shorter than the given one, its order kept, largest cuts first; the last ones leave out a single element each.
 * Lazy: who takes the first that will do pays for no more.
 *
 * @param least the fewest elements that a candidate may have
 */
export function* shorterLists<T>(list: readonly T[], least: number): Generator<readonly T[]> {
  const n = list.length;
  if (n <= least) return;
  if (least === 0) yield [];
  for (let parts = Math.min(2, n); ; parts = Math.min(2 * parts, n)) {
    const bounds = Array.from({ length: parts }, (_, i) => [
      Math.floor((i * n) / parts),
      Math.floor(((i + 1) * n) / parts),
    ]) as [number, number][];
    for (const [from, to] of bounds) if (to - from >= least && to - from < n) yield list.slice(from, to);
    if (parts > 2 || n === 2) {
      for (const [from, to] of bounds)
        if (n - (to - from) >= least) yield [...list.slice(0, from), ...list.slice(to)];
    }
    if (parts >= n) return;
  }
}
