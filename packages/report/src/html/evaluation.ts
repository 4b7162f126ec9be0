/** The report of an evaluation or a comparison, in reading order. */
import type { ResultRecord } from '@nanscope/record';
import { cascadeGraph } from './cascade-graph.ts';
import { devices } from './devices.ts';
import { heatMap } from './heat-map.ts';
import { labels, policyEffect } from './labels.ts';
import { leaks } from './leaks.ts';
import { metrics } from './metrics.ts';
import { origin } from './origin.ts';
import type { Section } from './parts.ts';
import { settings } from './settings.ts';
import { shadow } from './shadow.ts';
import { tracing } from './tracing.ts';

export function evaluationSections(result: ResultRecord): Section[] {
  return [
    ...metrics(result),
    ...cascadeGraph(result, 'batch'),
    ...origin(result, 'batch'),
    ...shadow(result),
    ...tracing(result, 'batch'),
    ...heatMap(result),
    ...leaks(result),
    ...labels(result),
    ...policyEffect(result),
    ...devices(result),
    ...settings(result),
  ];
}
