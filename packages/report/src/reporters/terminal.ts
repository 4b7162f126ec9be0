/** The terminal report of whatever kind a result is of. */
import { kindOf } from '../kinds/index.ts';
import type { ReportSubject } from '../schema/any.ts';
import type { RenderOptions } from '../terminal/render.ts';

export const renderForTerminal = ({ record }: ReportSubject, options: RenderOptions): string =>
  kindOf(record).terminal(record, options);
