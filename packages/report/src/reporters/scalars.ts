/** The figures of a result as TensorBoard has them: a run a lane, values by tag and step. NaN stays one. */
import type { AnyRecord, ReportSubject, ResultRecord } from '@nanscope/record';
import { fromJsonNumber, type JsonNumber } from '@nanscope/record';
import { type Role, roles } from '@nanscope/words';
import { cascadeRows } from '../words/rows.ts';

/** Scalars of one step. */
export interface ScalarStep {
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** What TensorBoard calls a run. */
export interface ScalarRun {
  readonly name: Role;
  readonly steps: readonly ScalarStep[];
}

const series = (tag: string, points: readonly { step: number; loss: JsonNumber }[] = []): ScalarStep[] =>
  points.map(({ step, loss }) => ({ step, scalars: { [tag]: fromJsonNumber(loss) } }));

/** An evaluation has one step, 0; the share of values that are not finite has one an op, in order of execution. */
function evaluationSteps(result: ResultRecord, role: Role): ScalarStep[] {
  const metrics = result[role]?.metrics;
  const shares = cascadeRows(result).flatMap((row, step): ScalarStep[] => {
    const cell = row[role];
    const share = cell && cell.size > 0 ? (cell.nan + cell.inf) / cell.size : undefined;
    return share === undefined ? [] : [{ step, scalars: { 'cascade/share not finite': share } }];
  });
  if (!metrics) return shares;
  const { loss, perplexity, accuracy, tokensPerSecond, nonFinite } = metrics;
  const scalars = {
    'eval/loss': fromJsonNumber(loss),
    'eval/perplexity': fromJsonNumber(perplexity),
    'eval/accuracy': fromJsonNumber(accuracy),
    'eval/tokens per second': tokensPerSecond,
    'eval/losses not finite': nonFinite.nan + nonFinite.posInf + nonFinite.negInf,
  };
  return [{ step: 0, scalars }, ...shares];
}

function stepsOf(record: AnyRecord, role: Role, { gradNorms }: ReportSubject): ScalarStep[] {
  switch (record.kind) {
    case 'train':
      return [
        ...series('train/loss', record[role]?.training.curve),
        ...series('train/gradNorm', gradNorms?.[role]),
        ...series('validation/loss', record[role]?.training.validation),
      ];
    case 'eval':
    case 'compare':
      return evaluationSteps(record, role);
    default:
      return [];
  }
}

/** Empty for a result without figures along steps: a matrix, claims, a conformance run. */
export function scalarsOf(subject: ReportSubject): ScalarRun[] {
  return roles.flatMap((name) => {
    const steps = stepsOf(subject.record, name, subject);
    return steps.length === 0 ? [] : [{ name, steps }];
  });
}
