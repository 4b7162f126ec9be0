/** What tfjs's WebGPU kernels do to NaN and infinities, and what the platform below them may do. */
import type { AdapterFacts } from '../backend.ts';
import { type Correction, known } from '../corrections/correction.ts';
import { integerReductions, replaceCastToFloat, replaceTranspose } from './integers.ts';
import { replaceMatMul } from './mat-mul/index.ts';
import {
  keepNaNBehind,
  replaceFusedRelu6,
  replacePow,
  replaceRelu6,
  replaceSign,
  replaceSoftmax,
  replaceTopK,
  splitExponentials,
} from './replace.ts';

const products = ['BatchMatMul', '_FusedMatMul'] as const;
const fused = ['FusedConv2D', 'FusedDepthwiseConv2D'];

/** Kernels that the maintainers of tfjs leave out of their own NaN tests on macOS. Not seen here. */
const failingOnMetal = ['Log', 'Softmax', 'Sigmoid', 'Sin', 'Cos', 'Acosh', 'Asinh', 'Atanh'];

const everywhere: readonly Correction[] = [
  known(
    '*',
    'WGSL lets an implementation assume that NaN and infinities do not occur; subnormals may be flushed',
  ),
  {
    kernel: 'Relu6',
    status: 'replaced',
    why: 'relu6(NaN) was 0',
    install: replaceRelu6,
  },
  ...products.map(
    (kernel): Correction => ({
      kernel,
      status: 'replaced',
      why: 'sizes that do not fill its tiles took NaN from the next matrix of the batch',
      install: replaceMatMul(kernel),
    }),
  ),
  {
    kernel: 'Cast',
    status: 'replaced',
    why: 'integers cast to float32 stayed integers in memory, which shaders then took for floats or rejected',
    install: replaceCastToFloat,
  },
  {
    kernel: 'Transpose',
    status: 'replaced',
    why: 'did not compile for integers with more than two axes',
    install: replaceTranspose,
  },
  ...integerReductions.map(
    ({ kernel, install }): Correction => ({
      kernel,
      status: 'replaced',
      why: 'did not compile for integers along other axes than the last',
      install,
    }),
  ),
  ...fused.map(
    (kernel): Correction => ({
      kernel,
      status: 'replaced',
      why: 'a fused relu6 turned NaN into 0',
      install: () => replaceFusedRelu6(kernel),
    }),
  ),
  { kernel: 'Sign', status: 'replaced', why: 'sign(NaN) was 0', install: replaceSign },
  {
    kernel: 'Pow',
    status: 'replaced',
    why: 'pow(0, -1) was 0, pow(1, NaN) and pow(NaN, 0) were NaN',
    install: replacePow,
  },
  {
    kernel: 'Softmax',
    status: 'replaced',
    why: "a row of float32's lowest number, a usual mask fill, was NaN",
    install: replaceSoftmax,
  },
  {
    kernel: 'TopK',
    status: 'replaced',
    why: 'with a NaN in the row it lost values and returned an index past the end',
    install: replaceTopK,
  },
  known('GatherV2', 'an index out of range reads 0; the other backends throw'),
  known(
    'UnsortedSegmentSum',
    'ids are taken modulo the number of segments; the order of the sums is not fixed',
  ),
  known('Sum', 'the order of the terms is not fixed, so an overflow inside a sum may or may not happen'),
  known('Asinh', 'x * x overflows, so that asinh(3e38) is Infinity'),
  known('Acosh', 'x * x overflows, so that acosh(3e38) is Infinity'),
  known('Cast', 'NaN becomes an extreme integer in int32'),
  known('FloorDiv', 'gives int32 for float inputs: NaN and infinities become an extreme integer'),
  known('ArgMax', 'a NaN is passed over, and the index of a row of NaN is 0: never take it for an answer'),
  known('ArgMin', 'a NaN is passed over, and the index of a row of NaN is 0: never take it for an answer'),
  known('MaxPool', 'a NaN in the window is passed over'),
  known('Mod', 'a number modulo ±Infinity is NaN, where flooring gives the number or ±Infinity'),
];

const onMetal = failingOnMetal.map((kernel) =>
  known(kernel, "does not propagate NaN on Metal, says the test filter of tfjs's own backend"),
);

/** Kernels of one input that call `exp` or `log`, and give NaN for NaN; `Log` and `Asinh` lose more. */
const losingNaN = [
  ...['Exp', 'Expm1', 'Elu', 'Selu', 'Sigmoid', 'Softplus', 'Sinh', 'Cosh', 'Tanh', 'Erf'],
  ...['Acosh', 'Atanh'],
];

/** SwiftShader's `exp` makes Infinity of a NaN, its `log` 89.1, and of 0 a number. */
const onSwiftShader: readonly Correction[] = [
  ...losingNaN.map(
    (kernel): Correction => ({
      kernel,
      status: 'replaced',
      why: 'exp and log of this driver lost a NaN',
      install: () => keepNaNBehind(kernel),
    }),
  ),
  {
    kernel: 'Log',
    status: 'replaced',
    why: 'log of this driver gave a number for NaN and for 0',
    install: () => keepNaNBehind('Log', { where: 'size == 0u', result: '-uniforms.INFINITY' }),
  },
  {
    kernel: 'Asinh',
    status: 'replaced',
    why: 'asinh of this driver gave a number for NaN and for -Infinity',
    install: () => keepNaNBehind('Asinh', { where: 'size == 0x7f800000u', result: 'x' }),
  },
  ...fused.map(
    (kernel): Correction => ({
      kernel,
      status: 'replaced',
      why: 'the exp in a fused elu or sigmoid lost a NaN on this driver',
      install: () => splitExponentials(kernel),
    }),
  ),
];

export function correctionsFor({
  api,
  architecture,
}: Pick<AdapterFacts, 'api' | 'architecture'>): readonly Correction[] {
  if (architecture === 'swiftshader') return [...everywhere, ...onSwiftShader];
  return api === 'metal' ? [...everywhere, ...onMetal] : everywhere;
}

// What to do when there is no adapter, by platform.

/** @param platform `process.platform`, or `browser`. */
export function remedyFor(platform: string): string {
  if (platform === 'linux') {
    return 'Install a Vulkan driver: your GPU vendor\'s, or Mesa 24 or newer ("apt-get install mesa-vulkan-drivers"; on Debian 12 from bookworm-backports) for the software adapter.';
  }
  if (platform === 'darwin')
    return 'Run on macOS 13 or newer with access to the GPU: a virtual machine may have none.';
  if (platform === 'win32')
    return 'Install a Direct3D 12 driver; without a GPU, Windows offers its software adapter WARP.';
  if (platform === 'browser')
    return 'Use a browser with WebGPU (Chrome, Edge, Safari 26, Firefox on Windows), over https or localhost.';
  return 'WebGPU runs on Linux, macOS and Windows, x64 and arm64; use --device cpu here.';
}
