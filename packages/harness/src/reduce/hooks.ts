/** What a reduction says while it runs, and how it is ended. */

export interface ReduceHooks {
  readonly onStage: (what: string) => void;
  /** After each step that was taken: how many cases were tried, and what is left. */
  readonly onStep: (tried: number, facts: readonly string[]) => void;
  readonly signal?: AbortSignal;
}
