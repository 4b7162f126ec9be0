/**
 * The `cpu` backend: plain JavaScript, slow, the readable reference. It is a part of `@tensorflow/tfjs`, so it
 * is always there. What it does differently from the others is in `corrections.ts`.
 */

import * as tf from '@tensorflow/tfjs';
import type { Backend, BackendFacts } from '../backend.ts';
import { type Correction, correct, known } from '../corrections/correction.ts';
import { replacePow, replaceSign } from '../corrections/elementwise.ts';
import { replaceTopKWithNaN, replaceUnsortedSegmentSum } from '../corrections/segments.ts';
import { activate, release } from '../kernels.ts';
import { broadcastKernels, replaceBroadcast } from './broadcast.ts';
import { replaceFusedProduct, replaceProduct } from './products.ts';

/** What the plain JavaScript backend does otherwise than IEEE 754 or than the other backends. */
export const corrections: readonly Correction[] = [
  {
    kernel: 'UnsortedSegmentSum',
    status: 'replaced',
    why: 'multiplied every row by a 0/1 mask, so that one NaN reached every segment, at a cost of segments x rows',
    install: () => replaceUnsortedSegmentSum('cpu'),
  },
  {
    kernel: 'Pow',
    status: 'replaced',
    why: "JavaScript's pow(1, NaN) and pow(±1, ±Infinity) are NaN; IEEE 754 says 1",
    install: () => replacePow('cpu'),
  },
  {
    kernel: 'Sign',
    status: 'replaced',
    why: 'sign(NaN) was 0',
    install: () => replaceSign('cpu'),
  },
  {
    kernel: 'TopK',
    status: 'replaced',
    why: 'lost a NaN at the end of a row; with a NaN in the input it is now the largest, as in PyTorch',
    install: () => replaceTopKWithNaN('cpu'),
  },
  {
    kernel: 'BatchMatMul',
    status: 'replaced',
    why: 'waited for each term of a sum; now eight sums go side by side, with the same bits',
    install: replaceProduct,
  },
  {
    kernel: '_FusedMatMul',
    status: 'replaced',
    why: 'multiplied as BatchMatMul did; the same bits in less time',
    install: replaceFusedProduct,
  },
  ...broadcastKernels.map(
    (kernel): Correction => ({
      kernel,
      status: 'replaced',
      why: 'asked for the place of every element where one side is smaller; the same bits in less time',
      install: () => replaceBroadcast(kernel),
    }),
  ),
  known('Sum', 'adds in float64, so a sum may stay finite that overflows in float32 elsewhere'),
  known('Cast', 'NaN and infinities become 0 in int32; other backends give the smallest or largest integer'),
  known('FloorDiv', 'gives int32 for float inputs: NaN and infinities become 0'),
  known('ArgMax', 'a NaN is passed over, and the index of a row of NaN is 0: never take it for an answer'),
  known('ArgMin', 'a NaN is passed over, and the index of a row of NaN is 0: never take it for an answer'),
  known('MaxPool', 'a NaN in the window is passed over'),
  known('Mod', '-2 modulo Infinity is NaN, where flooring gives Infinity'),
];

const facts = (): BackendFacts => ({
  id: 'cpu',
  version: `@tensorflow/tfjs ${tf.version.tfjs}`,
  capabilities: { gpu: false, shaderF16: false, subgroups: false, strictNumerics: true },
});

export const cpu: Backend = {
  id: 'cpu',
  probe: async () => ({ id: 'cpu', available: true, facts: facts() }),
  open: async () => {
    await activate('cpu');
    return {
      ...{ id: 'cpu', tfjsName: 'cpu', facts: facts() },
      ...{ notes: correct(corrections), dispose: () => release('cpu') },
    };
  },
};
