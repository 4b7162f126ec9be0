/** Results too large for the format: one rule a family of kernels, all by the same evidence. */
import { carriesInfinity } from '../kernels.ts';
import { type Reached, reachOf } from './reach.ts';
import { fromFinite, listed, type MechanismRule, outcome, type Scene } from './rule.ts';

/** Infinities that are in already (the mask's -inf) are no obstacle when they can not have become what came out. */
function inputsExplainIt(scene: Scene): boolean {
  if (fromFinite(scene)) return false;
  const { record, inputs, given } = scene;
  return given.nan > 0 || record.health!.nan > 0 || carriesInfinity(record, inputs);
}

/** Whether the result is what an overflow of this kernel leaves, and the magnitudes allow one. */
function overflows({ record }: Scene, { reach, limit, nan, magnitudes }: Reached): boolean {
  const { nan: nans, posInf, negInf } = record.health!;
  // Where nothing was measured an infinity is the evidence; a NaN would be none.
  if (magnitudes === undefined) return reach === undefined && posInf + negInf > 0;
  if (reach === undefined || !(reach >= limit)) return false;
  return posInf + negInf > 0 || (nan && nans > 0);
}

/** The second result of a norm, where squares overflow although the first stays finite. */
function where({ record: { kernel, output } }: Scene): string {
  if (output !== 1) return '';
  if (kernel === 'LayerNorm') return ' in its variance: what it gives there is finite and wrong';
  return kernel === 'RmsNorm' ? ' in its mean of squares: what it gives there is 0' : '';
}

function rule(name: Reached['name'], shows: string): MechanismRule {
  return {
    name,
    shows: `an infinity out of finite inputs, or the NaN of two that met inside, and magnitudes, where measured, that allow it: ${shows}`,
    find(scene) {
      if (inputsExplainIt(scene)) return undefined;
      const reached = reachOf(scene);
      if (!reached || reached.name !== name || !overflows(scene, reached)) return undefined;
      const { magnitudes } = reached;
      const size =
        magnitudes === undefined
          ? ' (magnitudes were not measured)'
          : ` (largest magnitude in: ${Math.max(0, ...magnitudes)})`;
      return `${scene.record.kernel} of ${listed(scene.inputs) || 'arguments'}${size} gave ${outcome(scene)}${where(scene)}`;
    },
  };
}

export const expOverflow = rule('exp overflow', 'Exp of more than 88.7');
export const sumOverflow = rule('sum overflow', 'Add, Sub, Sum, Mean, UnsortedSegmentSum, EuclideanNorm');
export const matmulOverflow = rule('matmul overflow', 'BatchMatMul, _FusedMatMul, Linear');
export const castOverflow = rule('cast overflow', 'RoundToHalf of 65520 or more');
export const otherOverflow = rule(
  'overflow',
  'Multiply, Square, RealDiv, LayerNorm and the other kernels that can',
);
