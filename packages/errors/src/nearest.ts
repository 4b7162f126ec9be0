/** Finds the name a user probably meant, for "unknown flag, did you mean" messages. */

/** Levenshtein distance between `a` and `b`. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/**
 * The candidate nearest to `name`, or undefined when none is near enough to be worth offering
 * (more than half of the longer name would have to change). A name that `name` begins comes before others.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const begun = name.length < 3 ? undefined : candidates.find((one) => one.startsWith(name.toLowerCase()));
  if (begun !== undefined) return begun;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance && d <= Math.max(name.length, candidate.length) / 2) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}
