/**
 * Delta debugging: from a case that fails to one that still fails and from which no single step further does. Knows
 * nothing of models and devices: what a case is, how it gets smaller and whether it fails come from outside.
 */

/**
 * - `fails`: the property that is held still holds
 * - `passes`: computed, and nothing of the kind is there
 * - `other`: it fails, but in another way
 * - `broken`: nothing could be computed: it crashed, or there is nothing to compute
 */
export type Answer = 'fails' | 'passes' | 'other' | 'broken';

/** One way to make a case smaller. Every candidate is strictly smaller in it and larger in no other, so that a search ends. */
export interface Pass<Case> {
  readonly name: string;
  /** Largest cuts first, single steps last. */
  readonly candidates: (current: Case) => Iterable<Case>;
}

interface SearchOptions<Case> {
  readonly passes: readonly Pass<Case>[];
  readonly ask: (candidate: Case) => Promise<Answer>;
  /** Equal for cases that are the same. */
  readonly keyOf: (candidate: Case) => string;
  /** Asked before each trial: false ends the search with what there is. Default: always true. */
  readonly mayGoOn?: () => boolean;
  readonly onStep?: (pass: string, smaller: Case, tried: number) => void;
}

export interface Neighbour<Case> {
  readonly pass: string;
  readonly candidate: Case;
  readonly answer: Answer;
}

export interface SearchResult<Case> {
  readonly smallest: Case;
  /** Whether every single step from the smallest case was tried, and none fails. */
  readonly minimal: boolean;
  /** Cases that were asked for; what had been asked before is not asked again. */
  readonly tried: number;
  /** Steps that were taken. */
  readonly taken: number;
  /** The steps from the smallest case that were tried, in the order of the passes. */
  readonly neighbours: readonly Neighbour<Case>[];
}

/** @param start is taken to fail; it is not asked for */
export async function search<Case>(
  start: Case,
  { passes, ask, keyOf, mayGoOn = () => true, onStep }: SearchOptions<Case>,
): Promise<SearchResult<Case>> {
  const known = new Map<string, Answer>([[keyOf(start), 'fails']]);
  let current = start;
  let tried = 0;
  let taken = 0;

  /** The first candidate of a pass that fails; `spent` where the search has to end before it is known. */
  async function smaller({ candidates }: Pass<Case>): Promise<Case | 'spent' | undefined> {
    const here = keyOf(current);
    for (const candidate of candidates(current)) {
      const key = keyOf(candidate);
      if (key === here) continue;
      let answer = known.get(key);
      if (answer === undefined) {
        if (!mayGoOn()) return 'spent';
        answer = await ask(candidate);
        known.set(key, answer);
        tried++;
      }
      if (answer === 'fails') return candidate;
    }
    return undefined;
  }

  const neighbours = () =>
    passes.flatMap(({ name, candidates }) =>
      [...candidates(current)].flatMap((candidate): Neighbour<Case>[] => {
        const answer = known.get(keyOf(candidate));
        return answer === undefined || answer === 'fails' ? [] : [{ pass: name, candidate, answer }];
      }),
    );

  for (let before = -1; before !== taken; ) {
    before = taken;
    for (const pass of passes) {
      for (;;) {
        const found = await smaller(pass);
        if (found === 'spent')
          return { smallest: current, minimal: false, tried, taken, neighbours: neighbours() };
        if (found === undefined) break;
        current = found;
        taken++;
        onStep?.(pass.name, current, tried);
      }
    }
  }
  return { smallest: current, minimal: true, tried, taken, neighbours: neighbours() };
}

// The candidates of delta debugging over a list (Zeller and Hildebrandt 2002, ddmin): chunks, then complements, ever finer. Pure.

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
