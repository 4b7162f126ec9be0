/** What was run: model, data, policy, devices in short, folder. Above everything else but the verdict. */
import type { ReportSubject } from '@nanscope/record';
import { fields, type Html, type Section } from '../html/parts.ts';
import { kindOf } from '../kinds/index.ts';

/** @param subject sanitised */
export const facts = ({ record }: ReportSubject): Html => fields(kindOf(record).facts(record));

// The sections of any result, in reading order: what stands between its verdict and its end.

/** @param subject sanitised */
export const reportSections = (subject: ReportSubject): Section[] =>
  kindOf(subject.record).sections(subject.record, subject);
