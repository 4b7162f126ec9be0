/** The one interface between the suite and what is put under it. */
import type { AttentionNumbers, AttentionProblem, Wanted } from './case.ts';

/** An attention implementation under test, on plain arrays: ours on the active tfjs backend, or another library's. */
export interface AttentionImplementation {
  /** `eager`, `sdpa`, or a name of its own. */
  readonly id: string;
  /** A reason, one sentence, when it can not do what the case asks; undefined when it can. */
  refuses(problem: AttentionProblem, wanted: Wanted): string | undefined;
  /** Has no backward pass: the suite leaves out what is about gradients, and the report says so. */
  readonly forwardOnly?: true;
  /** @throws Refused for what only shows when it is tried; whatever else goes wrong: the case fails with its message, and the others run. */
  run(problem: AttentionProblem, wanted: Wanted): Promise<AttentionNumbers>;
}

/** What an implementation throws that finds out late that it can not do what a case asks. */
export class Refused extends Error {}
