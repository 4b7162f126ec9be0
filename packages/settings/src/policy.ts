/** The attention policy of a configuration: the preset with the parts that were given over it. */
import { FLOAT16_MIN, FLOAT32_MIN, type Policy, policyFrom } from '@nanscope/attention';
import type { LaneRecord } from '@nanscope/record';
import type { EvalConfig } from './eval-config.ts';

/** The part of a configuration that says what attention does with masks. */
export type PolicyConfig = Pick<EvalConfig, 'policy' | 'fill' | 'compose' | 'rowGuard' | 'computeDtype'>;

export function policyOf(config: PolicyConfig): Policy {
  return policyFrom({
    preset: config.policy,
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

/** The policy in the words of the result schema. */
export function policyRecord({ name, fill, compose, rowGuard, computeDtype }: Policy): LaneRecord['policy'] {
  return { name, fill: `${fill.how} ${number(fill.value)}`, compose, rowGuard, computeDtype };
}
