/** The run's policy against `safe` on the same weights and the same small batch: which labels' losses move, and why there. */
import { policyFrom } from '@nanscope/attention';
import { type CausalLMBatch, readableText, type Tokenizer } from '@nanscope/collator';
import { type PolicyEffectRecord, sameNumber, toJsonNumber } from '@nanscope/record';
import { type Computation, evaluateBatch } from './evaluate-batch.ts';
import { labelWords, meanLoss } from './lane-record.ts';

const MOST_LABELS = 32;

export async function policyEffect(
  computation: Computation,
  batch: CausalLMBatch,
  tokenizer: Tokenizer | undefined,
  tolerance: { readonly rtol: number; readonly atol: number },
): Promise<PolicyEffectRecord> {
  const own = await evaluateBatch(computation, batch);
  const safe = await evaluateBatch({ ...computation, policy: policyFrom({ preset: 'safe' }) }, batch);
  const differing: PolicyEffectRecord['differing'] = [];
  own.losses.forEach((target, i) => {
    const reference = safe.losses[i]!;
    if (sameNumber(target, reference, tolerance)) return;
    const at = own.supervised.rows[i]! + 1;
    const label = own.supervised.labels[i]!;
    const row = Math.floor(at / batch.length);
    const position = at % batch.length;
    differing.push({
      row,
      position,
      label,
      text: readableText(tokenizer, [label]),
      what: labelWords(batch.attentionMask.subarray(row * batch.length, (row + 1) * batch.length), position),
      reference: toJsonNumber(reference),
      target: toJsonNumber(target),
    });
  });
  return {
    policy: computation.policy.name,
    lossSafe: toJsonNumber(meanLoss(safe.losses)),
    lossPolicy: toJsonNumber(meanLoss(own.losses)),
    labels: own.losses.length,
    differing: differing.slice(0, MOST_LABELS),
    differingCut: Math.max(0, differing.length - MOST_LABELS),
  };
}
