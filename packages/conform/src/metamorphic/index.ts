/** Relations that hold whatever the numbers are: they need no vectors, and tell most about a kernel. */
import type { ConformCase } from '../case.ts';
import { headOrderCases } from './head-order.ts';
import { isolationCases } from './isolation.ts';
import { leftPaddingCases } from './left-padding.ts';
import { maskFormCases } from './mask-form.ts';

export const metamorphicCases: readonly ConformCase[] = [
  ...isolationCases,
  ...maskFormCases,
  ...leftPaddingCases,
  ...headOrderCases,
];
