/**
 * Holds a node to the text of the ONNX operator Attention: versions 23, 24 and 25, the last of which is also that of
 * the later opsets we know of.
 */

import { nearest } from '@nanscope/errors';
import type { SafetensorsTensor } from '@nanscope/safetensors';
import { badVectors } from '../vectors/json-file.ts';

// A test of one Attention node, whichever layout it was stored in: attributes, inputs and expected outputs by position.

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
interface Attributes {
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

const FIRST_OPSET = 23;
/** The last opset of ONNX 1.23; Attention has not changed since 25. */
const LAST_OPSET = 28;

interface Rule {
  readonly type: 'INT' | 'FLOAT';
  readonly since?: number;
  readonly fits: (value: number) => boolean;
  readonly expected: string;
}

const positive = { type: 'INT', fits: (value: number) => value >= 1, expected: 'at least 1' } as const;
const window = {
  type: 'INT',
  since: 25,
  fits: (value: number) => value >= -1,
  expected: '-1 (no bound) or more',
} as const;
const finite = { type: 'FLOAT', fits: Number.isFinite, expected: 'a finite number' } as const;

const rules: Readonly<Record<keyof Attributes, Rule>> = {
  is_causal: { type: 'INT', fits: (value) => value === 0 || value === 1, expected: '0 or 1' },
  kv_num_heads: positive,
  left_window_size: window,
  q_num_heads: positive,
  qk_matmul_output_mode: { type: 'INT', fits: (value) => value >= 0 && value <= 3, expected: '0, 1, 2 or 3' },
  right_window_size: window,
  scale: finite,
  softcap: finite,
  softmax_precision: {
    type: 'INT',
    fits: (value) => [1, 10, 11, 16].includes(value),
    expected: '1 (FLOAT), 10 (FLOAT16), 11 (DOUBLE) or 16 (BFLOAT16)',
  },
};

const defaults = {
  is_causal: 0,
  left_window_size: -1,
  qk_matmul_output_mode: 0,
  right_window_size: -1,
  softcap: 0,
} as const;

/** @throws UserError `conform/bad-vectors` */
export function checkOperator(file: string, operator: unknown, domain: unknown, opset: unknown): number {
  const own = ['', 'ai.onnx', undefined].includes(domain as string | undefined);
  const shown = own ? `${operator}` : `${domain}.${operator}`;
  if (operator !== 'Attention' || !own) throw badVectors(file, 'the operator Attention of ai.onnx', shown);
  if (typeof opset !== 'number' || !(opset >= FIRST_OPSET && opset <= LAST_OPSET))
    throw badVectors(file, `opset ${FIRST_OPSET} to ${LAST_OPSET}, which Attention is known in`, `${opset}`);
  return opset;
}

/**
 * @param given by name; `type` where the layout stores one
 * @throws UserError `conform/bad-vectors`
 */
export function checkAttributes(
  file: string,
  given: Iterable<readonly [name: string, attribute: { readonly type?: string; readonly value?: unknown }]>,
  opset: number,
): Attributes {
  const attributes: Record<string, number> = { ...defaults };
  for (const [name, { type, value }] of given) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof Attributes] : undefined;
    if (!rule || (rule.since ?? 0) > opset) {
      const names = Object.keys(rules).filter((key) => (rules[key as keyof Attributes].since ?? 0) <= opset);
      const near = nearest(name, names);
      throw badVectors(
        file,
        `attributes of Attention-${Math.min(opset, 25)} (${near && near !== name ? `such as ${near}` : names.join(', ')})`,
        `"${name}"`,
      );
    }
    if (type !== undefined && type !== rule.type)
      throw badVectors(
        file,
        `attribute ${name} of type ${rule.type}`,
        type === 'other' ? 'another type' : type,
      );
    const whole = rule.type === 'FLOAT' || Number.isInteger(value);
    if (typeof value !== 'number' || !whole || !rule.fits(value))
      throw badVectors(file, `attribute ${name} to be ${rule.expected}`, JSON.stringify(value) ?? 'nothing');
    attributes[name] = value;
  }
  return attributes as unknown as Attributes;
}

/** A node's names of inputs or outputs, by the operator's names; an empty name is one that is left out. */
export function byPosition(
  file: string,
  kind: 'input' | 'output',
  names: readonly string[],
  opset: number,
): [operatorName: string, name: string][] {
  const known = kind === 'output' ? outputNames : opset >= 24 ? inputNames : inputNames.slice(0, 6);
  if (names.length > known.length)
    throw badVectors(file, `at most ${known.length} ${kind}s of Attention-${opset}`, `${names.length}`);
  const required = kind === 'output' ? 1 : 3;
  for (const [place, name] of known.slice(0, required).entries())
    if (!names[place]) throw badVectors(file, `the ${kind} ${name} of Attention`, 'nothing');
  return names.flatMap((name, place): [string, string][] => (name === '' ? [] : [[known[place]!, name]]));
}
