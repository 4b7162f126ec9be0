/** What was run: model, data, policy, devices in short, folder. Above everything else but the verdict. */

import type { ReportSubject } from '@nanscope/record';
import { kindOf } from '../kinds/index.ts';
import type { Html } from './html.ts';
import { fields } from './parts.ts';

/** @param subject sanitised */
export const facts = ({ record }: ReportSubject): Html => fields(kindOf(record).facts(record));
