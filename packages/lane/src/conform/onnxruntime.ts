/** onnxruntime as the implementation under test: which of its providers a device name means. */
import { type OnnxruntimeOperator, onnxruntimeOperators } from '@nanscope/conform';
import type { Decision } from '@nanscope/device';
import { UserError } from '@nanscope/errors';

export function isOnnxruntime(name: string): name is OnnxruntimeOperator {
  return (onnxruntimeOperators as readonly string[]).includes(name);
}

/** It has kernels of its own: a device name says the kind of device, never one of our backends. @throws UserError `usage/onnxruntime-device` */
export function onnxruntimeProvider(
  attn: OnnxruntimeOperator,
  { requested, backend }: Pick<Decision, 'requested' | 'backend'>,
): 'cpu' | 'webgpu' {
  if (backend === 'webgpu') return 'webgpu';
  if (requested === 'cpu' || requested === 'auto') return 'cpu';
  throw new UserError(
    'usage/onnxruntime-device',
    `--device ${requested}: ${attn} runs on kernels of its own, expected --device cpu or gpu.`,
  );
}

/** The decision as it is told: what computes is onnxruntime, whatever our own backend for the device is. */
export function onnxruntimeDecision(attn: OnnxruntimeOperator, decision: Decision): Decision {
  if (onnxruntimeProvider(attn, decision) === 'webgpu')
    return { ...decision, label: decision.label.replace(/^webgpu/, 'onnxruntime') };
  const { requested, rules, warnings } = decision;
  return {
    requested,
    backend: 'onnxruntime',
    software: false,
    attention: 'sdpa',
    rules,
    warnings,
    label: 'onnxruntime · CPU',
  };
}
