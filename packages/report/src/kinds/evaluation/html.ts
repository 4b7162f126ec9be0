/** The report of an evaluation or a comparison, in reading order. */
import { Decorations } from '@nanscope/errors';
import type { ResultRecord } from '@nanscope/record';
import { html, type Section, section } from '../../html/parts.ts';
import { cascadeGraph } from '../../lanes/html/cascade-graph.ts';
import { devices, settings, tracing } from '../../lanes/html/devices.ts';
import { heatMap } from '../../lanes/html/heat-map.ts';
import { origin } from '../../lanes/html/origin.ts';
import { leaks, shadow, stages } from './html-findings.ts';
import { labels, policyEffect } from './html-labels.ts';
import { metrics } from './html-metrics.ts';
import { leftOutOf } from './left-out.ts';

/** By what each is called where it cannot be made. */
const sections: readonly (readonly [name: string, make: (result: ResultRecord) => Section[]])[] = [
  ['metrics', metrics],
  ['stages', stages],
  ['cascade', (result) => cascadeGraph(result, 'batch')],
  ['origin', (result) => origin(result, 'batch')],
  ['replays', shadow],
  ['tracing', (result) => tracing(result, 'batch')],
  ['picture', heatMap],
  ['leaks', leaks],
  ['labels', labels],
  ["policy's effect", policyEffect],
  ['devices', devices],
  ['settings', settings],
];

/** A section that cannot be made costs itself alone. */
export function evaluationSections(result: ResultRecord): Section[] {
  const decorations = new Decorations();
  const made = sections.flatMap(([name, make]) => decorations.make(`the ${name}`, () => make(result)) ?? []);
  const left = [...leftOutOf(result), ...decorations.leftOut];
  if (left.length === 0) return made;
  const items = left.map((line) => html`<li>${line}</li>`);
  return [section('left-out', 'Left out', html`<ul>${items}</ul>`), ...made];
}
