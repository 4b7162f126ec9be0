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

/** What a GPT-2 may say of the scale of its scores, by the names in its config. */
interface ScaleSettings {
  readonly scale_attn_weights: boolean;
  readonly scale_attn_by_inverse_layer_idx: boolean;
}

/** The settings of a model that a policy drops, where the model has other values than it computes with. */
function droppedSettings({ dropsScaleSettings }: Policy, model: ScaleSettings | undefined): string[] {
  if (!dropsScaleSettings || !model) return [];
  return [
    ...(model.scale_attn_weights ? [] : ['scale_attn_weights: false']),
    ...(model.scale_attn_by_inverse_layer_idx ? ['scale_attn_by_inverse_layer_idx: true'] : []),
  ];
}

/**
 * The policy in the words of the result schema.
 *
 * @param model Its settings, for those that the policy drops.
 */
export function policyRecord(policy: Policy, model?: ScaleSettings): LaneRecord['policy'] {
  const { name, fill, compose, rowGuard, computeDtype, scoreRounding = 'after-scale' } = policy;
  const dropped = droppedSettings(policy, model);
  return {
    ...{ name, fill: `${fill.how} ${number(fill.value)}`, compose, rowGuard, computeDtype },
    ...(computeDtype === 'f16' && { scoreRounding }),
    ...(dropped.length > 0 && { dropped }),
  };
}
