/** What was run: model, data, policy, devices in short, folder. Above everything else but the verdict. */

import type { ReportSubject } from '@nanscope/record';
import type { Html } from '../html/html.ts';
import { fields } from '../html/parts.ts';
import { kindOf } from '../kinds/index.ts';

/** @param subject sanitised */
export const facts = ({ record }: ReportSubject): Html => fields(kindOf(record).facts(record));
