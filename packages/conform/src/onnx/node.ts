/** A test of one Attention node, whichever layout it was stored in: attributes, inputs and expected outputs by position. */
import type { SafetensorsTensor } from '@nanscope/safetensors';

/** Names of the operator's inputs and outputs, by position. */
export const inputNames = ['Q', 'K', 'V', 'attn_mask', 'past_key', 'past_value', 'nonpad_kv_seqlen'] as const;
export const outputNames = ['Y', 'present_key', 'present_value', 'qk_matmul_output'] as const;

export type InputName = (typeof inputNames)[number];
export type OutputName = (typeof outputNames)[number];

export interface AttentionNode {
  readonly id: string;
  /** Where it comes from, for messages. */
  readonly file: string;
  readonly opset: number;
  readonly attributes: Attributes;
  readonly inputs: Partial<Record<InputName, SafetensorsTensor>>;
  readonly outputs: Partial<Record<OutputName, SafetensorsTensor>>;
}

/** Defaults are filled in where the operator has one. */
export interface Attributes {
  readonly is_causal: number;
  readonly kv_num_heads?: number;
  readonly left_window_size: number;
  readonly q_num_heads?: number;
  readonly qk_matmul_output_mode: number;
  readonly right_window_size: number;
  readonly scale?: number;
  /** 0 is none. */
  readonly softcap: number;
  readonly softmax_precision?: number;
}
