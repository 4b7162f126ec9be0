/** What was run: model, data, policy, devices in short, folder. Above everything else but the verdict. */
import { kindOf } from '../kinds/index.ts';
import type { ReportSubject } from '../schema/any.ts';
import type { Html } from './html.ts';
import { fields } from './parts.ts';

/** @param subject sanitised */
export const facts = ({ record }: ReportSubject): Html => fields(kindOf(record).facts(record));
