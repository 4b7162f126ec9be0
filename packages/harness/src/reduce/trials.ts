/** Tries cases on the device that failed (and on the one it differs from), and says whether what is held still holds. */

import { alignTraces } from '@nanscope/cascade';
import type { CascadeRecord } from '@nanscope/report';
import type { EvalConfig } from '../config/eval-config.ts';
import { policyOf } from '../config/policy.ts';
import { summarize } from '../lane/cascade-summary.ts';
import { batchOf, type Case } from './case.ts';
import { answerOf, type Held, type Shown } from './held.ts';
import type { CaseLane } from './lane/case-lane.ts';
import type { Answer } from './search/search.ts';

/** A case with all that its trial gave. */
export interface Trial extends Shown {
  readonly answer: Exclude<Answer, 'broken'>;
  readonly loss: number;
  readonly cascade: CascadeRecord;
  /** Of the device it differs from. */
  readonly reference?: { readonly loss: number; readonly cascade: CascadeRecord };
}

export class Trials {
  readonly #held: Held;
  readonly #config: EvalConfig;
  readonly #target: CaseLane;
  readonly #reference: CaseLane | undefined;

  constructor(held: Held, config: EvalConfig, target: CaseLane, reference: CaseLane | undefined) {
    this.#held = held;
    this.#config = config;
    this.#target = target;
    this.#reference = reference;
  }

  /** @returns undefined where nothing could be computed */
  async run(candidate: Case): Promise<Trial | undefined> {
    const [own, other] = await Promise.all([this.#target.ask(candidate), this.#reference?.ask(candidate)]);
    if (!own || (this.#reference && !other)) return undefined;
    const batch = batchOf(candidate);
    const policy = policyOf(this.#config);
    const cascade = summarize({ trace: own.trace, batch, policy }, 'health');
    const divergence = other && alignTraces(other.trace, own.trace).firstClassDivergence;
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

  async answer(candidate: Case): Promise<Answer> {
    return (await this.run(candidate))?.answer ?? 'broken';
  }

  async close(): Promise<void> {
    await Promise.all([this.#target.close(), this.#reference?.close()]);
  }
}
