/** Relations that hold whatever the numbers are: they need no vectors, and tell most about a kernel. */
import type { ConformCase } from '../case.ts';
import { isolationCases } from './isolation.ts';
import { headOrderCases, leftPaddingCases, maskFormCases } from './rearranged.ts';

export const metamorphicCases: readonly ConformCase[] = [
  ...isolationCases,
  ...maskFormCases,
  ...leftPaddingCases,
  ...headOrderCases,
];
