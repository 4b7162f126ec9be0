/** What the wasm backend lacks, and where its kernels (XNNPACK's clamps above all) lose a NaN. */
import { type Correction, known } from '../corrections/correction.ts';
import { keepEitherNaN, keepInputNaN, replaceCastToBool, replaceSign } from '../corrections/elementwise.ts';
import {
  replaceBatchedGather,
  replaceTopKWithNaN,
  supplyUnsortedSegmentSum,
} from '../corrections/segments.ts';
import { replaceExponential } from './exp.ts';
import { replaceIdentity } from './identity.ts';
import { replaceSlice, replaceTranspose, replaceUnpack } from './moves.ts';
import { replaceFusedProduct, replaceProduct } from './products.ts';
import { replaceLookUp, replaceTile, replaceTruth, truthKernels } from './repeats.ts';
import { replaceMax, replaceSum } from './sums.ts';

const xnnpack = 'XNNPACK clamps to -Infinity..Infinity and turns NaN into -Infinity';

export const corrections: readonly Correction[] = [
  {
    kernel: 'UnsortedSegmentSum',
    status: 'supplied',
    why: 'the backend has none, and it is the gradient of an embedding',
    install: () => supplyUnsortedSegmentSum('wasm'),
  },
  {
    kernel: 'ClipByValue',
    status: 'replaced',
    why: 'clip(NaN) was the lower bound',
    install: () => keepInputNaN('ClipByValue', 'wasm'),
  },
  {
    kernel: 'Relu6',
    status: 'replaced',
    why: 'relu6(NaN) was 0',
    install: () => keepInputNaN('Relu6', 'wasm'),
  },
  {
    kernel: 'Maximum',
    status: 'replaced',
    why: 'maximum(0, NaN) was 0, though maximum(NaN, 0) was NaN',
    install: () => keepEitherNaN('Maximum', 'wasm'),
  },
  {
    kernel: 'Minimum',
    status: 'replaced',
    why: 'minimum(0, NaN) was 0, though minimum(NaN, 0) was NaN',
    install: () => keepEitherNaN('Minimum', 'wasm'),
  },
  {
    kernel: '_FusedMatMul',
    status: 'replaced',
    why: 'a fused relu or relu6 turned NaN into 0; and half as fast as a product that blocks for the caches',
    install: replaceFusedProduct,
  },
  {
    kernel: 'Cast',
    status: 'replaced',
    why: 'a cast to bool copied the number into a byte: NaN, Infinity and 256 were false, and 2 was neither',
    install: () => replaceCastToBool('wasm'),
  },
  {
    kernel: 'Sign',
    status: 'replaced',
    why: 'sign(NaN) and the sign of small numbers were 0',
    install: () => replaceSign('wasm'),
  },
  {
    kernel: 'TopK',
    status: 'replaced',
    why: 'lost a NaN at the end of a row; with a NaN in the input it is now the largest, as in PyTorch',
    install: () => replaceTopKWithNaN('wasm'),
  },
  {
    kernel: 'GatherV2',
    status: 'replaced',
    why: 'with batch dimensions it read outside of its input; and along the first axis it took 50 ns a cell',
    install: () => {
      replaceBatchedGather('wasm');
      replaceLookUp();
    },
  },
  {
    kernel: 'BatchMatMul',
    status: 'replaced',
    why: 'transposed and batched matrices went through a plain loop, 20 times slower than XNNPACK, itself half as fast as a product that blocks for the caches',
    install: replaceProduct,
  },
  {
    kernel: 'Transpose',
    status: 'replaced',
    why: 'more than four axes went through a plain loop; whole rows are moved where the last axis stays',
    install: replaceTranspose,
  },
  {
    kernel: 'Slice',
    status: 'replaced',
    why: 'it copied the whole tensor to take a part of it',
    install: replaceSlice,
  },
  {
    kernel: 'Unpack',
    status: 'replaced',
    why: 'it copied the whole tensor for each of its parts',
    install: replaceUnpack,
  },
  {
    kernel: 'Sum',
    status: 'replaced',
    why: 'along other axes than the last it took 15 ns an element',
    install: replaceSum,
  },
  {
    kernel: 'Max',
    status: 'replaced',
    why: 'it took 1.5 ns an element; four are compared together, on all threads',
    install: replaceMax,
  },
  ...(['Exp', 'Sigmoid'] as const).map((kernel) => ({
    kernel,
    status: 'replaced' as const,
    why: 'it took 6 ns an element; four are computed together, on all threads',
    install: () => replaceExponential(kernel),
  })),
  {
    kernel: 'Identity',
    status: 'replaced',
    why: 'it copied the tensor, where other backends share its memory as Reshape does here',
    install: replaceIdentity,
  },
  ...truthKernels.map((kernel) => ({
    kernel,
    status: 'replaced' as const,
    why: 'of two shapes it took 100 ns a cell',
    install: () => replaceTruth(kernel),
  })),
  {
    kernel: 'Tile',
    status: 'replaced',
    why: 'it took 80 ns a cell; whole rows are copied',
    install: replaceTile,
  },
  known(
    'Sum',
    'along neighbouring axes it adds in float64, so a sum may stay finite that overflows in float32 elsewhere',
  ),
  known('Conv2D', xnnpack),
  known('DepthwiseConv2dNative', xnnpack),
  known('FusedConv2D', xnnpack),
  known('FusedDepthwiseConv2D', xnnpack),
  known('AvgPool', xnnpack),
  known('MaxPool', 'a NaN in the window is passed over or becomes -Infinity'),
  known('Cast', 'NaN and infinities become 0 in int32; other backends give the smallest or largest integer'),
  known('ArgMax', 'a NaN is passed over, and the index of a row of NaN is 0: never take it for an answer'),
  known('ArgMin', 'a NaN is passed over, and the index of a row of NaN is 0: never take it for an answer'),
  known('Mod', '-2 modulo Infinity is NaN, where flooring gives Infinity'),
  known('Einsum', 'the backend has none: use matMul and transpose'),
];
