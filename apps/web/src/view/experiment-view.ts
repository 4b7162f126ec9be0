/** What the views of experiments share: settings, a table that fills in, the report at the end. */
import type { ExperimentHooks } from '@nanscope/harness';
import type { ReportSubject } from '@nanscope/record';
import type { Given } from '../configuration/address.ts';
import type { CommandName } from '../configuration/commands.ts';
import { cellColumns, cellRow } from './cell-rows.ts';
import { openForm, type Running, viewOf } from './command-form.ts';
import { html, one, show } from './dom.ts';
import { openLiveTable } from './live-table.ts';
import type { Host, View } from './open-view.ts';
import { showEnd } from './result.ts';

export interface Experiment {
  readonly name: CommandName;
  readonly title: string;
  readonly about: string;
  /** Undefined when it was stopped before anything was seen. */
  readonly run: (running: Running, hooks: ExperimentHooks) => Promise<ReportSubject | undefined>;
}

export function openExperiment(
  place: HTMLElement,
  { name, title, about, run }: Experiment,
  given: Given | undefined,
  host: Host,
): View {
  show(
    place,
    html`<section id="intro"><h1>${title}</h1><p>${about}</p></section><div class="form"></div><section id="live" aria-labelledby="live-title" hidden></section><div id="result" class="results"></div>`,
  );
  const result = one('#result', place);
  const form = openForm(one('.form', place), name, given, host, async (running) => {
    place.classList.add('ran');
    show(result, '');
    const table = openLiveTable(one('#live', place), 'Cells as they are observed', cellColumns);
    const subject = await run(running, {
      onStage: running.say,
      onProgress: (device, observed, asked) =>
        table.progress(`${device}: ${observed} of ${asked} cells`, observed, asked),
      onResults: (_device, results) => {
        for (const one of results) table.add(cellRow(one));
      },
      signal: running.signal,
    });
    showEnd(result, subject, running.signal.aborted);
  });
  return viewOf(form);
}
