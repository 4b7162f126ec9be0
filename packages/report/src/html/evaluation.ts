/** The report of an evaluation or a comparison, in reading order. */
import { Decorations } from '@nanscope/errors';
import type { ResultRecord } from '@nanscope/record';
import { leftOutOf } from '../terminal/left-out.ts';
import { cascadeGraph } from './cascade-graph.ts';
import { devices } from './devices.ts';
import { heatMap } from './heat-map.ts';
import { html } from './html.ts';
import { labels, policyEffect } from './labels.ts';
import { leaks } from './leaks.ts';
import { metrics } from './metrics.ts';
import { origin } from './origin.ts';
import { type Section, section } from './parts.ts';
import { settings } from './settings.ts';
import { shadow } from './shadow.ts';
import { tracing } from './tracing.ts';

/** By what each is called where it cannot be made. */
const sections: readonly (readonly [name: string, make: (result: ResultRecord) => Section[]])[] = [
  ['metrics', metrics],
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
