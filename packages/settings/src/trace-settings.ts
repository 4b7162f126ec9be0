/** How a run is to be traced, from its flags. */
import { parseTapFilter, type TapFilter, type TraceLevel } from '@nanscope/cascade';
import { UserError } from '@nanscope/errors';
import type { EvalConfig } from './eval-config.ts';

/** How a lane is to be traced. */
export interface TraceSettings {
  readonly level: TraceLevel;
  /** Whole traces of this many steps before an origin are kept for it. */
  readonly keep: number;
  readonly filters: readonly TapFilter[];
}

/** @throws UserError `usage/trace-filter` for a filter that is not understood, or where nothing is traced */
export function traceSettings({
  trace,
  traceKeep,
  traceFilter = [],
}: Pick<EvalConfig, 'trace' | 'traceKeep' | 'traceFilter'>): TraceSettings {
  if (trace === 'off' && traceFilter.length > 0) {
    throw new UserError(
      'usage/trace-filter',
      '--trace-filter: expected a level at which something is traced, found --trace off. Use --trace gate, health or full.',
    );
  }
  return { level: trace, keep: traceKeep, filters: traceFilter.map(parseTapFilter) };
}
