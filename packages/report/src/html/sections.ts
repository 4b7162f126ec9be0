/** The sections of any result, in reading order: what stands between its verdict and its end. */

import type { ReportSubject } from '@nanscope/record';
import { kindOf } from '../kinds/index.ts';
import type { Section } from './parts.ts';

/** @param subject sanitised */
export const reportSections = (subject: ReportSubject): Section[] =>
  kindOf(subject.record).sections(subject.record, subject);
