/** Tries cases on the device that failed (and on the one it differs from), and says whether what is held still holds. */

import type { Policy } from '@nanscope/attention';
import { alignTraces, type ClassDivergence, callOf, classesPermitted } from '@nanscope/cascade';
import { batchOf, type Case, summarize } from '@nanscope/lane';
import type { CascadeRecord } from '@nanscope/record';
import type { CaseLane } from './case-lane.ts';
import { answerOf, type Held, type Shown } from './held.ts';
import type { Answer } from './search/search.ts';

/** A case with all that its trial gave. */
export interface Trial extends Shown {
  readonly answer: Exclude<Answer, 'broken'>;
  readonly loss: number;
  readonly cascade: CascadeRecord;
  /** Loss and cascade of the device that it differs from. */
  readonly reference?: { readonly loss: number; readonly cascade: CascadeRecord };
}

export class Trials {
  readonly #held: Held;
  readonly #policy: Policy;
  readonly #target: CaseLane;
  readonly #reference: CaseLane | undefined;

  constructor(held: Held, policy: Policy, target: CaseLane, reference: CaseLane | undefined) {
    this.#held = held;
    this.#policy = policy;
    this.#target = target;
    this.#reference = reference;
  }

  /** @returns undefined where nothing could be computed */
  async run(candidate: Case): Promise<Trial | undefined> {
    const [own, other] = await Promise.all([this.#target.ask(candidate), this.#reference?.ask(candidate)]);
    if (!own || (this.#reference && !other)) return undefined;
    const batch = batchOf(candidate);
    const policy = this.#policy;
    const cascade = summarize({ trace: own.trace, batch, policy }, 'health');
    const apart = other && alignTraces(other.trace, own.trace).firstClassDivergence;
    const divergence = apart && (await this.#decided(candidate, apart));
    const shown: Shown = {
      ...(cascade.origin && { origin: cascade.origin }),
      ...(divergence && { divergence }),
    };
    return {
      ...shown,
      answer: answerOf(this.#held, shown),
      loss: own.loss,
      cascade,
      ...(other && {
        reference: {
          loss: other.loss,
          cascade: summarize({ trace: other.trace, batch, policy }, 'health'),
        },
      }),
    };
  }

  /** What counts leave open, told by the op itself: a float64 evaluation of it on what each device gave it. */
  async #decided(candidate: Case, divergence: ClassDivergence): Promise<ClassDivergence> {
    if (this.#held.kind !== 'divergence') return divergence;
    if (divergence.label !== 'undecided') return divergence;
    const call = callOf(divergence.key);
    const [own, other] = await Promise.all([
      this.#target.ask(candidate, call),
      this.#reference?.ask(candidate, call),
    ]);
    const [target, reference] = [own?.captured, other?.captured];
    if (!target || !reference || 'refused' in target || 'refused' in reference) return divergence;
    const permitted = classesPermitted(target, reference);
    if (permitted === undefined) return divergence;
    return { ...divergence, label: permitted ? 'permitted by float32, divergent' : 'kernel bug suspected' };
  }

  async answer(candidate: Case): Promise<Answer> {
    return (await this.run(candidate))?.answer ?? 'broken';
  }

  async close(): Promise<void> {
    await Promise.all([this.#target.close(), this.#reference?.close()]);
  }
}
