/** The lines a training lane writes: metrics.jsonl, one a step, and validation.jsonl, one an evaluation. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StepLine, toJsonNumber, type ValidationLine } from '@nanscope/record';
import type { StepReport, ValidationReport } from '@nanscope/trainer';

export function stepLine(report: StepReport): StepLine {
  return { ...report, loss: toJsonNumber(report.loss), gradNorm: toJsonNumber(report.gradNorm) };
}

export function validationLine(report: ValidationReport): ValidationLine {
  return {
    ...report,
    loss: toJsonNumber(report.loss),
    perplexity: toJsonNumber(report.perplexity),
    accuracy: toJsonNumber(report.accuracy),
  };
}

/**
 * The lines of `from/name` up to a step, also written to `to/name` in one go: a run that continues from a checkpoint
 * takes back what came after it. A torn last line is dropped.
 */
export function keepLines<Line extends { readonly step: number }>(
  from: string,
  to: string,
  name: string,
  step: number,
): Line[] {
  const path = join(from, name);
  if (!existsSync(path)) return [];
  const kept: Line[] = [];
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    try {
      const line = JSON.parse(text) as Line;
      if (line.step <= step) kept.push(line);
    } catch {
      // Cut off while it was written, or the empty end.
    }
  }
  const target = join(to, name);
  const temporary = `${target}.${process.pid}.tmp`;
  writeFileSync(temporary, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  renameSync(temporary, target);
  return kept;
}
