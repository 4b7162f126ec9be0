/** The sections of any result, in reading order: what stands between its verdict and its end. */

import type { ReportSubject } from '@nanscope/record';
import type { Section } from '../html/parts.ts';
import { kindOf } from '../kinds/index.ts';

/** @param subject sanitised */
export const reportSections = (subject: ReportSubject): Section[] =>
  kindOf(subject.record).sections(subject.record, subject);
