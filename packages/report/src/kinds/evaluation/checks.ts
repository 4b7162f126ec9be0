/** An evaluation or a comparison as checks: lanes, settings, each metric, labels, cascade, leaks, observer. */
import type { MetricComparison, ResultRecord } from '@nanscope/record';
import { count, roles, setting, stageWords, tolerance } from '@nanscope/words';
import {
  cascadeCheck,
  laneChecks,
  lossCheck,
  observerChecks,
  replayChecks,
  settingsCheck,
} from '../../lanes/checks.ts';
import { type Check, check, failedAs, skipped } from '../../words/check.ts';
import { reachedWords } from './terminal.ts';
import { judgementOf, judgementWords, metricValue, overWords } from './terminal-metrics.ts';

function metricCheck(metric: MetricComparison, allowed: string): Check {
  const { name, target, reference, requiredRtol, pass, judgedBy, reason } = metric;
  const values = `target ${metricValue(name, target)}, reference ${metricValue(name, reference)}`;
  if (judgementOf(metric) === 'not judged')
    return skipped('metrics', name, `${values}; ${judgementWords(metric)}`);
  const needed = {
    finite: `${judgedBy === 'loss' ? 'judged by the loss: ' : ''}rtol needed ${tolerance(requiredRtol)}, ${allowed}`,
    'same-class': `= both ${metricValue(name, target)}: the same on both devices, and not finite`,
    'class-differs': 'the classes differ, so no tolerance would do',
  }[metric.class];
  const said = `${values}; ${reason ?? needed}`;
  // Two that are NaN alike agree, and are no pass.
  if (judgementOf(metric) === 'same') return skipped('metrics', name, said);
  return failedAs(`${name} differs between the devices`, check('metrics', name, pass, said, 'differ'));
}

function labelsCheck({ labels }: NonNullable<ResultRecord['comparison']>): Check {
  const name = 'every label has the same loss on both devices';
  const { compared, unpaired, differing, differingCut, requiredRtol, sameNonFinite = 0 } = labels;
  if (compared === 0 && unpaired === 0) return skipped('labels', name, 'no label was on both devices');
  const differ = differing.length + differingCut;
  const alone = unpaired === 0 ? '' : `, ${count(unpaired)} on one side only`;
  const same = sameNonFinite === 0 ? '' : `, ${count(sameNonFinite)} are NaN or infinite on both`;
  const words = `${count(differ)} of ${count(compared)} differ${alone}${same}; rtol needed ${tolerance(requiredRtol)}`;
  const pass = differ === 0 && unpaired === 0;
  if (pass && sameNonFinite > 0) return skipped('labels', name, words);
  return failedAs(
    'losses of labels differ between the devices',
    check('labels', name, pass, words, 'differ'),
  );
}

const stageChecks = ({ stages }: NonNullable<ResultRecord['comparison']>): Check[] =>
  (stages?.stages ?? []).map((stage) =>
    failedAs(
      `${stage.name} differs between the devices`,
      check('stages', `${stage.name} is the same on both devices`, stage.passed, stageWords(stage), 'differ'),
    ),
  );

function leakChecks(result: ResultRecord): Check[] {
  return roles.flatMap((role) => {
    const leak = result[role]?.leak;
    if (!leak) return [];
    const name = `no position of the ${role} sees its future`;
    if (leak.checked === 0) return [skipped('leak', name, 'no position was checked')];
    const found = leak.leaks.length + leak.leaksCut;
    const [first] = leak.leaks;
    const where = first
      ? `, first row ${first.row}: position ${first.position} sees position ${first.from}${first.live ? ', and its label is in the loss' : ''}`
      : '';
    const crossed = reachedWords(leak);
    const words = `${count(found)} of ${count(leak.checked)} positions leak${where}`;
    const said = crossed === undefined ? words : `${words}; ${crossed}`;
    return [failedAs(`the ${role} sees the future`, check('leak', name, found === 0, said, 'leak'))];
  });
}

export function evaluationChecks(result: ResultRecord): Check[] {
  const { comparison } = result;
  const losses = roles.flatMap((role) => {
    const loss = result[role]?.metrics?.loss;
    return loss === undefined ? [] : [{ role, loss }];
  });
  const over = comparison ? overWords(comparison) : '';
  const allowed =
    comparison &&
    `allowed rtol ${setting(comparison.rtol)} + atol ${setting(comparison.atol)}${over === '' ? '' : `; ${over}`}`;
  return [
    ...laneChecks(result),
    ...lossCheck(losses, result.verdict),
    ...(comparison
      ? [
          settingsCheck(comparison),
          ...comparison.metrics.map((metric) => metricCheck(metric, allowed!)),
          labelsCheck(comparison),
          ...stageChecks(comparison),
          cascadeCheck(comparison),
          ...replayChecks(comparison),
        ]
      : []),
    ...leakChecks(result),
    ...observerChecks(result),
  ];
}
