/** What the views of experiments share: settings, a table that fills in, the report at the end. */
import { cellId, conditionNames, differences, plainCell, predict } from '@nanscope/experiments';
import {
  type ClaimsConfig,
  cellLine,
  cellRecords,
  decideClaims,
  type ExperimentHooks,
  matrixConfig,
  observeMatrix,
  planMatrix,
} from '@nanscope/harness';
import type { CellResult } from '@nanscope/lane';
import { cellLineSchema, parseJsonLines, type ReportSubject } from '@nanscope/record';
import type { Content } from '@nanscope/report';
import { toConfig } from '@nanscope/settings';
import type { Given } from '../configuration/address.ts';
import type { CommandName } from '../configuration/commands.ts';
import { pageLaboratory } from '../run/laboratory.ts';
import { openForm, type Running, viewOf } from './command-form.ts';
import { html, one, show } from './dom.ts';
import type { Host, OpenView, View } from './drop-zone.ts';
import { openLiveTable, passed } from './live-table.ts';
import { showEnd } from './result.ts';

// Cells of an experiment as they are observed: what each showed, and whether the float64 oracle predicts it.

const cellColumns = ['cell', 'NaN map', 'future leak', 'loss', 'origin', 'as the oracle predicts'];

/** Only what is not as in the plain case of the report. */
function shortId(result: CellResult): Content {
  const { cell } = result;
  const told = conditionNames.filter((name) => name === 'device' || cell[name] !== plainCell[name]);
  return html`<code title="${cellId(cell)}">${told.map((name) => `${name}=${cell[name]}`).join('; ')}</code>`;
}

export function cellRow(result: CellResult): readonly Content[] {
  if ('refused' in result) return [shortId(result), 'refused', '', '', '', result.refused];
  const { nanMap, leak, loss, origin } = result.observation;
  const found = differences(result.observation, predict(result.cell));
  const words = found.length === 0 ? 'yes' : found.join('; ');
  return [shortId(result), nanMap, leak, loss, origin, passed(found.length === 0, words)];
}

export interface Experiment {
  readonly name: CommandName;
  readonly title: string;
  readonly about: string;
  /** Undefined when it was stopped before anything was seen. */
  readonly run: (running: Running, hooks: ExperimentHooks) => Promise<ReportSubject | undefined>;
}

function openExperiment(
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

/** Fourteen claims about NaN, attention and left padding, decided on the devices of this browser. */
export const openClaims: OpenView = (place, given, host) =>
  openExperiment(
    place,
    {
      name: 'claims',
      title: 'Fourteen claims, decided on your devices',
      about:
        'What is said about NaN, attention and left padding, each claim with the experiment that decides it: wasm, and your GPU where there is one.',
      async run({ values, command }, hooks) {
        const config = toConfig<ClaimsConfig>(values);
        const { record, failures } = await decideClaims(
          config,
          command,
          pageLaboratory(config.laneTimeout),
          hooks,
        );
        if (failures.length > 0 && !record) throw new Error(failures.join('; '));
        if (failures.length > 0) hooks.onStage(failures.join('; '));
        return record && { record };
      },
    },
    given,
    host,
  );

/** The matrix of conditions: which of them are enough for a NaN, on the devices of this browser. A small table unless a larger one is asked for. */
export const openMatrix: OpenView = (place, given, host) =>
  openExperiment(
    place,
    {
      name: 'matrix',
      title: 'Which conditions are enough for a NaN?',
      about:
        'Every combination of the conditions below on a tiny model, held against a float64 oracle; the smallest sets that are enough are in the report.',
      async run({ values, command }, hooks) {
        const config = matrixConfig(values);
        const plan = planMatrix(config);
        const laboratory = pageLaboratory(config.laneTimeout);
        const devices = await laboratory.devices([...plan.values.device], hooks);
        if (!devices) return undefined;
        const lines: string[] = [];
        const store = {
          folder: 'this page',
          known: new Map(),
          keep: (results: Parameters<typeof cellLine>[0][]) => lines.push(...results.map(cellLine)),
        };
        const record = await observeMatrix(config, plan, devices, command, {
          ...{ laboratory, store, hooks },
          machine: {},
        });
        const cells = await cellRecords(
          parseJsonLines(lines, 'cells.jsonl', 'cells.jsonl', cellLineSchema),
          'cells.jsonl',
        );
        return { record, cells };
      },
    },
    given,
    host,
  );
