/** The questions a lane answers on a small batch, after the evaluation: leaks, the policy's effect, the observer's effect. */
import type { CausalLMBatch, CollateOptions, Tokenizer } from '@nanscope/collator';
import type { Decorations } from '@nanscope/errors';
import type { LaneRecord } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import type { Computation } from './evaluate-batch.ts';
import { checkLeaks } from './leak-check.ts';
import { policyEffect } from './policy-effect.ts';
import { probeBatch } from './probe-batch.ts';
import type { LaneTracer } from './tracer.ts';

/** @param options How rows are collated; undefined for a ready batch, which is then used as it is. */
export async function probeQuestions(
  computation: Computation,
  tracer: LaneTracer,
  first: CausalLMBatch,
  options: CollateOptions | undefined,
  tokenizer: Tokenizer,
  config: EvalConfig,
  decorations: Decorations,
): Promise<Partial<LaneRecord>> {
  const batch = options ? probeBatch(first, options) : first;
  await tracer.observe(computation, batch);
  const leak = await checkLeaks(computation, batch);
  const effect =
    computation.policy.name === 'safe'
      ? undefined
      : await decorations.makeLater("the policy's effect", () =>
          policyEffect(computation, batch, tokenizer, config),
        );
  return {
    leak,
    ...(effect && { policyEffect: effect }),
    cascade: tracer.record(),
  };
}
