/** Where native TensorFlow differs. It keeps NaN everywhere we looked; nothing had to be mended for that. */
import { type Correction, known } from '../corrections/correction.ts';
import { replaceFusedMatMul } from './fused-mat-mul.ts';

export const corrections: readonly Correction[] = [
  {
    kernel: '_FusedMatMul',
    status: 'replaced',
    why: 'composed from tfjs ops; now native ops inside one kernel, with the same results',
    install: replaceFusedMatMul,
  },
  known('*', 'subnormal numbers are flushed to 0, so that rsqrt(1e-40) is Infinity'),
  known('TopK', 'loses a NaN at the end of a row'),
  known('ArgMax', 'passes over a NaN that is not the first; an index of a row with NaN is never an answer'),
  known('ArgMin', 'passes over a NaN that is not the first; an index of a row with NaN is never an answer'),
  known('Cast', 'NaN and infinities become the smallest integer in int32'),
  known('Prelu', 'composed with a product by 0, so that prelu(Infinity) is NaN'),
  known('UnsortedSegmentSum', 'throws for an id past the last segment; negative ids are skipped'),
  known('MaxPool', 'a NaN in the window is passed over'),
];
