/**
 * The gradient of every kernel of our own: inputs as float64 arrays, the tfjs op under test, and the same formula in
 * float64, whose central differences are the judge. A kernel without an entry here must say why it has none.
 */
import { attention, policies, referenceAttention } from '@nanscope/attention';
import { geluNew, layerNorm, linear, normalCdf, rmsNorm, rotary } from '@nanscope/model';
import { crossEntropy } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';

export interface Input {
  readonly shape: number[];
  readonly values: Float64Array;
}

export interface GradientCase {
  /** `gradient:LayerNorm` */
  readonly id: string;
  readonly kernel: string;
  /** The differentiable inputs. */
  readonly inputs: readonly Input[];
  readonly op: (inputs: tf.Tensor[]) => tf.Tensor;
  readonly oracle: (inputs: Float64Array[]) => ArrayLike<number>;
  /** Absolute, for gradients of the order of 1. */
  readonly tolerance: number;
}

/** Kernels that nothing is differentiated through. */
export const withoutGradient: Readonly<Record<string, string>> = {
  RowArgmax: 'an index has no slope',
  AdamWStep: 'the update itself',
  EuclideanNorm: 'of gradients, which are not differentiated again',
  GeluNewGrad: 'a gradient itself, which is not differentiated again',
  LayerNormGrad: 'likewise',
  RmsNormGrad: 'likewise',
  SiluGrad: 'likewise',
  RoundToBfloat16: 'a staircase: its gradient passes straight through by decision, and castTo rounds it',
  RoundToHalf: 'a staircase: its gradient passes straight through by decision, and has a test of its own',
};

/** Values that look random, are the same everywhere and exact in float32. */
function input(shape: number[], scale = 1, start = 1): Input {
  const size = shape.reduce((product, n) => product * n, 1);
  return {
    shape,
    values: Float64Array.from({ length: size }, (_, i) => Math.fround(scale * Math.sin(start + i * 1.7))),
  };
}

function layerNormOracle([x, scale, offset]: Float64Array[]): number[] {
  const C = scale!.length;
  return Array.from(x!, (value, i) => {
    const row = [...x!.subarray(i - (i % C), i - (i % C) + C)];
    const mean = row.reduce((sum, v) => sum + v, 0) / C;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / C;
    return ((value - mean) / Math.sqrt(variance + 1e-5)) * scale![i % C]! + offset![i % C]!;
  });
}

/** With an offset of 1 on the scale, as Gemma has it. */
function rmsNormOracle([x, scale]: Float64Array[]): number[] {
  const C = scale!.length;
  return Array.from(x!, (value, i) => {
    const row = [...x!.subarray(i - (i % C), i - (i % C) + C)];
    const square = row.reduce((sum, v) => sum + v ** 2, 0) / C;
    return (value / Math.sqrt(square + 1e-5)) * (1 + scale![i % C]!);
  });
}

/** The angles of 3 positions, 2 pairs each. */
const angles = [0.3, -1.1, 2, 0.7, -0.4, 1.9];

/** [1,2,3,6]: pair p is channels p and p + 2; the last two are left as they are. */
function rotaryOracle([x]: Float64Array[]): number[] {
  return Array.from(x!, (value, i) => {
    const [channel, position] = [i % 6, Math.floor(i / 6) % 3];
    if (channel >= 4) return value;
    const angle = angles[position * 2 + (channel % 2)]!;
    const other = channel < 2 ? -x![i + 2]! : x![i - 2]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}

function linearOracle([x, w, b]: Float64Array[]): number[] {
  const O = b!.length;
  const I = w!.length / O;
  return Array.from({ length: (x!.length / I) * O }, (_, i) => {
    let sum = b![i % O]!;
    for (let k = 0; k < I; k++) sum += x![Math.floor(i / O) * I + k]! * w![k * O + (i % O)]!;
    return sum;
  });
}

const labels = [2, -100, 0, 8];
function crossEntropyOracle([logits]: Float64Array[]): number[] {
  const V = logits!.length / labels.length;
  return labels.map((label, n) => {
    if (label < 0) return 0;
    const row = logits!.subarray(n * V, n * V + V);
    return Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - row[label]!;
  });
}

const keep = [1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1];
const dropoutAttrs = {
  stream: { seed: 5, site: 'test', step: 2 },
  rate: 0.4,
  columns: { start: 0, total: 6 },
};
const runDropout = (x: tf.Tensor) =>
  tf.engine().runKernel('Dropout', { x }, dropoutAttrs as unknown as tf.NamedAttrMap) as tf.Tensor;

const sizes = { B: 2, H: 2, Hkv: 1, T: 4, S: 4, D: 3, Dv: 3 };
/** Row 1 is padded on the left, so that two of its queries may attend to nothing. */
const padding = [1, 1, 1, 1, 0, 0, 1, 1];

const attentionCases = (['eager', 'sdpa'] as const).map(
  (implementation): GradientCase => ({
    id: `gradient:attention;implementation=${implementation};policy=torch-2.5+`,
    kernel: `attention (${implementation})`,
    inputs: [input([2, 2, 4, 3]), input([2, 1, 4, 3], 1, 2), input([2, 1, 4, 3], 1, 3)],
    op: ([q, k, v]) =>
      attention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
        implementation,
        kernel: 'composed',
        policy: { ...policies['torch-2.4'], rowGuard: 'zeros' },
        mask: { causal: true, padding: tf.tensor2d(padding, [2, 4], 'int32') },
      }),
    oracle: ([q, k, v]) =>
      referenceAttention({
        ...sizes,
        q: q!,
        k: k!,
        v: v!,
        policy: { ...policies['torch-2.4'], rowGuard: 'zeros' },
        mask: { causal: true, padding },
      }).out,
    tolerance: 2e-5,
  }),
);

export const gradientCases: readonly GradientCase[] = [
  {
    id: 'gradient:LayerNorm',
    kernel: 'LayerNorm',
    inputs: [input([3, 7], 2), input([7], 1, 2), input([7], 1, 3)],
    op: ([x, scale, offset]) =>
      layerNorm(x as tf.Tensor2D, scale as tf.Tensor1D, offset as tf.Tensor1D, 1e-5),
    oracle: layerNormOracle,
    tolerance: 2e-5,
  },
  {
    id: 'gradient:RmsNorm',
    kernel: 'RmsNorm',
    inputs: [input([3, 7], 2), input([7], 1, 2)],
    op: ([x, scale]) => rmsNorm(x as tf.Tensor2D, scale as tf.Tensor1D, 1e-5, 1),
    oracle: rmsNormOracle,
    tolerance: 2e-5,
  },
  {
    id: 'gradient:Rotary',
    kernel: 'Rotary',
    inputs: [input([1, 2, 3, 6])],
    op: ([x]) => {
      const [cos, sin] = [Math.cos, Math.sin].map((turn) => tf.tensor4d(angles.map(turn), [1, 1, 3, 2]));
      return rotary(x as tf.Tensor4D, cos!, sin!);
    },
    oracle: rotaryOracle,
    tolerance: 5e-6,
  },
  {
    id: 'gradient:GeluNew',
    kernel: 'GeluNew',
    inputs: [{ shape: [9], values: Float64Array.of(0, 1e-3, -1e-3, 0.5, -0.75, 2, -2, 6, -6) }],
    op: ([x]) => geluNew(x!),
    oracle: ([x]) =>
      x!.map((v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)))),
    tolerance: 5e-6,
  },
  {
    id: 'gradient:NormalCdf',
    kernel: 'NormalCdf',
    inputs: [{ shape: [9], values: Float64Array.of(0, 1e-3, -1e-3, 0.5, -0.75, 2, -2, 3, -3) }],
    op: ([x]) => normalCdf(x!),
    oracle: ([x]) =>
      x!.map((v) => {
        let [term, sum] = [v, v];
        for (let n = 3; n < 80; n += 2) sum += term *= (v * v) / n;
        return 0.5 + (Math.exp((-v * v) / 2) / Math.sqrt(2 * Math.PI)) * sum;
      }),
    tolerance: 5e-6,
  },
  {
    id: 'gradient:Linear',
    kernel: 'Linear',
    inputs: [input([5, 9]), input([9, 6], 1, 2), input([6], 1, 3)],
    op: ([x, w, b]) => linear(x as tf.Tensor2D, w as tf.Tensor2D, b as tf.Tensor1D),
    oracle: linearOracle,
    tolerance: 1e-5,
  },
  {
    id: 'gradient:SparseCrossEntropy',
    kernel: 'SparseCrossEntropy',
    inputs: [input([4, 9], 4)],
    op: ([logits]) => crossEntropy(logits as tf.Tensor2D, tf.tensor1d(labels, 'int32')),
    oracle: crossEntropyOracle,
    tolerance: 5e-6,
  },
  {
    id: 'gradient:SelectMasked',
    kernel: 'SelectMasked',
    inputs: [input([3, 4])],
    op: ([x]) =>
      tf.engine().runKernel('SelectMasked', {
        x: x!,
        keep: tf.tensor2d(keep, [3, 4], 'bool'),
        fill: tf.scalar(-7),
      }) as tf.Tensor,
    oracle: ([x]) => x!.map((v, i) => (keep[i] ? v : -7)),
    tolerance: 1e-6,
  },
  {
    id: 'gradient:Dropout',
    kernel: 'Dropout',
    inputs: [input([4, 6])],
    op: ([x]) => runDropout(x!),
    oracle: ([x]) => {
      const factors = tf.tidy(() => runDropout(tf.ones([4, 6]))).dataSync();
      return x!.map((v, i) => v * factors[i]!);
    },
    tolerance: 1e-6,
  },
  ...attentionCases,
];

/** Where a sum of the output, weighted by `weights`, goes when each input moves: by central differences. */
export function centralDifferences({ inputs, oracle }: GradientCase, weights: Float64Array): number[][] {
  const step = 1e-5;
  const at = (chosen: number, element: number, by: number) => {
    const moved = inputs.map(({ values }, index) =>
      index === chosen ? values.map((v, i) => (i === element ? v + by : v)) : values,
    );
    return Array.from(oracle(moved)).reduce((sum, value, i) => sum + value * weights[i]!, 0);
  };
  return inputs.map(({ values }, chosen) =>
    Array.from(values, (_, i) => (at(chosen, i, step) - at(chosen, i, -step)) / (2 * step)),
  );
}
