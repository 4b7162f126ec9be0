/** The sections of any result, in reading order: what stands between its verdict and its end. */
import type { ReportSubject } from '../schema/any.ts';
import { claimsSections } from './claims.ts';
import { conformSections } from './conform.ts';
import { doctorSections } from './doctor.ts';
import { evaluationSections } from './evaluation.ts';
import { matrixSections } from './matrix.ts';
import type { Section } from './parts.ts';
import { reducedSections } from './reduced.ts';
import { selftestSections } from './selftest.ts';
import { trainingSections } from './training.ts';

/** @param subject sanitised */
export function reportSections(subject: ReportSubject): Section[] {
  const { record } = subject;
  switch (record.kind) {
    case 'train':
      return trainingSections(record, subject);
    case 'matrix':
      return matrixSections(record, subject);
    case 'claims':
      return claimsSections(record);
    case 'conform':
      return conformSections(record);
    case 'selftest':
      return selftestSections(record);
    case 'doctor':
      return doctorSections(record);
    case 'reduce':
      return reducedSections(record);
    default:
      return evaluationSections(record);
  }
}
