/** The terminal report of whatever kind a result is of. */

import type { ReportSubject } from '@nanscope/record';
import { kindOf } from '../kinds/index.ts';
import type { RenderOptions } from '../terminal/style.ts';

export const renderForTerminal = ({ record }: ReportSubject, options: RenderOptions): string =>
  kindOf(record).terminal(record, options);
