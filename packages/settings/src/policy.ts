/** The attention policy of a configuration: the preset with the parts that were given over it. */
import { FLOAT16_MIN, FLOAT32_MIN, type Policy, policyFrom } from '@nanscope/attention';
import type { LaneRecord } from '@nanscope/record';
import type { EvalConfig } from './eval-config.ts';

/** The part of a configuration that says what attention does with masks. */
export type PolicyConfig = Pick<EvalConfig, 'policy' | 'fill' | 'compose' | 'rowGuard' | 'computeDtype'>;

export function policyOf(config: PolicyConfig): Policy {
  return policyFrom({
    // Beside no PyTorch there are no versions to match.
    preset: config.policy === 'auto' ? 'safe' : config.policy,
    ...(config.fill === undefined ? {} : { fill: config.fill }),
    ...(config.compose === undefined ? {} : { compose: config.compose }),
    ...(config.rowGuard === undefined ? {} : { rowGuard: config.rowGuard }),
    ...(config.computeDtype === undefined ? {} : { computeDtype: config.computeDtype }),
  });
}

const number = (value: number) =>
  value === Number.NEGATIVE_INFINITY
    ? '-inf'
    : value === FLOAT32_MIN || value === FLOAT16_MIN
      ? 'finfo-min'
      : String(value);

/**
 * The policy in the words of the result schema.
 *
 * @param scaleSettings Those of a model that are not the usual ones; a policy may drop them.
 */
export function policyRecord(policy: Policy, scaleSettings: readonly string[] = []): LaneRecord['policy'] {
  const { name, fill, compose, rowGuard, computeDtype, scoreRounding = 'after-scale' } = policy;
  const dropped = policy.dropsScaleSettings ? [...scaleSettings] : [];
  return {
    ...{ name, fill: `${fill.how} ${number(fill.value)}`, compose, rowGuard, computeDtype },
    ...(computeDtype === 'f16' && { scoreRounding }),
    ...(dropped.length > 0 && { dropped }),
  };
}
