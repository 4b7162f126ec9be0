/** The cases of our own: relations, those of the float64 oracle, and those of the kernels around attention. */
import {
  type CaseResult,
  type ConformCase,
  idFilter,
  type KernelCase,
  type KernelImplementation,
  type KernelNumbers,
  type KernelProblem,
  type KernelTensor,
  kernelCases,
  metamorphicCases,
  type OnnxruntimeOperator,
  onnxruntimeOperators,
  oracleCases,
  type TensorflowAttention,
} from '@nanscope/conform';
import type { Decision } from '@nanscope/device';
import { nearest, UserError } from '@nanscope/errors';
import { activate, geluNew, layerNormResults, normalCdf, rmsNormResults, rotary } from '@nanscope/model';
import type { EnvironmentRecord } from '@nanscope/record';
import type { ConformConfig } from '@nanscope/settings';
import { type AdamWAttrs, type AdamWInputs, adamWStep, crossEntropy, euclideanNorm } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import type { LaneTaskBase } from '../protocol/task.ts';

export type AnyCase = ConformCase | KernelCase;

const own: readonly AnyCase[] = [...metamorphicCases, ...oracleCases, ...kernelCases];

/** In the order they are run. @param attentionOnly for an implementation that brings no other kernels */
export function ownCases(filter: string | undefined, attentionOnly = false): readonly AnyCase[] {
  const wanted = idFilter(filter);
  return own.filter((each) => wanted(each.id) && !(attentionOnly && 'problem' in each));
}

/** @throws UserError `conform/no-cases` */
export function refuseNoCases(filter: string | undefined): never {
  const near = nearest(
    filter ?? '',
    own.map(({ id }) => id),
  );
  throw new UserError(
    'conform/no-cases',
    `--filter ${filter}: expected a part of a case id such as ${near ?? own[0]!.id}, or a whole one with * and ?, found no case that has it.`,
  );
}

// The kernels around attention, as the suite wants them: our own on the active tfjs backend, forward and backward.

type Tensors = Readonly<Record<string, tf.Tensor>>;

const tensorOf = ({ values, shape, dtype }: KernelTensor): tf.Tensor =>
  tf.tensor(dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), [...shape], dtype);

/** @param first the result that the gradient is of @param inputs those that have one */
function gradients(
  inputs: Tensors,
  { upstream }: KernelProblem,
  first: (...inputs: tf.Tensor[]) => tf.Tensor,
): Tensors {
  const found = tf.grads(first)(Object.values(inputs), tensorOf(upstream!));
  return Object.fromEntries(Object.keys(inputs).map((name, i) => [`d${name}`, found[i]!]));
}

const runs: Readonly<Record<KernelProblem['kernel'], (input: Tensors, problem: KernelProblem) => Tensors>> = {
  LayerNorm({ x, scale, offset }, problem) {
    const run = (...[input, gain, bias]: tf.Tensor[]) =>
      layerNormResults(
        input as tf.Tensor2D,
        gain as tf.Tensor1D,
        bias as tf.Tensor1D,
        problem.attrs.epsilon!,
      );
    const slopes = gradients({ x: x!, scale: scale!, offset: offset! }, problem, (...all) => run(...all).y);
    return { ...run(x!, scale!, offset!), ...slopes };
  },
  GeluNew: ({ x }, problem) => ({ y: geluNew(x!), ...gradients({ x: x! }, problem, (v) => geluNew(v!)) }),
  NormalCdf: ({ x }, problem) => ({
    y: normalCdf(x!),
    ...gradients({ x: x! }, problem, (v) => normalCdf(v!)),
  }),
  RmsNorm({ x, scale }, problem) {
    const { epsilon, offset } = problem.attrs;
    const run = (...[input, gain]: tf.Tensor[]) =>
      rmsNormResults(input as tf.Tensor2D, gain as tf.Tensor1D, epsilon!, offset as 0 | 1);
    const slopes = gradients({ x: x!, scale: scale! }, problem, (...all) => run(...all).y);
    return { ...run(x!, scale!), ...slopes };
  },
  Rotary({ x, cos, sin }, problem) {
    const run = (input: tf.Tensor) => rotary(input as tf.Tensor4D, cos as tf.Tensor4D, sin as tf.Tensor4D);
    return { y: run(x!), ...gradients({ x: x! }, problem, (input) => run(input!)) };
  },
  GatedSilu({ gate, up }, problem) {
    const run = (...[g, u]: tf.Tensor[]) => tf.mul(activate('silu', g as tf.Tensor2D), u!);
    return { y: run(gate!, up!), ...gradients({ gate: gate!, up: up! }, problem, run) };
  },
  SparseCrossEntropy({ logits, labels }, problem) {
    const run = (input: tf.Tensor) => crossEntropy(input as tf.Tensor2D, labels as tf.Tensor1D);
    return { loss: run(logits!), ...gradients({ logits: logits! }, problem, (input) => run(input!)) };
  },
  AdamWStep: (input, { attrs }) => adamWStep(input as unknown as AdamWInputs, attrs as unknown as AdamWAttrs),
  EuclideanNorm: ({ x }, { attrs }) => ({ norm: euclideanNorm(x!, attrs.factor!) }),
};

/** Leaves no tensor behind. */
export const ownKernels: KernelImplementation = {
  async run(problem) {
    const results = tf.tidy(() => {
      const named = Object.entries(problem.inputs).map(([name, tensor]) => [name, tensorOf(tensor)] as const);
      return { ...runs[problem.kernel](Object.fromEntries(named), problem) };
    });
    try {
      const read = Object.entries(results).map(
        async ([name, tensor]) => [name, await tensor.data()] as const,
      );
      return Object.fromEntries(await Promise.all(read)) as KernelNumbers;
    } finally {
      tf.dispose(results);
    }
  },
};

// onnxruntime as the implementation under test: which of its providers a device name means.

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

/** The decision as it is reported: what computes is onnxruntime, whatever our own backend for the device is. */
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

// What the parent hands a lane that runs conformance cases, and what that says of each.

export interface ConformTask extends Pick<LaneTaskBase, 'decision'> {
  readonly config: ConformConfig;
  /** Ids of the cases to run. */
  readonly cases: readonly string[];
}

/** What is put under the suite. */
export function implementationOf({
  config,
  decision,
}: Pick<ConformTask, 'config' | 'decision'>): TensorflowAttention {
  return config.attn === 'fused' ? 'fused' : decision.attention;
}

export type ConformMessage =
  | { readonly kind: 'opened'; readonly environment: EnvironmentRecord }
  | { readonly kind: 'case'; readonly result: CaseResult };
