/** A training run as checks: lanes, settings, each quantity step by step, steps that were not finite. */
import type { QuantityComparison, TrainResultRecord } from '@nanscope/record';
import { count, measured, roles, tolerance } from '@nanscope/words';
import { cascadeCheck, laneChecks, lossCheck, observerChecks, settingsCheck } from '../../lanes/checks.ts';
import { type Check, check, skipped } from '../../words/check.ts';

function quantityCheck(quantity: QuantityComparison): Check {
  const { name, compared, firstClassDifference, firstBeyond, requiredRtol, sameNonFinite = 0 } = quantity;
  const words = `${name === 'gradNorm' ? 'gradient norm' : name} agrees at every step`;
  if (compared === 0) return skipped('steps', words, 'no step has it on both devices');
  const said = [
    `${count(compared)} compared, rtol needed ${tolerance(requiredRtol)}`,
    ...(sameNonFinite > 0 ? [`= ${count(sameNonFinite)} NaN or infinite on both devices`] : []),
    ...[
      ['classes differ', firstClassDifference] as const,
      ['beyond the tolerance', firstBeyond] as const,
    ].flatMap(([what, at]) =>
      at === undefined
        ? []
        : [
            `${what} first at step ${at.step}: target ${measured(at.target)}, reference ${measured(at.reference)}`,
          ],
    ),
  ];
  const pass = !firstClassDifference && !firstBeyond;
  if (pass && sameNonFinite > 0) return skipped('steps', words, said.join('; '));
  return check('steps', words, pass, said.join('; '), 'differ');
}

function finiteChecks(result: TrainResultRecord): Check[] {
  return roles.flatMap((role) => {
    const lane = result[role];
    if (!lane) return [];
    const { nonFinite, nonFiniteCut, steps } = lane.training;
    const found = nonFinite.length + nonFiniteCut;
    const [first] = nonFinite;
    const where = first ? `, first step ${first.step}: ${first.reason} (${first.action})` : '';
    const words = `${count(found)} of ${count(steps)} steps were not finite${where}`;
    return [check('steps', `every step of the ${role} is finite`, found === 0, words, 'nan')];
  });
}

export function trainingChecks(result: TrainResultRecord): Check[] {
  const { comparison } = result;
  const losses = roles.flatMap((role) => {
    const training = result[role]?.training;
    const loss = training?.validation.at(-1)?.loss ?? training?.loss;
    return loss === undefined ? [] : [{ role, loss }];
  });
  return [
    ...laneChecks(result),
    ...lossCheck(losses, result.verdict),
    ...finiteChecks(result),
    ...(comparison
      ? [
          settingsCheck(comparison),
          ...comparison.quantities.map(quantityCheck),
          ...(comparison.ops.aligned > 0 ? [cascadeCheck(comparison)] : []),
        ]
      : []),
    ...observerChecks(result),
  ];
}
