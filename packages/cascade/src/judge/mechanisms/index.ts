/** The table of mechanisms, in order of preference: the first rule that can show its evidence names the mechanism. */
import {
  divisionByZero,
  logOfNegative,
  logOfZero,
  powerOfNegative,
  rootOfNegative,
  zeroByZero,
} from './domain.ts';
import {
  infiniteProducts,
  infinityByInfinity,
  infinityMinusInfinity,
  zeroTimesInfinity,
} from './infinities.ts';
import { externalInput, inherited, kernelFault, outOfRangeRead, throughZeroWeights } from './inherited.ts';
import { fullyMaskedRow, selectGradient } from './masked-row.ts';
import { castOverflow, expOverflow, matmulOverflow, otherOverflow, sumOverflow } from './overflow.ts';
import type { MechanismRule } from './rule.ts';

export const mechanismRules: readonly MechanismRule[] = [
  externalInput,
  selectGradient,
  fullyMaskedRow,
  throughZeroWeights,
  inherited,
  logOfNegative,
  logOfZero,
  rootOfNegative,
  powerOfNegative,
  zeroByZero,
  divisionByZero,
  infinityMinusInfinity,
  zeroTimesInfinity,
  infiniteProducts,
  infinityByInfinity,
  expOverflow,
  sumOverflow,
  matmulOverflow,
  castOverflow,
  otherOverflow,
  outOfRangeRead,
  kernelFault,
];
