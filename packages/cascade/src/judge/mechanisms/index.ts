/** The table of mechanisms, in order of preference: the first rule that can show its evidence names the mechanism. */
import {
  divisionByZero,
  logOfNegative,
  logOfZero,
  powerOfNegative,
  rootOfNegative,
  zeroByZero,
} from './domain.ts';
import { kernelFault, outOfRangeRead } from './faults.ts';
import {
  infiniteProducts,
  infinityByInfinity,
  infinityMinusInfinity,
  zeroTimesInfinity,
} from './infinities.ts';
import { externalInput, inherited, throughZeroWeights } from './inherited.ts';
import { fullyMaskedRow } from './masked-row.ts';
import { castOverflow, expOverflow, matmulOverflow, otherOverflow, sumOverflow } from './overflow.ts';
import type { MechanismRule } from './rule.ts';
import { selectGradient } from './select-gradient.ts';

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
