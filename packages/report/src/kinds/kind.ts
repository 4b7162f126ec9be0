/** What has to be known of a kind of result to read it out: how it is told, on a terminal, as a page and as checks. */

import type { AnyRecord, ReportSubject } from '@nanscope/record';
import type { Fields, Section } from '../html/parts.ts';
import type { RenderOptions } from '../terminal/style.ts';
import type { Check } from '../words/check.ts';

export interface Kind<R extends AnyRecord> {
  terminal(record: R, options: RenderOptions): string;
  /** What was run, in short: the head of the HTML report. */
  facts(record: R): Fields;
  /** What stands below it. The record is sanitised. */
  sections(record: R, subject: ReportSubject): Section[];
  checks(record: R, subject: ReportSubject): Check[];
  /** Of each of its parts, how long it ran. */
  seconds(record: R): readonly (number | undefined)[];
  /** Whether its parts ran side by side, else one after the other. */
  readonly together?: boolean;
}
